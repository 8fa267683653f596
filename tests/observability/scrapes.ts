import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName, System } from './system.ts';

const SCRAPES = 15;
/** Clients have noticed the silence of a frozen server: NATS after 20 s, MongoDB after 10 s. */
const NOTICED_MS = 25_000;
/** A scrape that waits for a server would end with this, and not with the proof. */
const ENDLESS_MS = 10_000;

export interface Scraped {
  name: ServiceName;
  /** Medians in ms: while both servers answer, right after they were frozen, and once their clients have noticed. */
  before: number;
  frozen: number;
  noticed: number;
}

/** Scrapes each process while NATS and MongoDB answer, and while both are frozen. */
export async function scrapes({ targets: byName, parts: { nats, mongodb } }: System): Promise<Scraped[]> {
  const targets = Object.values(byName);
  const before = await medians(targets);
  nats.freeze();
  mongodb.freeze();
  try {
    const frozen = await medians(targets);
    await delay(NOTICED_MS);
    const noticed = await medians(targets);
    return (Object.keys(byName) as ServiceName[]).map((name, index) => ({
      name,
      before: before[index] ?? NaN,
      frozen: frozen[index] ?? NaN,
      noticed: noticed[index] ?? NaN,
    }));
  } finally {
    nats.thaw();
    mongodb.thaw();
  }
}

/** One process after the other: a scrape waits for no other one. */
async function medians(targets: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  for (const target of targets) {
    const times: number[] = [];
    for (let count = 0; count < SCRAPES; count++) times.push(await scrapeMs(target));
    found.push(times.toSorted((a, b) => a - b)[Math.floor(SCRAPES / 2)] ?? NaN);
  }
  return found;
}

async function scrapeMs(target: string): Promise<number> {
  const startMs = performance.now();
  const response = await fetch(`http://${target}/metrics`, { signal: AbortSignal.timeout(ENDLESS_MS) });
  if (!response.ok) throw new Error(`${target}: ${response.status} to a scrape`);
  await response.text();
  return performance.now() - startMs;
}
