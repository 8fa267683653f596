import { setTimeout as delay } from 'node:timers/promises';
import { Kvm, type KV } from '@nats-io/kv';
import type { Broker } from '@leadstream/eventlog/broker';

const RETRY_MS = 1_000;

/** A KV bucket that keeps each key's last value only. Made when it is not there; what is there is never altered. */
export const openBucket = (broker: Broker, name: string, replicas: number, valueBytesMax: number): Promise<KV> =>
  new Kvm(broker.js()).create(name, { history: 1, maxValueSize: valueBytesMax, replicas });

export interface Follower {
  broker: Broker;
  /** For the log line when it can't be followed. */
  what: string;
  open: () => Promise<KV>;
  key?: string;
  /** Reads what is there, after the watch has begun: nothing falls in between. */
  read: (kv: KV) => Promise<unknown>;
  /** Without a value when the key was deleted. */
  take: (key: string, value?: string) => void;
}

/** Keeps somebody informed of a bucket until `signal` aborts, over every loss of the connection. */
export async function followBucket({ broker, what, open, key, read, take }: Follower, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await broker.ready(signal);
      const kv = await open();
      const watch = await kv.watch(key === undefined ? {} : { key });
      signal.addEventListener('abort', () => watch.stop(), { once: true });
      await read(kv);
      for await (const entry of watch) {
        if (entry.operation === 'PUT') take(entry.key, entry.string());
        else take(entry.key);
      }
    } catch (error) {
      if (signal.aborted) return;
      broker.log.warn({ error: String(error) }, `${what} cannot be followed, trying again`);
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
