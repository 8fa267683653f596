import { catalogue } from '@leadstream/contracts/events';
import type { Hold } from '@leadstream/contracts/guard';
import type { Broker } from '@leadstream/eventlog/broker';
import { lastOf } from '@leadstream/eventlog/lead-messages';
import { readLog } from '@leadstream/eventlog/log-stream';
import { placeOf } from '@leadstream/contracts/place';
import { provision } from '@leadstream/eventlog/provision';
import { stateAfter } from '@leadstream/lead/evolve';
import { liveLeads } from '@leadstream/projection/collections';
import type { Db } from 'mongodb';
import { erase } from './erasure.ts';
import { keysOf } from './keys.ts';
import { mustFitLog } from './lead-id-secret.ts';
import { Person } from './mentions.ts';
import { leadLog, note, personSecrets } from './session.ts';

/**
 * Erased leads that a backup has brought back: the log, or the keys' bucket, has their data again. Evidence: the mark
 * in place of a key, and their documents; the evidence in the lost log is gone.
 */
export async function erasedSince(broker: Broker, db: Db): Promise<string[]> {
  const destroyed = new Set<string>();
  for await (const { leadId, by } of keysOf(broker)) if (by === null) destroyed.add(leadId);
  const documents = (await liveLeads(db)()).find({ status: 'erased' }, { projection: { _id: 1 } });
  const known = new Set(destroyed);
  for await (const { _id } of documents) known.add(_id);
  const back: string[] = [];
  for (const leadId of known) if (!destroyed.has(leadId) || !(await isErasedInLog(broker, leadId))) back.push(leadId);
  return back.sort();
}

/**
 * Leads erased since the log was held, or since its last event: a crash between two steps of their erasure leaves no
 * other sign. Evidence: `lead.erased` beyond the held log's end, or the loaded backup's, and the age of the mark in
 * place of a key, which a person without a lead has too.
 */
export async function erasedSinceHeld(broker: Broker, { endSeq, backupSeq, endAt }: Hold): Promise<string[]> {
  const erased = new Set<string>();
  for await (const { subject } of readLog(broker, { types: ['lead.erased'], after: placeOf(backupSeq ?? endSeq) }))
    erased.add(subject.split('.')[1] ?? '');
  const since = endAt === null ? Infinity : Date.parse(endAt);
  for await (const { leadId, by, at } of keysOf(broker)) if (by === null && at.getTime() > since) erased.add(leadId);
  return [...erased].sort();
}

/**
 * A lead without events needs no erasure event; for a document newer than the log, `lead.recovered` records the
 * erasure.
 */
async function isErasedInLog(broker: Broker, leadId: string): Promise<boolean> {
  if (await lastOf(broker, leadId, 'leader', catalogue['lead.erased'].token)) return true;
  const events = await leadLog(broker, 'blind').history(leadId);
  return events.length === 0 || stateAfter(events).stop?.why === 'erased';
}

interface Again {
  broker: Broker;
  db: Db;
  replicas: number;
  leadIds: readonly string[];
  by: string;
}

/**
 * Erases the leads again, and prints the remaining data of each. Safe to repeat and to interrupt. Returns the number of
 * leads of which anything was erased, and of those of which anything is left.
 */
export async function eraseAgain({
  broker,
  db,
  replicas,
  leadIds,
  by,
}: Again): Promise<{ again: number; left: number }> {
  const counts = { again: 0, left: 0 };
  if (leadIds.length === 0) return counts;
  await mustFitLog(broker);
  await provision(broker, { replicas, streams: ['KV_keys', 'INTAKE', 'FEEDBACK', 'QUARANTINE'] });
  const secrets = personSecrets();
  for (const leadId of leadIds) {
    const person = new Person(leadId, secrets);
    const { erasure, deleted, left } = await erase({
      broker,
      replicas,
      db: () => Promise.resolve(db),
      leadId,
      person,
      who: { by },
    });
    const isNew = erasure?.isNew === true || Object.values(deleted).some((count) => count > 0);
    if (isNew) counts.again++;
    if (left.length > 0) counts.left++;
    if (isNew || left.length > 0) note(`${leadId}: erased again${left.map((what) => `; left: ${what}`).join('')}`);
  }
  return counts;
}
