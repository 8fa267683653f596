import { lastEvent } from '@leadstream/service/guard-facts';
import type { Hold } from '@leadstream/contracts/guard';
import type { Verdict } from '@leadstream/eventlog/judgement';
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
  log: { lastSeq: number; lastAt: string | null };
  witness: { highSeq: number; at: string } | null;
  /** The range of sequences that were seen and are not in the log. */
  missing: { from: number; to: number } | null;
  leads: Difference[];
  /** Erased leads that a backup has brought back. */
  erased: string[];
}

export async function statusOf({ broker, db, replicas, suspicionMs }: Stores): Promise<Status> {
  const { verdict, facts } = await judgedForLong(broker, db, replicas, suspicionMs);
  const hold = facts.record?.hold ?? null;
  const end = hold?.endSeq ?? facts.log.lastSeq;
  const high = Math.max(facts.witness?.highSeq ?? 0, hold?.highSeq ?? 0);
  const leads: Difference[] = [];
  const isHeld = verdict.kind === 'held';
  const log = leadLog(broker);
  if (isHeld) for await (const document of lostDocuments(broker, db)) leads.push(await differenceOf(log, document));
  return {
    verdict: verdict.kind,
    held: isHeld,
    why: verdict.kind === 'goes on' ? null : verdict.why,
    hold,
    log: { lastSeq: facts.log.lastSeq, lastAt: (await lastEvent(broker))?.at ?? null },
    witness: facts.witness ? { highSeq: facts.witness.highSeq, at: facts.witness.at.toISOString() } : null,
    missing: isHeld && high > end ? { from: end + 1, to: high } : null,
    leads,
    erased: await erasedSince(broker, db),
  };
}

export function shown({ verdict, why, hold, log, witness, missing, leads, erased }: Status): string {
  const back = erased.map((leadId) => `erased   ${leadId} was erased, and a backup has brought it back`);
  if (verdict === 'waits') return `unknown  ${why}`;
  if (verdict === 'goes on') {
    const end =
      'the log goes on: it ends at ' + `${log.lastSeq}${witness ? `, and MongoDB has seen ${witness.highSeq}` : ''}`;
    return [end, ...back, ...(back.length > 0 ? ['next     leadctl lead erase for each of them'] : [])].join('\n');
  }
  const again = leads.filter(({ recovered }) => recovered).length;
  const open = leads.filter(({ recovered, unreadable }) => !recovered && !unreadable);
  return [
    `held     ${why}${hold ? `, noticed by ${hold.by} at ${hold.at}` : ''}`,
    ...(missing
      ? [
          `missing  LEADS ${missing.from} to ${missing.to}: what happened from ` +
            `${hold?.endAt ?? log.lastAt ?? '?'} to ${witness?.at ?? '?'}`,
        ]
      : []),
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
