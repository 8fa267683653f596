import type { Recorded } from '@leadstream/contracts/events';
import { placeOf, seqFor, type Place, type PlaceJson } from '@leadstream/contracts/place';
import type { Claim } from './claims.ts';
import type { Finding } from './finding.ts';

/** The log's identity as recorded by the bucket `guard`, the stream itself and MongoDB. */
export interface Identity {
  created: string;
  record: { epoch: string; created: string; hold: { why: string } | null; confirms: readonly Confirmed[] } | null;
  /** The epochs of the witnesses in MongoDB; none: no witness, or not read. */
  witnessed: readonly string[];
}
interface Confirmed {
  was: string;
  seq: PlaceJson;
  hold: { endSeq: PlaceJson } | null;
}

/** Findings where the log differs from the one seen before, without a confirm that explains it. */
export function identityFaults({ created, record, witnessed }: Identity): Finding[] {
  const find = (says: string): Finding => ({ rule: 'restored', leadId: null, seqs: [], says });
  const seen = [...new Set(witnessed)];
  if (!record) return seen.map((epoch) => find(`it has no epoch, and MongoDB has seen ${epoch}`));
  const explained = new Set([record.epoch, ...record.confirms.map(({ was }) => was)]);
  return [
    ...(record.hold ? [find(`it is held: ${record.hold.why}`)] : []),
    ...(record.created === created
      ? []
      : [find(`it was made at ${created}, and its epoch is of one that was made at ${record.created}`)]),
    ...seen
      .filter((epoch) => !explained.has(epoch))
      .map((epoch) => find(`its epoch is ${record.epoch}, MongoDB has seen ${epoch}, and no confirm ended that`)),
  ];
}

/** Of each stream the earliest end of a restored log; undefined: no confirm. */
export function restoredPlaceOf({ record }: Identity): Place | undefined {
  const ends = (record?.confirms ?? []).flatMap(({ hold }) => (hold ? [placeOf(hold.endSeq)] : []));
  const [first] = ends;
  return first?.map((_, index) => Math.min(...ends.map((end) => end[index] ?? 0)));
}

/**
 * Recoveries that no hold or confirm explains: the plans and facts in them have no evidence. A sender reports its own
 * lost claim also before the log is held.
 */
export const unexplained = (events: readonly Recorded[], { record }: Identity): Finding[] =>
  record?.hold || (record?.confirms.length ?? 0) > 0
    ? []
    : events
        .filter(({ type, data }) => type === 'lead.recovered' && 'witness' in data && data.witness !== 'sender')
        .map(({ leadId, seq }) => ({
          rule: 'restored',
          leadId,
          seqs: [seq],
          says: `event ${seq} recovers a lost log's facts, and no restore is recorded`,
        }));

/** Claims between the end of a restored log and its confirm; one that was given back led to no call. */
export const heldClaims = (leadId: string, claims: readonly Claim[], { record }: Identity): Finding[] =>
  (record?.confirms ?? []).flatMap(({ hold, seq: until }) =>
    hold
      ? claimsBetween(claims, {
          endSeq: seqFor(placeOf(hold.endSeq), leadId),
          confirmedSeq: seqFor(placeOf(until), leadId),
        }).map(({ seq, says }): Finding => ({
          rule: 'restored',
          leadId,
          seqs: [seq],
          says,
        }))
      : [],
  );

export const claimsBetween = (
  claims: readonly Claim[],
  { endSeq, confirmedSeq }: { endSeq: number; confirmedSeq: number },
): { seq: number; says: string }[] =>
  claims
    .filter(
      ({ seq, recovered, said }) =>
        !recovered && seq > endSeq && seq <= confirmedSeq && !said.some(({ kind }) => kind === 'given back'),
    )
    .map(({ seq }) => ({
      seq,
      says: `claim ${seq} comes after the restored log ended at ${endSeq}, and before the confirm at ${confirmedSeq}`,
    }));
