import { randomUUID } from 'node:crypto';
import { CONFIRMS_MAX, type Confirm, type GuardRecord, type Hold } from '@leadstream/contracts/guard';
import { partitionOf } from '@leadstream/contracts/streams';
import type { StreamFacts } from '@leadstream/eventlog/judgement';
import type { Broker } from '@leadstream/eventlog/broker';
import { logEnd, streamsOf } from '@leadstream/eventlog/log-stream';
import { placeJson, placeOf } from '@leadstream/contracts/place';
import { STATE_VERSION } from '@leadstream/lead/state';
import { replaceWitness } from '@leadstream/projection/witness';
import { lastEvents } from '@leadstream/service/guard-facts';
import { runningVersions, VERSIONS_WAIT_MS } from '@leadstream/service/running-versions';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { hasSeenMore } from './judged.ts';
import { eraseAgain, erasedSince, erasedSinceHeld } from './restore-erased.ts';
import { closeGap } from './restore-gap.ts';
import { heldOf, isSame, mustBe, type Stores } from './restore-held.ts';
import { differenceOf, lostDocuments, type Unloaded } from './restore-known.ts';
import { planningSettings, leadLog, note, print } from './session.ts';

export interface ConfirmOptions {
  by: string;
  gap: 'skip' | 'hold';
  json?: boolean;
}

export async function confirm(stores: Stores, { by, gap, json }: ConfirmOptions): Promise<void> {
  const { broker, db, records, replicas } = stores;
  const { facts, hold } = await heldOf(stores);
  const erased = await erasedSince(broker, db);
  if (erased.length > 0) {
    const some = erased.slice(0, 3).join(', ');
    throw new Error(
      `a backup has brought ${erased.length} erased leads back (${some}): leadctl restore reconcile first`,
    );
  }
  // A killed reconcile leaves these without another sign; after the confirm no restore command would find them.
  await eraseAgain({ broker, db, replicas, leadIds: await erasedSinceHeld(broker, hold), by });
  const log = leadLog(broker);
  const known = new Set<string>();
  const missing: string[] = [];
  for await (const document of lostDocuments(broker, db)) {
    known.add(document._id);
    const { recovered, unreadable } = await differenceOf(log, document);
    if (!recovered && !unreadable) missing.push(document._id);
  }
  if (missing.length > 0)
    throw new Error(
      `the documents of ${missing.length} leads know what the log does not ` +
        `(${missing.slice(0, 3).join(', ')}): leadctl restore reconcile first`,
    );
  const sequences = await new SequenceStore(broker, replicas).read();
  // A lead whose document is on the chain has lost nothing where the documents are newer than its stream.
  const end = placeOf(hold.backupSeq ?? hold.endSeq);
  const areNewer = facts.streams.map(
    (stream, index) => hasSeenMore(stream, end[index] ?? 0) && !hasBegun(stream, facts.record, hold),
  );
  const knows = (leadId: string): boolean =>
    known.has(leadId) || areNewer[partitionOf(leadId, areNewer.length)] === true;
  const mayGoOn = async (): Promise<void> => mustBe(hold, await records.read());
  const closed = await closeGap(stores, log, sequences, { how: gap, by, planning: planningSettings(), knows, mayGoOn });
  for (const { leadId, stepId, audience } of closed.closed)
    note(
      `${leadId}: "${stepId}" to the ` +
        `${audience === 'lead' ? 'lead' : 'rep'} counts as skipped: it is ` +
        'unknown whether it was sent',
    );
  for (const leadId of closed.paused) note(`${leadId}: paused`);
  for (const { leadId, unloaded } of closed.unreadable) note(`${leadId}: ${unloaded}`);
  await mustDecideAsServices(broker, closed.unreadable);
  const seen = [...facts.streams.map(({ witness }) => witness), facts.other];
  await beginEpoch(stores, { hold, witnessed: seen.flatMap((one) => one?.epoch ?? []) }, { by, gap });
  const { closed: skipped, paused, unreadable } = closed;
  if (json) return print({ by, skipped: skipped.length, paused: paused.length, unreadable: unreadable.length });
  print(`confirmed by ${by}: sending goes on. ${skipped.length} steps skipped, ${paused.length} leads paused`);
}

/**
 * Throws while a process runs that decides on a document which this build does not read: its due step is open, and the
 * confirm would let it go out.
 */
async function mustDecideAsServices(broker: Broker, unloaded: readonly Unloaded[]): Promise<void> {
  const versions = new Set(unloaded.flatMap(({ stateVersion }) => stateVersion ?? []));
  if (versions.size === 0) return;
  const { processes } = await runningVersions(broker, VERSIONS_WAIT_MS);
  const one = processes.find(({ stateVersion }) => versions.has(stateVersion));
  if (!one) return;
  throw new Error(
    `the ${one.services.join(', ')} of ${one.host} folds leads by state version ${one.stateVersion}, this leadctl by ` +
      `${STATE_VERSION}: leadctl of version ${one.version} closes the gap of the leads named above`,
  );
}

/** The record's entry of this hold's confirm: a repeated or concurrent confirm begins the same epoch. */
const begunFor = (hold: Hold, { confirms }: GuardRecord): Confirm | undefined =>
  confirms.findLast((confirm) => isSame(hold, confirm.hold));

/** Whether an interrupted confirm has replaced the stream's witness: the earlier witness is then unknown. */
const hasBegun = ({ witness }: StreamFacts, record: GuardRecord | null, hold: Hold): boolean =>
  record !== null && witness?.epoch !== undefined && begunFor(hold, record)?.epoch === witness.epoch;

interface Ending {
  hold: Hold;
  /** The epochs that MongoDB has seen. */
  witnessed: readonly string[];
}

/**
 * Adds the new epoch to the record before the hold is lifted, so that every earlier witness is explained; then writes
 * the witnesses, then the record, which lifts the hold. Throws when another operator was faster.
 */
async function beginEpoch(
  { broker, db, records }: Stores,
  { hold, witnessed }: Ending,
  { by, gap }: ConfirmOptions,
): Promise<void> {
  const at = new Date().toISOString();
  const { created } = await logEnd(broker);
  const last = await lastEvents(broker);
  const seq = placeJson(last.map((event) => event?.seq ?? 0));
  const named = await records.change((now) => {
    mustBe(hold, now);
    const epoch = begunFor(hold, now)?.epoch ?? randomUUID();
    const known = new Set(now.confirms.filter((confirm) => confirm.epoch === epoch).map(({ was }) => was));
    const ended = [now.epoch, ...witnessed].filter((was) => was !== epoch && !known.has(was));
    const confirms = [...new Set(ended)].map((was): Confirm => ({ was, epoch, by, at, hold, gap, seq }));
    return confirms.length === 0 ? now : { ...now, confirms: [...now.confirms, ...confirms].slice(-CONFIRMS_MAX) };
  });
  const epoch = named && begunFor(hold, named)?.epoch;
  if (!epoch) throw new Error('the confirm cannot be recorded');
  for (const [index, { stream }] of streamsOf(broker).entries()) {
    const { seq: highSeq = 0, id: highId = '' } = last[index] ?? {};
    await replaceWitness(db, stream, { epoch, created, highSeq, highId, at: new Date() });
  }
  await records.beat({ at, by: 'leadctl', left: true });
  await records.change((now) => {
    mustBe(hold, now);
    const confirms = now.confirms.map((each) => (each.epoch === epoch ? { ...each, by, at, gap, seq } : each));
    return { epoch, created, witnessed: true, hold: null, confirms };
  });
}
