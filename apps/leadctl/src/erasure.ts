import type { Recorded } from '@leadstream/contracts/events';
import { isInClear } from '@leadstream/contracts/personal';
import { KEYS, keySubject } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from '@leadstream/eventlog/broker';
import { destroyKey } from '@leadstream/eventlog/keyring';
import { storedOf } from '@leadstream/eventlog/lead-messages';
import { overwrite } from '@leadstream/eventlog/overwrite';
import { leadFold } from '@leadstream/lead/evolve';
import { view } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { Projection } from '@leadstream/projection/projection';
import { leadCollections } from '@leadstream/projection/rebuild';
import { witnessedTail } from '@leadstream/projection/witnessed';
import { appendErasure, forget, remaining, type Erasure } from '@leadstream/service/erase';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import { advanceOf, judged } from './judged.ts';
import { endsOf, heldOf, type Held, type MessagePosition, type RawStream } from './held.ts';
import type { Person } from './mentions.ts';
import { leadLog } from './session.ts';
import { forgetRefusals, refusalsTold } from './told.ts';

export interface ErasureReport {
  leadId: string;
  /** Null: the lead is unknown; only raw submissions are deleted. */
  erasure: { seq: number; at: string; isNew: boolean } | null;
  deleted: Record<RawStream | 'LEADS' | 'PUBLIC' | 'keys' | 'documents', number>;
  /** The remaining data, in words: the operator repeats the command to delete it once that is possible. */
  left: string[];
}

interface It {
  broker: Broker;
  replicas: number;
  db: () => Promise<Db>;
  leadId: string;
  person: Person;
  who: { by: string; reason?: string };
}

const now = () => Temporal.Now.instant();

/**
 * Erases a lead, and reports the remaining data. Each step is safe to repeat, and finds by itself what an earlier
 * attempt has not reached.
 */
export async function erase(it: It): Promise<ErasureReport> {
  const { broker, leadId, person } = it;
  const said = await appendErasure(broker, now, leadId, it.who);
  const erasure = 'erasure' in said ? said.erasure : undefined;
  const deleted: ErasureReport['deleted'] = {
    LEADS: 0,
    INTAKE: 0,
    FEEDBACK: 0,
    QUARANTINE: 0,
    PUBLIC: 0,
    keys: await destroyKey(broker, leadId),
    documents: 0,
  };
  const named = erasure ? placesOf(await remaining(broker, now, erasure)) : new Set<MessagePosition>();
  const floors: Floors = {
    INTAKE: await handledUpTo(broker, 'INTAKE', 'triage'),
    FEEDBACK: await handledUpTo(broker, 'FEEDBACK', 'inbound'),
    QUARANTINE: Infinity,
  };
  const ends = await endsOf(broker);
  const kept: Held[] = [];
  for await (const held of heldOf(broker, person, named)) {
    if (!isDeletable(held, floors, named)) kept.push(held);
    else if (await overwrite(broker, held.stream, held.seq)) deleted[held.stream]++;
  }
  // After QUARANTINE: what is deleted there causes no further refusal.
  deleted.PUBLIC = await forgetRefusals(broker, person);
  if (erasure) deleted.LEADS = await forget(broker, erasure);
  // Of the streams only what came meanwhile is read again.
  for await (const held of heldOf(broker, person, named, ends)) kept.push(held);
  const left = [...leftInStreams(kept), ...(erasure ? await leftOfLog(broker, erasure) : [])];
  try {
    deleted.documents = await emptyDocuments(await it.db(), it);
  } catch (error) {
    left.push(`its document: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    leadId,
    erasure: erasure && 'isNew' in said ? { seq: erasure.seq, at: erasure.at, isNew: said.isNew } : null,
    deleted,
    left,
  };
}

/** The number of messages that would be deleted, by stream. */
export async function found(
  broker: Broker,
  person: Person,
  events: readonly Recorded[],
): Promise<Record<RawStream | 'PUBLIC', number>> {
  const counts = { INTAKE: 0, FEEDBACK: 0, QUARANTINE: 0, PUBLIC: (await refusalsTold(broker, person)).length };
  for await (const { stream } of heldOf(broker, person, placesOf(events))) counts[stream]++;
  return counts;
}

/** The places of the messages that caused these events. */
export function placesOf(events: readonly Recorded[]): Set<MessagePosition> {
  return new Set(
    events.flatMap(({ data }): MessagePosition[] => [
      ...('intake' in data ? [`INTAKE/${data.intake.seq}` as const] : []),
      ...('feedbackSeq' in data && data.feedbackSeq !== undefined ? [`FEEDBACK/${data.feedbackSeq}` as const] : []),
    ]),
  );
}

/**
 * The last sequence that the stream's service has handled: later messages may concern others, and are not deleted
 * before their handling.
 */
async function handledUpTo(broker: Broker, stream: RawStream, durable: string): Promise<number> {
  const { consumers } = await broker.jsm();
  return reachable(() => consumers.info(stream, durable)).then(
    ({ ack_floor }) => ack_floor.stream_seq,
    (error: unknown) => {
      if (hasCode(error, JetStreamApiCodes.ConsumerNotFound)) return 0;
      throw error;
    },
  );
}

type Floors = Record<RawStream, number>;
/** The lead's own causes are handled, at any consumer position; a batch may concern others. */
const isDeletable = ({ stream, seq, isWanted }: Held, floors: Floors, named: ReadonlySet<MessagePosition>): boolean =>
  !isWanted && (seq <= floors[stream] || (stream === 'INTAKE' && named.has(`${stream}/${seq}`)));

const WANTED = 'something of others in it is in quarantine: redrive that first';
const LEFT = {
  INTAKE: 'triage has yet to handle it',
  FEEDBACK: 'inbound has yet to handle it',
  QUARANTINE: 'it came meanwhile',
} satisfies Record<RawStream, string>;

const leftInStreams = (kept: readonly Held[]): string[] => [
  ...new Set(kept.map(({ stream, seq, isWanted }) => `${stream} ${seq}: ${isWanted ? WANTED : LEFT[stream]}`)),
];

async function leftOfLog(broker: Broker, erasure: Erasure): Promise<string[]> {
  const { streams } = await broker.jsm();
  const entry = await reachable(() => streams.getMessage(KEYS, { last_by_subj: keySubject(erasure.leadId) }));
  const readable: string[] = [];
  for (const event of await remaining(broker, now, erasure)) {
    const message = await storedOf(broker, event);
    if (message && isInClear(event.type, message.json())) readable.push(`LEADS ${event.seq}`);
  }
  return [...(entry && entry.data.length === 0 ? [] : ['its key']), ...readable];
}

const SHOWN = ['email', 'address', 'firstName', 'lastName', 'phone', 'searchKeys'] as const;
const isShown = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/**
 * Replaces the live document by its erased form, also without a running projector, and deletes those of earlier
 * collections.
 */
async function emptyDocuments(db: Db, { broker, replicas, leadId }: It): Promise<number> {
  const advance = advanceOf(broker, db, await judged(broker, db, replicas));
  const tail = witnessedTail(leadLog(broker, 'blind'), { advance });
  const { applied, failed } = await new Projection(db, leadFold, view).apply(await tail(leadId, 0), tail);
  const problem = failed.get(leadId);
  if (problem) throw problem instanceof Error ? problem : new Error('could not be folded');
  const document = await new LeadQueries(db).lead(leadId);
  if (document && SHOWN.some((name) => isShown(document[name]))) throw new Error('it is shown yet');
  const { previous } = await leadCollections(db);
  const removed = await Promise.all(
    previous.map((name) => db.collection<{ _id: string }>(name).deleteOne({ _id: leadId })),
  );
  return removed.reduce((sum, { deletedCount }) => sum + deletedCount, applied > 0 ? 1 : 0);
}
