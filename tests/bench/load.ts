import { setTimeout as delay } from 'node:timers/promises';
import type { Traffic } from './traffic.ts';

const CONCURRENCY = 64;
const SILENCE_MS_MAX = 60_000;

/** The accepted mails' recipients and times. */
export class Arrivals {
  readonly #atMs = new Map<string, number>();
  #lastMs = performance.now();

  add(address: string): void {
    this.#lastMs = performance.now();
    if (!this.#atMs.has(address)) this.#atMs.set(address, this.#lastMs);
  }

  has(address: string): boolean {
    return this.#atMs.has(address);
  }

  /** The times of each address's first mail, by `performance.now()`. Throws after a minute without any mail. */
  async of(addresses: readonly string[]): Promise<number[]> {
    this.#lastMs = performance.now();
    const missing = new Set(addresses);
    for (;;) {
      for (const address of missing) if (this.#atMs.has(address)) missing.delete(address);
      if (missing.size === 0) return addresses.map((address) => this.#atMs.get(address) ?? Number.NaN);
      if (performance.now() - this.#lastMs > SILENCE_MS_MAX)
        throw new Error(`${missing.size} of ${addresses.length} mails have not come`);
      await delay(50);
    }
  }
}

/** A system that sends a mail to each submitted lead. */
export interface Contender {
  arrivals: Arrivals;
  offer: (address: string) => Promise<unknown>;
  /** Resolves when the work after the mails is done, too. */
  settled: () => Promise<void>;
  /** Its processes by name; their CPU time counts. */
  pids: Record<string, number>;
  /** From the start of its own processes until the last one was ready. */
  readyMs?: number;
  /** Counts the requests to its servers from the call on, until the result is called; slows the servers down. */
  traffic?: () => Promise<() => Promise<Traffic>>;
}

let count = 0;
const addresses = (leads: number): string[] =>
  Array.from({ length: leads }, () => `lead.${process.pid}.${count++}@example.com`);

/** Offers as many leads as it takes, 64 at once. Milliseconds from the first offer to the last mail. */
export async function flood({ offer, arrivals }: Contender, leads: number): Promise<number> {
  const all = addresses(leads);
  const rest = all.values();
  const startedMs = performance.now();
  const worker = async () => {
    for (const address of rest) await offer(address);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return Math.max(...(await arrivals.of(all))) - startedMs;
}

/** Offers leads one after the other at a steady rate. Milliseconds from each one's offer to its mail, ascending. */
export async function pace({ offer, arrivals }: Contender, leads: number, perSecond: number): Promise<number[]> {
  const all = addresses(leads);
  const startedMs = performance.now();
  const dueMs = (index: number): number => startedMs + (index * 1_000) / perSecond;
  const offers = all.map(async (address, index) => {
    await delay(Math.max(0, dueMs(index) - performance.now()));
    await offer(address);
  });
  await Promise.all(offers);
  // From the planned time: a pipeline's delay of its publisher counts.
  return (await arrivals.of(all)).map((atMs, index) => atMs - dueMs(index)).sort((a, b) => a - b);
}
