import { setTimeout as delay } from 'node:timers/promises';
import { Kvm, type KV } from '@nats-io/kv';
import type { Broker } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';

const RETRY_MS = 1_000;
/** A watch of a deleted bucket is silent, too: the bucket is read again after this time. */
const WATCH_MS = 60_000;

/**
 * A KV bucket that keeps each key's last value only, and for `ttlMs` if given. Created when missing; an existing one is
 * never altered.
 */
export const openBucket = (
  broker: Broker,
  name: string,
  replicas: number,
  valueBytesMax: number,
  ttlMs?: number,
): Promise<KV> =>
  new Kvm(broker.js()).create(name, {
    history: 1,
    maxValueSize: valueBytesMax,
    replicas,
    ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
  });

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
  open: () => Promise<KV>;
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
export async function followBucket(it: Follower, signal: AbortSignal): Promise<void> {
  const { broker, what } = it;
  while (!signal.aborted) {
    try {
      await broker.ready(signal);
      await followOnce(it, signal);
    } catch (error) {
      if (signal.aborted) return;
      broker.log.warn({ error: describeError(error) }, `${what} cannot be followed, trying again`);
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function followOnce({ broker, open, key, read, take }: Follower, signal: AbortSignal): Promise<void> {
  using ending = new DisposableStack();
  const over = Promise.withResolvers<undefined>();
  let isOver = false;
  const end = () => {
    isOver = true;
    over.resolve(undefined);
  };
  signal.addEventListener('abort', end, { once: true });
  ending.defer(() => signal.removeEventListener('abort', end));
  ending.defer(broker.onReady(end));
  const kv = await open();
  const watch = await kv.watch(key === undefined ? {} : { key });
  ending.defer(() => watch.stop());
  void over.promise.then(() => watch.stop());
  const timer = setTimeout(end, WATCH_MS).unref();
  ending.defer(() => clearTimeout(timer));
  await Promise.race([read(kv), over.promise]);
  for await (const entry of watch) {
    if (entry.operation === 'PUT') take(entry.key, entry.string());
    else take(entry.key);
  }
  if (!isOver) throw new Error('the watch ended');
}
