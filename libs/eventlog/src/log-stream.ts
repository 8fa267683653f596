import { catalogue, type EventType } from '@leadstream/contracts/events';
import { logStreams, type LogStream } from '@leadstream/contracts/streams';
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
import type { Place } from '@leadstream/contracts/place';
import { messagesTo, type ReadOptions } from './read.ts';

const NOT_FOUND = 404;

/** The connection to a log, and the number of its streams. */
export type LogAt = Pick<Broker, 'js' | 'jsm' | 'partitions'>;

/** The log's streams, in the order of a place's sequences. */
export const streamsOf = ({ partitions }: Pick<LogAt, 'partitions'>): readonly LogStream[] => logStreams(partitions);

/** The first stream, or the only one. */
function firstOf(log: LogAt): LogStream {
  const [first] = streamsOf(log);
  if (!first) throw new TypeError('a log has one stream at least');
  return first;
}

export interface LogReadOptions extends Pick<ReadOptions, 'signal'> {
  /** Default: all. */
  types?: readonly EventType[];
  /** Default: the log's beginning. */
  after?: Place;
  /** A time, from which on the streams are read that have no place yet. */
  since?: string;
  /** Default: of each stream its end when its turn comes. */
  upTo?: Place;
}

/**
 * The stored events of all leads: those of a stream in their order, stream after stream; like `messagesTo`. Throws
 * Unavailable.
 */
export async function* readLog(broker: LogAt, options: LogReadOptions = {}): AsyncGenerator<JsMsg> {
  for (const index of streamsOf(broker).keys()) yield* readStream(broker, index, options);
}

/** The same of the log's stream with this index. */
export async function* readStream(
  broker: LogAt,
  index: number,
  { types, after, since, upTo, ...options }: LogReadOptions = {},
): AsyncGenerator<JsMsg> {
  const { stream, subject } = streamsOf(broker)[index] ?? firstOf(broker);
  const filter = types && { filter_subjects: types.map((type) => subject('*', catalogue[type].token)) };
  const end = upTo?.[index];
  if (end !== undefined && (after?.[index] ?? 0) >= end) return;
  yield* messagesTo(broker.js(), stream, {
    ...options,
    ...(end === undefined ? {} : { upTo: end }),
    only: { ...startOf(after?.[index] || since), ...filter },
  });
}

/** The same of all streams at once, by the time of their storage: those of a lead stay in their order. */
export async function* readByTime(broker: LogAt, options: LogReadOptions = {}): AsyncGenerator<JsMsg> {
  const readers = [...streamsOf(broker).keys()].map((index) => readStream(broker, index, options));
  try {
    const next = await Promise.all(readers.map(async (reader) => ({ reader, read: await reader.next() })));
    for (;;) {
      const left = next.filter(({ read }) => !read.done);
      if (left.length === 0) return;
      const first = left.reduce((one, other) => (timeOf(other.read) < timeOf(one.read) ? other : one));
      if (!first.read.done) yield first.read.value;
      first.read = await first.reader.next();
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.return(undefined)));
  }
}

const timeOf = (read: IteratorResult<JsMsg, unknown>): number => (read.done ? Infinity : read.value.time.getTime());

/** The index of a message's stream in places. */
export const indexOf = (log: Pick<LogAt, 'partitions'>, { info }: JsMsg): number =>
  streamsOf(log).findIndex(({ stream }) => stream === info.stream);

/** The place behind a message that `readLog` has read from a place on. */
export const placeAfter = (log: Pick<LogAt, 'partitions'>, place: Place, message: JsMsg): Place =>
  place.with(indexOf(log, message), message.seq);

function startOf(after: number | string | undefined) {
  if (after === undefined) return { deliver_policy: DeliverPolicy.All };
  return typeof after === 'number'
    ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: after + 1 }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: after };
}

/**
 * At most `max` stored events of a stream's leads from a sequence or a time on, in their order, by one request and
 * without a consumer; where nothing was stored since that time, from the first event on. Throws Unavailable.
 */
export async function batchOf(
  broker: LogAt,
  { stream, subject }: LogStream,
  { type, from, max }: { type?: EventType; from: number | string; max: number },
): Promise<StoredMsg[]> {
  const { direct } = await broker.jsm();
  const start = typeof from === 'number' ? { seq: from } : { start_time: from };
  const filter = type && { next_by_subj: subject('*', catalogue[type].token) };
  return reachable(async () => {
    const batch: StoredMsg[] = [];
    try {
      for await (const stored of await direct.getBatch(stream, { ...start, ...filter, batch: max })) batch.push(stored);
    } catch (error) {
      // The answer where no message matches.
      if (!(error instanceof JetStreamError && 'code' in error && error.code === NOT_FOUND)) throw error;
    }
    return batch;
  });
}

/** The stream's event of this sequence, whatever its lead, or the last one; null: there is none. Throws Unavailable. */
export async function storedAt(
  broker: LogAt,
  place: number | 'last',
  { stream, subject }: LogStream = firstOf(broker),
): Promise<StoredMsg | null> {
  const { streams } = await broker.jsm();
  // The server walks over all subjects for the wildcard.
  const query = place === 'last' ? { last_by_subj: subject('*', '*') } : { seq: place };
  return reachable(() => streams.getMessage(stream, query));
}

type LogInfo = Pick<StreamInfo, 'created' | 'state' | 'config' | 'ts'>;

/** The stream's creation, by which one that was made anew is known, and its ends. Throws Unavailable. */
export async function logInfo(broker: LogAt, { stream }: LogStream = firstOf(broker)): Promise<LogInfo> {
  const { streams } = await broker.jsm();
  return reachable(() => streams.info(stream));
}

/** The log's creation, as one text of all of its streams, and its end. Throws Unavailable. */
export async function logEnd(broker: LogAt): Promise<{ created: string; end: Place }> {
  const infos = await Promise.all(streamsOf(broker).map((log) => logInfo(broker, log)));
  return { created: infos.map(({ created }) => created).join(' '), end: infos.map(({ state }) => state.last_seq) };
}

/** A reader's place in a stream; undefined when there is no such reader. Throws Unavailable. */
export async function readerOf(
  broker: LogAt,
  durable: string,
  { stream }: LogStream = firstOf(broker),
): Promise<ConsumerInfo | undefined> {
  const { consumers } = await broker.jsm();
  return reachable(() => consumers.info(stream, durable)).catch((error: unknown) => {
    if (hasCode(error, JetStreamApiCodes.ConsumerNotFound)) return undefined;
    throw error;
  });
}

/** The place up to which a reader has acknowledged all events; 0 in a stream without it. Throws Unavailable. */
export async function acknowledgedBy(broker: LogAt, durable: string): Promise<Place> {
  const readers = await Promise.all(streamsOf(broker).map((log) => readerOf(broker, durable, log)));
  return readers.map((reader) => reader?.ack_floor.stream_seq ?? 0);
}
