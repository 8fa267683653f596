import { endAtOf, lastEvents } from '@leadstream/service/guard-facts';
import type { Hold, Witness } from '@leadstream/contracts/guard';
import { logStreams } from '@leadstream/contracts/streams';
import type { Verdict } from '@leadstream/eventlog/judgement';
import { placeJson, placeOf, type PlaceJson } from '@leadstream/contracts/place';
import { judgedForLong } from './judged.ts';
import type { Stores } from './restore-held.ts';
import { erasedSince } from './restore-erased.ts';
import { differenceOf, lostDocuments, UNREADABLE, type Difference } from './restore-known.ts';
import { leadLog } from './session.ts';

/** The report to the operator; `verdict` is 'held' exactly when `held` is true. */
export interface Status {
  verdict: Verdict['kind'];
  held: boolean;
  why: string | null;
  hold: Hold | null;
  log: { lastSeq: PlaceJson; lastAt: string | null };
  /** The time is that of the witness that has advanced last. */
  witness: { highSeq: PlaceJson; at: string } | null;
  /** The range of sequences that were seen and are not in the log; empty in a partition that lacks none. */
  missing: { from: PlaceJson; to: PlaceJson } | null;
  leads: Difference[];
  /** Erased leads that a backup has brought back. */
  erased: string[];
}

export async function statusOf({ broker, db, replicas, suspicionMs }: Stores): Promise<Status> {
  const { verdict, facts } = await judgedForLong(broker, db, replicas, suspicionMs);
  const hold = facts.record?.hold ?? null;
  const lastSeq = placeJson(facts.streams.map((stream) => stream.lastSeq));
  const end = placeOf(hold?.endSeq ?? lastSeq);
  const held = placeOf(hold?.highSeq ?? 0);
  const high = facts.streams.map(({ witness }, index) => Math.max(witness?.highSeq ?? 0, held[index] ?? 0));
  const isBeyond = high.some((seq, index) => seq > (end[index] ?? 0));
  const leads: Difference[] = [];
  const isHeld = verdict.kind === 'held';
  const log = leadLog(broker);
  if (isHeld) for await (const document of lostDocuments(broker, db)) leads.push(await differenceOf(log, document));
  return {
    verdict: verdict.kind,
    held: isHeld,
    why: verdict.kind === 'goes on' ? null : verdict.why,
    hold,
    log: { lastSeq, lastAt: endAtOf(await lastEvents(broker)) },
    witness: seenBy(facts.streams.map(({ witness }) => witness ?? null)),
    missing: isHeld && isBeyond ? { from: placeJson(end.map((seq) => seq + 1)), to: placeJson(high) } : null,
    leads,
    erased: await erasedSince(broker, db),
  };
}

function seenBy(witnesses: readonly (Witness | null)[]): Status['witness'] {
  const times = witnesses.flatMap((witness) => (witness ? [witness.at.getTime()] : []));
  if (times.length === 0) return null;
  return {
    highSeq: placeJson(witnesses.map((witness) => witness?.highSeq ?? 0)),
    at: new Date(Math.max(...times)).toISOString(),
  };
}

function missingIn({ missing, hold, log, witness }: Status): string[] {
  if (!missing) return [];
  const [from, to] = [placeOf(missing.from), placeOf(missing.to)];
  const when = `what happened from ${hold?.endAt ?? log.lastAt ?? '?'} to ${witness?.at ?? '?'}`;
  return logStreams(from.length).flatMap(({ stream }, index) =>
    (from[index] ?? 0) > (to[index] ?? 0) ? [] : [`missing  ${stream} ${from[index]} to ${to[index]}: ${when}`],
  );
}

export function shown(status: Status): string {
  const { verdict, why, hold, log, witness, leads, erased } = status;
  const back = erased.map((leadId) => `erased   ${leadId} was erased, and a backup has brought it back`);
  if (verdict === 'waits') return `unknown  ${why}`;
  if (verdict === 'goes on') {
    const end =
      `the log goes on: it ends at ${String(log.lastSeq)}` +
      (witness ? `, and MongoDB has seen ${String(witness.highSeq)}` : '');
    return [end, ...back, ...(back.length > 0 ? ['next     leadctl lead erase for each of them'] : [])].join('\n');
  }
  const again = leads.filter(({ recovered }) => recovered).length;
  const open = leads.filter(({ recovered, unreadable }) => !recovered && !unreadable);
  return [
    `held     ${why}${hold ? `, noticed by ${hold.by} at ${hold.at}` : ''}`,
    ...missingIn(status),
    `known    ${leads.length} leads by their documents, ${again} of them are in the log again`,
    ...leads.map(line),
    ...back,
    open.length > 0 || erased.length > 0
      ? 'next     leadctl restore reconcile, then leadctl restore confirm --by <you>'
      : 'next     leadctl restore reconcile --esp and --stopped for what the ' +
        'documents do not know; then leadctl restore confirm --by <you>',
  ].join('\n');
}

export const line = ({ leadId, isNew, stop, declined, accepted, open, recovered, unreadable }: Difference): string =>
  `  ${leadId}  ${
    [
      ...(unreadable ? [UNREADABLE] : []),
      ...(isNew ? ['new lead'] : []),
      ...(stop ? [stop] : []),
      ...(declined.length > 0 ? [`declined ${declined.join(' ')}`] : []),
      ...(accepted.length > 0 ? [`${accepted.length} accepted sends`] : []),
      ...(open.length > 0 ? [`${open.length} open sends`] : []),
      ...(recovered ? ['in the log again'] : []),
    ].join(', ') || 'nothing but its place'
  }`;
