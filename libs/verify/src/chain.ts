import { idAndTime, NO_OUTCOME } from '@leadstream/contracts/envelope';
import { begins, type EventType, type Recorded } from '@leadstream/contracts/events';
import type { Finding, Rule } from './finding.ts';
import { mustTell } from './told.ts';

/** Maximum keys of facts in a lead's state, from docs/architecture.md: a forgotten one may be recorded again. */
const KNOWN_MAX = 500;

/** The only event before a lead's first submission is that of a list which names its address. */
const BEGINNINGS: ReadonlySet<EventType> = new Set(['lead.triaged', 'lead.suppressed', 'lead.recovered']);

/** Breaks in the chain of a lead's events, and in its runs. */
export function chainFaults(events: readonly Recorded[]): Finding[] {
  const findings: Finding[] = [];
  const find = (leadId: string, seqs: number[], says: string): void =>
    void findings.push({ rule: 'chain', leadId, seqs, says });
  const ids = new Map<string, number>();
  const [first] = events;
  // An erasure that forgets earlier events continues their count.
  const [seqBefore, versionBefore] = first && begins(first) ? [first.prevSeq, first.version - 1] : [0, 0];
  const runs = { asked: new Set<string>(), begun: new Map<string, number>() };
  events.forEach((event, index) => {
    const { leadId, seq, version, prevSeq, prevId, prevAtMs, id, type } = event;
    const previous = events[index - 1];
    const before = previous?.seq ?? seqBefore;
    if (version !== versionBefore + index + 1 || prevSeq !== before || seq <= before) {
      find(
        leadId,
        [...(before ? [before] : []), seq],
        `event ${seq} is version ${version} after ${prevSeq}, and should ` +
          `be ${versionBefore + index + 1} after ${before}`,
      );
    }
    if (prevId !== undefined && previous && prevId !== previous.id)
      find(leadId, [before, seq], `event ${seq} follows ${prevId}, and ${before} is another one`);
    if (prevAtMs !== undefined && previous && prevAtMs !== Date.parse(previous.at))
      find(leadId, [before, seq], `event ${seq} follows one of another time than ${before}`);
    const twin = ids.get(id);
    if (twin !== undefined) find(leadId, [twin, seq], `events ${twin} and ${seq} have the same id`);
    ids.set(id, seq);
    if (index === 0 && !BEGINNINGS.has(type) && !begins(event)) find(leadId, [seq], `the lead begins with ${type}`);
    if (type === 'lead.triaged' && events.slice(0, index).some((earlier) => earlier.type !== 'lead.suppressed'))
      find(leadId, [seq], `the lead is triaged once more by ${seq}`);
    if (asksForRun(event) || isAnswer(event)) runs.asked.add(id);
    if (event.type === 'lead.migrated') {
      runs.asked.add(id);
      runs.begun.set(id, seq);
    }
    if (event.type === 'lead.recovered') recall(event.data, seq, runs);
    if (event.type === 'lead.enrolled') {
      const { runId } = event.data;
      const begun = runs.begun.get(runId);
      if (!runs.asked.has(runId)) find(leadId, [seq], `run ${runId} begins with ${seq}, and nothing had asked for it`);
      if (begun !== undefined) find(leadId, [begun, seq], `run ${runId} begins twice, with ${begun} and ${seq}`);
      runs.begun.set(runId, seq);
    }
  });
  return findings;
}

/** Events that name another event as the last one before them with an outcome: its reader would skip those between. */
export function outcomeFaults(events: readonly Recorded[]): Finding[] {
  // Unknown before an event that begins the chain, because earlier ones may be deleted.
  let last: string | undefined = events[0] && events[0].version === 1 ? NO_OUTCOME : undefined;
  return events.flatMap((event): Finding[] => {
    const { leadId, seq, id, at, prevOutcome } = event;
    const should = begins(event) ? undefined : last;
    if (mustTell(event)) last = idAndTime(id, Date.parse(at));
    else if (begins(event)) last = NO_OUTCOME;
    return prevOutcome === undefined || should === undefined || prevOutcome === should
      ? []
      : [
          {
            rule: 'chain',
            leadId,
            seqs: [seq],
            says: `event ${seq} has the last outcome ${prevOutcome}, not ${should}`,
          },
        ];
  });
}

/** Runs requested in the lost log, and the one begun there. */
function recall(
  { run, phase, untold = [] }: Recorded<'lead.recovered'>['data'],
  seq: number,
  { asked, begun }: { asked: Set<string>; begun: Map<string, number> },
): void {
  for (const id of [
    ...untold.map((answer) => answer.id),
    ...(run ? [run.id] : []),
    ...(phase?.kind === 'enrolling' ? [phase.runId] : []),
  ])
    asked.add(id);
  // The rep's notice is pending: a run that had begun is begun again.
  for (const { id } of untold) begun.delete(id);
  if (run && !begun.has(run.id)) begun.set(run.id, seq);
}

/** The event's id becomes the run's id. */
export const asksForRun = (event: Recorded): boolean =>
  event.type === 'lead.triaged' ||
  event.type === 'lead.restarted' ||
  event.type === 'lead.moved' ||
  event.type === 'lead.lapsed' ||
  (event.type === 'lead.resubmitted' && event.data.route !== null);

/**
 * A reply of a person, or of a mailbox whose owner left, or a submission with news: a run of that id notifies the rep,
 * once the run under way is at rest.
 */
export const isAnswer = (event: Recorded): boolean =>
  (event.type === 'lead.replied' || event.type === 'lead.resubmitted') && event.data.tellRep === true;

/** The same for unproven replies and for news: the run interrupts the one under way. */
export const isInterrupting = (event: Recorded): boolean =>
  isAnswer(event) &&
  (event.type === 'lead.resubmitted' || ('authenticated' in event.data && !event.data.authenticated));

/** Facts recorded twice. The key itself may be a stranger's text, so only its sequences are named. */
export function repeatedFacts(events: readonly Recorded[]): Finding[] {
  const rule: Rule = 'fact';
  const known: { key: string; seq: number }[] = [];
  return events.flatMap(({ leadId, seq, data, sealed }): Finding[] => {
    const key = 'key' in data ? data.key : 'intake' in data && sealed === undefined ? data.intake.key : undefined;
    if (key === undefined) return [];
    const twin = known.slice(-KNOWN_MAX).find((fact) => fact.key === key);
    known.push({ key, seq });
    return twin
      ? [
          {
            rule,
            leadId,
            seqs: [twin.seq, seq],
            says: `events ${twin.seq} and ${seq} are the same ${'key' in data ? 'fact' : 'submission'}`,
          },
        ]
      : [];
  });
}
