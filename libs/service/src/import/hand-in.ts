import { setTimeout as delay } from 'node:timers/promises';
import { publishLead } from '@leadstream/contracts/publish';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Taken } from './rows.ts';

/**
 * `ce-source`, to be named in TRUSTED_SOURCES. One for every way in: an import that leadctl began and the console goes
 * on with hands in no row twice.
 */
export const IMPORT_SOURCE = 'leadctl/import';
export const BATCH_ROWS = 50;

interface HandingIn {
  /** Of the file's bytes: with the row's number it is the submission's id. */
  hash: string;
  perSecond: number;
  signal: AbortSignal;
}

/**
 * Publishes the rows of each batch, and yields the batch once the broker has stored all of it. Ends early after an
 * abort. Throws when the broker gives no ack; the same rows again are the same submissions.
 */
export async function* handIn(
  js: JetStreamClient,
  batches: Iterable<readonly Taken[]> | AsyncIterable<readonly Taken[]>,
  { hash, perSecond, signal }: HandingIn,
): AsyncGenerator<readonly Taken[]> {
  const startMs = performance.now();
  let done = 0;
  for await (const batch of batches) {
    if (done > 0) {
      const waitMs = startMs + (done / perSecond) * 1_000 - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    const ids = batch.map(({ row, lead }) => publishLead(js, lead, { source: IMPORT_SOURCE, id: `${hash}-${row}` }));
    await Promise.all(ids);
    done += batch.length;
    yield batch;
  }
}
