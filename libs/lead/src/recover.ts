import type { Data, Decision } from '@leadstream/contracts/events';
import { present } from './dossier.ts';
import { swapped } from './run.ts';
import { STOPS, type ReplyExcerpt, type LeadState } from './state.ts';

type Recovered = Data<'lead.recovered'>;

/** A document of the read model whose position is not on the chain: the fold of a lost log. */
export interface Remembered {
  state: LeadState;
  place: NonNullable<Recovered['place']>;
  /** The lead's state at the end of the restored log, before later appends. */
  restored: LeadState;
}

/**
 * Facts that the document has and the log lacks. The run is at the document's position, unless the lead has asked for a
 * new one since the restore; facts appended since are kept beside it.
 */
export function decideRecovered(now: LeadState, { state: lost, place, restored }: Remembered): Decision {
  const was = lost.aside ? { ...swapped(lost), aside: null, untold: interrupting(lost) } : lost;
  const sends = Object.fromEntries(
    Object.entries({ ...claimsSince(now, restored, was), ...was.sends }).map(([id, { number: _, ...send }]) => [
      id,
      { ...send, outcome: send.outcome === 'open' ? ('unknown' as const) : send.outcome },
    ]),
  );
  const known = { witness: 'projection' as const, place, ...(Object.keys(sends).length > 0 ? { sends } : {}) };
  const stop = was.stop ? { stop: { why: was.stop.why, at: was.stop.at } } : {};
  // An erased lead keeps only its stop and its sends; a backup must not restore more.
  if (was.stop?.why === 'erased' || now.stop?.why === 'erased')
    return {
      type: 'lead.recovered',
      data: { ...known, ...stop, ...(now.contact ? {} : { contact: { email: '', address: '' } }) },
    };
  const asked = runOf(now) !== runOf(restored) && runOf(now) !== runOf(was);
  return {
    type: 'lead.recovered',
    data: {
      ...known,
      ...stop,
      ...(was.known.length > 0 ? { known: was.known } : {}),
      ...person(now, was),
      ...held(was),
      ...(asked ? {} : course(was)),
    },
  };
}

/**
 * Claims that reached the restored log late, and that the document does not know. Its phase replaces theirs, so nothing
 * else would give them an outcome if their sender dies.
 */
const claimsSince = (now: LeadState, restored: LeadState, was: LeadState): LeadState['sends'] =>
  Object.fromEntries(
    Object.entries(now.sends).filter(
      ([id, { outcome }]) => outcome === 'open' && !restored.sends[id] && !was.sends[id],
    ),
  );

/** A notice of unproven replies that the rep has not received yet is planned again; an open post to a chat is none. */
function interrupting({ phase, answer, untold, sends }: LeadState): ReplyExcerpt[] {
  const isTold =
    (phase.kind === 'claimed' && sends[phase.sendId]?.channel !== 'chat') ||
    phase.kind === 'parked' ||
    phase.kind === 'settled' ||
    phase.kind === 'completed' ||
    phase.kind === 'none';
  return answer && !isTold ? [answer, ...untold] : [...untold];
}

/** The run that is under way, or requested. */
const runOf = ({ phase, run }: LeadState): string | null =>
  phase.kind === 'enrolling' ? phase.runId : (run?.id ?? null);

const course = (was: LeadState): Partial<Recovered> => ({
  run: was.run,
  phase: phaseOf(was),
  ...present({ dossier: was.dossier ?? undefined, origin: was.origin ?? undefined }),
  ...told(was),
});

/** The rep's notices without their texts: the planner must not read those. */
function told({ answer, untold }: LeadState): Partial<Recovered> {
  const words = Object.fromEntries(
    [...(answer ? [answer] : []), ...untold].flatMap(({ id, text }) => (text === null ? [] : [[id, text]])),
  );
  const wordless = ({ text: _, ...rest }: ReplyExcerpt) => rest;
  return present({
    answer: answer ? wordless(answer) : undefined,
    untold: untold.length > 0 ? untold.map(wordless) : undefined,
    words: Object.keys(words).length > 0 ? words : undefined,
  });
}

/**
 * An open claim has lost its claimant: the provider or a person determines whether its mail was sent. A post to the
 * rep's chat is followed by the mail.
 */
function phaseOf({ phase, sends }: LeadState): NonNullable<Recovered['phase']> {
  if (phase.kind === 'claimed') {
    const { step, sendId } = phase;
    const { channel, startedAt: at } = sends[sendId] ?? {};
    return channel === 'chat' && at !== undefined
      ? { kind: 'deferred', step, retryAt: at, since: at }
      : { kind: 'parked', step, sendId, why: 'unknown' };
  }
  if (phase.kind !== 'enrolling') return phase;
  const { stepIndex: step, ...rest } = phase;
  return { ...rest, step };
}

const some = <T>(entries: Record<string, T>): Record<string, T> | undefined =>
  Object.keys(entries).length > 0 ? entries : undefined;

function person(now: LeadState, was: LeadState): Partial<Recovered> {
  const contact = was.contact && { ...was.contact, ...now.contact };
  return present({
    contact: contact ?? undefined,
    zone: was.zone ?? undefined,
    mailbox: was.mailbox ?? undefined,
    number: was.number ?? undefined,
    sms: was.sms ?? undefined,
    textsEndedAt: was.textsEndedAt ?? undefined,
    fromStrangers: was.fromStrangers.length > 0 ? was.fromStrangers : undefined,
    runs: some(was.runs),
    told: some(was.told),
    heard: was.heard.length > 0 ? was.heard : undefined,
    newsAt: was.newsAt.length > 0 ? was.newsAt : undefined,
    tags: [...new Set([...was.tags, ...now.tags])],
    untagged: was.untagged.length > 0 ? was.untagged : undefined,
    ...enrichmentOf(was),
    rep: now.rep ?? was.rep ?? undefined,
    lastActivityAt: was.lastActivityAt ?? undefined,
  });
}

/** Facts are personal data, and sealed; the outcomes are not. */
function enrichmentOf({ enrichment }: LeadState): Pick<Recovered, 'enrichment' | 'facts'> {
  const answers = Object.entries(enrichment);
  const found = answers.flatMap(([name, { facts }]) => (facts ? [[name, facts] as const] : []));
  return {
    ...(answers.length > 0
      ? { enrichment: Object.fromEntries(answers.map(([name, { facts: _, ...answer }]) => [name, answer])) }
      : {}),
    ...(found.length > 0 ? { facts: Object.fromEntries(found) } : {}),
  };
}

const held = (was: LeadState): Partial<Recovered> =>
  present({
    declined: was.declined.length > 0 ? was.declined : undefined,
    paused: was.paused ?? undefined,
    awayUntil: was.awayUntil ?? undefined,
    unproven: was.unproven.count > 0 || was.unproven.toldAt !== null ? was.unproven : undefined,
    undelivered: was.undelivered > 0 ? was.undelivered : undefined,
  });

export interface Told {
  witness: 'esp' | 'operator';
  why: 'unsubscribed' | 'bounced' | 'complained';
  at: string;
  by?: string;
}

/** A stop known to the provider or a person and missing in the log. */
export function decideTold(state: LeadState, { witness, why, at, by }: Told): Decision {
  if (!state.contact) return { nothing: 'unknown-lead' };
  if (state.stop && STOPS.indexOf(state.stop.why) >= STOPS.indexOf(why))
    return { nothing: 'stopped', detail: state.stop.why };
  return { type: 'lead.recovered', data: { witness, stop: { why, at }, ...(by ? { by } : {}) } };
}
