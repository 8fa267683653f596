import type { Recorded } from '@leadstream/contracts/events';
import { chainFaults, outcomeFaults, repeatedFacts } from './chain.ts';
import { outcomeOf, readClaims, type Claim } from './claims.ts';
import { commandFaults } from './commands.ts';
import { conditionFaults } from './conditions.ts';
import { copyFaults } from './copies.ts';
import { courseOf } from './course.ts';
import { PAUSE_REACHES_MS } from './crowd.ts';
import { doubles } from './doubles.ts';
import { enrichmentFaults } from './enrichment.ts';
import type { Finding } from './finding.ts';
import { withoutForgotten } from './forgotten.ts';
import { lapseFaults } from './lapses.ts';
import { disorder } from './order.ts';
import { forbiddenClaims } from './permission.ts';
import { restOf, type Rest } from './rest.ts';
import { sourceOf } from './source.ts';
import { strangersFaults } from './strangers.ts';
import { tagFaults } from './tags.ts';

const WEEK_MS = 7 * 86_400_000;

export interface Clock {
  now: Temporal.Instant;
  /** Lateness after which a due action counts as stuck. */
  overdueMs: number;
  /** REENROL_AFTER of triage. */
  reenrolAfterMs?: number;
  /** The end of a restored log that an operator confirmed. */
  restoredSeq?: number | undefined;
  /** The start of the present pause of a source's mail, in epoch milliseconds; Infinity: not known. */
  sourcePausedMs?: (source: string) => number | undefined;
}

export interface Verdict {
  findings: Finding[];
  claims: Claim[];
  rest: Rest;
}

/**
 * Judges one lead by its events, in the log's order. Uses the catalogue and the guarantees, and none of the deciders,
 * the fold or the plans that made the log.
 */
export function judge(
  all: readonly Recorded[],
  { now, overdueMs, reenrolAfterMs = WEEK_MS, restoredSeq, sourcePausedMs = () => undefined }: Clock,
): Verdict {
  const { events, findings: left } = withoutForgotten(all);
  if (left.length > 0 || events !== all) return ofErased(events, left);
  const leadId = events[0]?.leadId ?? '';
  const { claims, findings } = readClaims(events, restoredSeq);
  const { course, end } = courseOf(events, claims);
  const told = restOf(end, events.at(-1)?.seq ?? 0);
  // Its step stays due, without an event, until an operator resumes the source.
  const isHeld =
    told.kind === 'waits' &&
    end.next.kind === 'sender' &&
    end.next.audience === 'lead' &&
    sourcePausedMs(sourceOf(events)) !== undefined;
  const rest: Rest = isHeld ? { kind: 'paused' } : told;
  return {
    claims,
    rest,
    findings: [
      ...chainFaults(events),
      ...outcomeFaults(events),
      ...repeatedFacts(events),
      ...findings,
      ...copyFaults(events, claims),
      ...disorder(course, claims),
      ...forbiddenClaims(events),
      ...conditionFaults(events),
      ...commandFaults(course),
      ...tagFaults(events),
      ...enrichmentFaults(events, now, overdueMs, restoredSeq),
      ...lapseFaults(course),
      ...ofPausedSource(events, claims, sourcePausedMs),
      ...doubles(leadId, claims),
      ...strangersFaults(events, claims, reenrolAfterMs),
      ...abandoned(claims, rest, leadId),
      ...(rest.kind === 'waits' && now.epochMilliseconds - Date.parse(rest.since) > overdueMs
        ? [
            {
              rule: 'stuck',
              leadId,
              seqs: [rest.seq],
              says: `since ${rest.since} it waits for ${rest.what}; its last event is ${rest.seq}`,
            } satisfies Finding,
          ]
        : []),
    ],
  };
}

/** Claims without an outcome, for which the lead does not wait. */
const abandoned = (claims: readonly Claim[], rest: Rest, leadId: string): Finding[] =>
  claims
    .filter((claim) => outcomeOf(claim) === 'open' && claim.sendId !== (rest.kind === 'waits' ? rest.sendId : null))
    .map(({ seq }) => ({
      rule: 'claim',
      leadId,
      seqs: [seq],
      says: `claim ${seq} has no outcome, and the lead has gone on without it`,
    }));

/** First attempts of mails to the lead, claimed long after its source was paused. */
const ofPausedSource = (
  events: readonly Recorded[],
  claims: readonly Claim[],
  sourcePausedMs: (source: string) => number | undefined,
): Finding[] =>
  claims
    .filter(({ audience, attempt, recovered }) => audience === 'lead' && attempt === 1 && !recovered)
    .flatMap(({ seq, at }): Finding[] => {
      const source = sourceOf(events.filter((event) => event.seq < seq));
      const pausedMs = sourcePausedMs(source) ?? Infinity;
      if (!(Date.parse(at) - pausedMs > PAUSE_REACHES_MS)) return [];
      const says = `claim ${seq} comes after its source was paused at ${new Date(pausedMs).toISOString()}`;
      return [{ rule: 'paused', leadId: events[0]?.leadId ?? '', seqs: [seq], says }];
    });

/**
 * For a lead whose log begins with its erasure: earlier mails are forgotten, their outcomes included, and no further
 * mail is allowed.
 */
const ofErased = (events: readonly Recorded[], left: Finding[]): Verdict => ({
  claims: [],
  rest: { kind: 'stopped' },
  findings: [
    ...left,
    ...chainFaults(events),
    ...outcomeFaults(events),
    ...repeatedFacts(events),
    ...forbiddenClaims(events),
  ],
});
