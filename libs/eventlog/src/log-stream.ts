import { catalogue, type EventType } from '@leadstream/contracts/events';
import { leadSubject } from '@leadstream/contracts/streams';
import {
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamError,
  type ConsumerInfo,
  type JsMsg,
  type StoredMsg,
  type StreamInfo,
} from '@nats-io/jetstream';
import { hasCode, reachable, type Broker } from './broker.ts';
import { messagesTo, type ReadOptions } from './read.ts';

const STREAM = 'LEADS';
const NOT_FOUND = 404;

export interface LogReadOptions extends Pick<ReadOptions, 'upTo' | 'signal'> {
  /** Default: all. */
  types?: readonly EventType[];
  /** A sequence, or the time from which on events were stored. Default: the first event. */
  from?: number | string;
}

/** The stored events of all leads, in their order; like `messagesTo`. Throws Unavailable. */
export function readLog(broker: Broker, { types, from, ...options }: LogReadOptions = {}): AsyncGenerator<JsMsg> {
  const filter_subjects = types?.map((type) => leadSubject('*', catalogue[type].token));
  return messagesTo(broker.js(), STREAM, {
    ...options,
    only: { ...startOf(from), ...(filter_subjects && { filter_subjects }) },
  });
}

function startOf(from: LogReadOptions['from']) {
  if (from === undefined) return { deliver_policy: DeliverPolicy.All };
  return typeof from === 'number'
    ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from };
}

/**
 * At most `max` stored events of all leads from a sequence or a time on, in their order, by one request and without a
 * consumer; where nothing was stored since that time, from the first event on. Throws Unavailable.
 */
export async function batchOf(
  broker: Broker,
  { type, from, max }: { type?: EventType; from: number | string; max: number },
): Promise<StoredMsg[]> {
  const { direct } = await broker.jsm();
  const start = typeof from === 'number' ? { seq: from } : { start_time: from };
  const filter = type && { next_by_subj: leadSubject('*', catalogue[type].token) };
  return reachable(async () => {
    const batch: StoredMsg[] = [];
    try {
      for await (const stored of await direct.getBatch(STREAM, { ...start, ...filter, batch: max })) batch.push(stored);
    } catch (error) {
      // The answer where no message matches.
      if (!(error instanceof JetStreamError && 'code' in error && error.code === NOT_FOUND)) throw error;
    }
    return batch;
  });
}

/** The stored event of this sequence, whatever its lead, or the last one; null: there is none. Throws Unavailable. */
export async function storedAt(broker: Broker, place: number | 'last'): Promise<StoredMsg | null> {
  const { streams } = await broker.jsm();
  // The server walks over all subjects for the wildcard.
  const query = place === 'last' ? { last_by_subj: leadSubject('*', '*') } : { seq: place };
  return reachable(() => streams.getMessage(STREAM, query));
}

/** The log's creation, by which one that was made anew is known, and its ends. Throws Unavailable. */
export async function logInfo(broker: Broker): Promise<Pick<StreamInfo, 'created' | 'state' | 'config' | 'ts'>> {
  const { streams } = await broker.jsm();
  return reachable(() => streams.info(STREAM));
}

/** A reader's place in the log; undefined when there is no such reader. Throws Unavailable. */
export async function readerOf(broker: Broker, durable: string): Promise<ConsumerInfo | undefined> {
  const { consumers } = await broker.jsm();
  return reachable(() => consumers.info(STREAM, durable)).catch((error: unknown) => {
    if (hasCode(error, JetStreamApiCodes.ConsumerNotFound)) return undefined;
    throw error;
  });
}
