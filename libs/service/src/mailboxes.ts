import { setTimeout as delay } from 'node:timers/promises';
import type { KvEntry } from '@nats-io/kv';
import type { Provider } from '@nestjs/common';
import { MAILBOXES_BUCKET } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { Bucket } from '@leadstream/eventlog/bucket';
import { z } from 'zod';
import { parseJson } from './account.ts';
import type { EveryConfig } from './config.ts';
import { CONFIG } from './injected.ts';

const HOUR_MS = 3_600_000;
/** A place lasts a day, and an hour more for a mail that leaves later than its place was taken. */
export const PLACE_MS = 25 * HOUR_MS;
const RACE_MS = 5;

/** Holders of a place, each with the time it was taken. */
const places = z.array(z.tuple([z.string(), z.number()]));

/** A requested place: `id` has one at most, of `max`. */
export interface Wanted {
  key: string;
  id: string;
  max: number;
  now: Temporal.Instant;
}

/**
 * Use of a mailbox or a domain by strangers in the last day, in the KV bucket `mailboxes`, whose keys are keyed hashes.
 * All processes change it by compare-and-swap. Entries expire once they no longer count.
 */
export class Mailboxes {
  readonly #bucket: Bucket;

  constructor(broker: Broker, replicas: number) {
    this.#bucket = new Bucket(broker, MAILBOXES_BUCKET, replicas);
  }

  /**
   * Gives `id` a place, or keeps its present one, and returns undefined; without a free place, returns the time when
   * the next one is free. A place that a crash left unused reduces the limit by one for a day; the limit is never
   * exceeded. Throws Unavailable.
   */
  async take({ key, id, max, now }: Wanted): Promise<Temporal.Instant | undefined> {
    const nowMs = now.epochMilliseconds;
    // Most have no entry yet: a write without a read saves a request.
    for (let was: KvEntry | undefined; ; was = await this.#bucket.entry(key)) {
      const others = placesOf(was)
        .map(([other, atMs]): [string, number] => [other, Math.min(atMs, nowMs)])
        .filter(([other, atMs]) => other !== id && nowMs - atMs < PLACE_MS)
        .sort(([, a], [, b]) => b - a);
      const inTheWay = others[max - 1];
      if (inTheWay) return Temporal.Instant.fromEpochMilliseconds(inTheWay[1] + PLACE_MS);
      if (await this.#bucket.replace(key, JSON.stringify([...others, [id, nowMs]]), was)) return undefined;
      await delay(Math.random() * RACE_MS);
    }
  }
}

/** An unreadable or deleted entry counts as no places. */
const placesOf = (entry: KvEntry | undefined): readonly [string, number][] =>
  (entry?.operation === 'PUT' && places.safeParse(parseJson(entry.string())).data) || [];

export const provideMailboxes: Provider = {
  provide: Mailboxes,
  inject: [Broker, CONFIG],
  useFactory: (broker: Broker, config: EveryConfig) => new Mailboxes(broker, config.STREAM_REPLICAS),
};
