import { setTimeout as delay } from 'node:timers/promises';
import { buckets, type BucketDefinition, type BucketName } from '@leadstream/contracts/streams';
import { JetStreamApiCodes, type PushConsumer } from '@nats-io/jetstream';
import { Kvm, type KV, type KvEntry } from '@nats-io/kv';
import { hasCode, isConflict, reachable, type Broker } from './broker.ts';
import { describeError } from './errors.ts';
import { createMissing } from './missing.ts';

const RETRY_MS = 1_000;
/** A watch of a deleted bucket is silent, too: the bucket is read again after this time. */
const WATCH_MS = 60_000;
/** A request to a server that is away lasts longer. */
const STOP_MS_MAX = 1_000;

/**
 * A bucket of the catalogue, which keeps each key's last value only. Created when missing; an existing one is never
 * altered. Throws Unavailable when it is missing and this user may not create it.
 */
export async function openBucket(broker: Broker, name: BucketName, replicas: number): Promise<KV> {
  const { valueBytesMax: maxValueSize, maxAgeMs }: BucketDefinition = buckets[name];
  const open = () =>
    new Kvm(broker.js()).create(name, {
      history: 1,
      maxValueSize,
      replicas,
      ...(maxAgeMs > 0 ? { ttl: maxAgeMs } : {}),
    });
  return (await isThere(broker, name)) ? open() : createMissing(broker, `bucket ${name}`, open);
}

async function isThere(broker: Broker, name: string): Promise<boolean> {
  const { streams } = await broker.jsm();
  try {
    await streams.info(`KV_${name}`);
    return true;
  } catch (error) {
    if (hasCode(error, JetStreamApiCodes.StreamNotFound)) return false;
    throw error;
  }
}

/** A KV bucket whose entries are changed by compare-and-swap. Its methods throw Unavailable. */
export class Bucket {
  readonly #broker: Broker;
  readonly #name: BucketName;
  readonly #replicas: number;
  #opened: { by: unknown; kv: Promise<KV> } | undefined;

  constructor(broker: Broker, name: BucketName, replicas: number) {
    this.#broker = broker;
    this.#name = name;
    this.#replicas = replicas;
  }

  /** Opened once a connection, and after each failure: an operator may have deleted the bucket. */
  open(): Promise<KV> {
    const js = this.#broker.js();
    if (this.#opened?.by !== js) {
      const kv = openBucket(this.#broker, this.#name, this.#replicas);
      this.#opened = { by: js, kv };
      kv.catch(() => this.#forget());
    }
    return this.#opened.kv;
  }

  /** Also creates the bucket again if it is missing, which a watch does not report. */
  openAnew(): Promise<KV> {
    this.#forget();
    return this.open();
  }

  /** Deleted entries included, by their operation. */
  async entry(key: string): Promise<KvEntry | undefined> {
    return (await this.#asked((kv) => kv.get(key))) ?? undefined;
  }

  async put(key: string, value: string): Promise<void> {
    await this.#asked((kv) => kv.put(key, value));
  }

  /** Writes the next revision after `was`; false after a concurrent write. */
  async replace(key: string, value: string, was: KvEntry | undefined): Promise<boolean> {
    return (await this.putAfter(key, value, was?.revision ?? 0)) !== undefined;
  }

  /** Returns the revision that it wrote after `revision` (0: none); undefined after a concurrent write. */
  async putAfter(key: string, value: string, revision: number): Promise<number | undefined> {
    try {
      return await this.#asked((kv) => kv.put(key, value, { previousSeq: revision }));
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }

  async #asked<T>(request: (kv: KV) => Promise<T>): Promise<T> {
    try {
      return await reachable(async () => request(await this.open()));
    } catch (error) {
      if (!isConflict(error)) this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#opened = undefined;
  }
}

/**
 * The bucket's keys, deleted ones included, by one request. The client's own `keys` waits a minute after a restart of
 * the server has removed its consumer.
 */
export async function keysOf(broker: Broker, name: string): Promise<string[]> {
  const { state } = await (await broker.jsm()).streams.info(`KV_${name}`, { subjects_filter: `$KV.${name}.>` });
  return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(`$KV.${name}.`.length));
}

export interface Follower {
  broker: Broker;
  /** The name in the log line of a failure. */
  what: string;
  bucket: Bucket;
  key?: string;
  /** Reads the entries after the watch has begun, so that no change falls in between. */
  read: (kv: KV) => Promise<unknown>;
  /** Without a value when the key was deleted. */
  take: (key: string, value?: string) => void;
}

/**
 * Follows a bucket until `signal` aborts. At each reconnect, and each minute, the bucket is opened, read and watched
 * anew: the client's own watch continues at a sequence that a server with other data never reaches.
 */
async function followBucket(it: Follower, signal: AbortSignal): Promise<void> {
  const { broker, what } = it;
  while (!signal.aborted) {
    try {
      await broker.ready(signal);
      // An abort during the wait would end no watch that begins after it.
      if (!signal.aborted) await followOnce(it, signal);
    } catch (error) {
      if (signal.aborted) return;
      broker.log.warn({ error: describeError(error) }, `${what} cannot be followed, trying again`);
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The buckets that one owner follows. */
export class Follows {
  readonly #stopping = new AbortController();
  readonly #following: { broker: Broker; ended: Promise<void> }[] = [];

  add(it: Follower): void {
    this.#following.push({ broker: it.broker, ended: followBucket(it, this.#stopping.signal) });
  }

  /**
   * Ends them. Waits for the requests in hand, which a broker that closes would reject later, at most a second. A lost
   * connection has none to wait for.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const answered = this.#following.filter(({ broker }) => broker.connected).map(({ ended }) => ended);
    await Promise.race([Promise.all(answered), delay(STOP_MS_MAX, undefined, { ref: false })]);
  }
}

async function followOnce({ broker, bucket, key, read, take }: Follower, signal: AbortSignal): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const over = Promise.withResolvers<undefined>();
  let isOver = false;
  const end = () => {
    isOver = true;
    over.resolve(undefined);
  };
  signal.addEventListener('abort', end, { once: true });
  ending.defer(() => signal.removeEventListener('abort', end));
  ending.defer(broker.onReady(end));
  const kv = await bucket.openAnew();
  const watch = await kv.watch(key === undefined ? {} : { key });
  ending.defer(() => endWatch(watch));
  void over.promise.then(() => watch.stop());
  const timer = setTimeout(end, WATCH_MS).unref();
  ending.defer(() => clearTimeout(timer));
  const reading = signal.aborted ? Promise.resolve() : read(kv);
  await Promise.race([reading, over.promise]);
  if (signal.aborted) await reading.catch(() => undefined);
  for await (const entry of watch) {
    if (entry.operation === 'PUT') take(entry.key, entry.string());
    else take(entry.key);
  }
  if (!isOver) throw new Error('the watch ended');
}

/** Its consumer, too: the client leaves it to the server, which keeps it for five minutes. */
async function endWatch(watch: Awaited<ReturnType<KV['watch']>>): Promise<void> {
  watch.stop();
  if (!('_data' in watch)) return;
  const { _data: consumer } = watch as { _data: Pick<PushConsumer, 'delete'> };
  await consumer.delete().catch(() => undefined);
}
