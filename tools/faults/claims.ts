import type { Audience, Recorded } from '@leadstream/contracts/events';

/** Reads a lead's events for the judge. Deliberately not the fold that the services decide on: a mistake there must not hide itself here. */
export interface Claim {
  sendId: string;
  seq: number;
  runId: string;
  step: number;
  audience: Audience;
  /** One, if all is well. `unknown` only while nothing certain was said; a second saying of the same counts again. */
  outcomes: string[];
}

const SAID: Partial<Record<Recorded['type'], string>> = { 'lead.send-deferred': 'deferred', 'lead.send-failed': 'failed', 'lead.send-skipped': 'given back' };
const REPORTS: readonly Recorded['type'][] = ['lead.delivered', 'lead.opened', 'lead.clicked', 'lead.bounced', 'lead.complained', 'lead.unsubscribed'];

export function claimsOf(events: readonly Recorded[]): Claim[] {
  return events.flatMap((event) => {
    if (event.type !== 'lead.send-started') return [];
    const { sendId, runId, step, audience } = event.data;
    return [{ sendId, seq: event.seq, runId, step, audience, outcomes: outcomesOf(sendId, events) }];
  });
}

function outcomesOf(sendId: string, events: readonly Recorded[]): string[] {
  const about = events.filter(({ data }) => 'sendId' in data && data.sendId === sendId);
  const sent = about.filter(({ type }) => type === 'lead.sent').map(() => 'accepted');
  // A report proves acceptance where no answer did.
  const proven = sent.length === 0 && about.some(({ type }) => REPORTS.includes(type)) ? ['accepted'] : [];
  const said = about.flatMap(({ type }) => SAID[type] ?? []);
  const retried = events.filter((event) => event.type === 'lead.send-started' && event.data.previous?.sendId === sendId).map(() => 'refused');
  const certain = [...sent, ...proven, ...said, ...retried];
  return certain.length > 0 ? certain : about.filter(({ type }) => type === 'lead.send-unknown').map(() => 'unknown');
}

/** Whether the event forbids further mail to the lead. */
export const isStop = (event: Recorded): boolean =>
  event.type === 'lead.bounced' || event.type === 'lead.complained' || event.type === 'lead.unsubscribed'
  || (event.type === 'lead.replied' && (event.data.class === 'human' || event.data.class === 'unsubscribe'));

/** Where the lead's chain is broken. */
export const chainOf = (events: readonly Recorded[]): string[] => events.flatMap(({ seq, version, prevSeq }, index) => {
  const before = events[index - 1]?.seq ?? 0;
  return version === index + 1 && prevSeq === before ? [] : [`event ${seq} is version ${version} after ${prevSeq}, and should be ${index + 1} after ${before}`];
});
