import { setTimeout as delay } from 'node:timers/promises';
import type { Processes } from '@leadstream/testing/processes';
import { startCollector, type Collector } from './collector.ts';
import { cpuMs } from './cpu.ts';
import { flood } from './load.ts';
import { startPipeline } from './pipeline.ts';
import { compare, mean, type Mean } from './rounds.ts';

/** `none`: nothing is switched, and what it finds is the bench's error. */
export const PARTS = ['traces', 'scrapes', 'watch', 'none'] as const;
export type Part = (typeof PARTS)[number];

export interface InsightOptions {
  /** Of a block. */
  leads: number;
  pairs: number;
  processes: Processes;
  part?: Part;
}

/**
 * V8 goes on optimizing for as long: a process pays 90 µs for each of its first thousand spans, and 40 for the second.
 */
const WARM_UP = 4_000;
/** From a block's last event until its spans are at the collector. */
const EXPORT_MS = 500;
/** By the clock in a deployment, and more often here, so that it shows in a block. */
export const SCRAPE_MS = { deployed: 15_000, here: 250 };
export const WATCH_MS = { deployed: 10_000, here: 1_000 };

/** Blocks with one part of what looks at the services, beside blocks of the same processes without it. */
export interface Found {
  /** CPU ms of a lead without the part, of all processes but the watch. */
  leadMs: number;
  /** CPU ms of the watch in a second. */
  watchMs: number;
  /** CPU ms that one unit adds: a lead, a scrape of each process, a round of the watch's questions. */
  added: Mean;
  /** Of that our processes, and those of NATS and MongoDB: only the watch asks these more than without a part. */
  services: Mean;
  servers: Mean;
  by: Record<string, Mean>;
  /** The CPU that is added in each pair. */
  all: number[];
  /** That the collector got in a block with the part, and in one without. */
  spans: [number, number];
  requests: [number, number];
}

type System = Awaited<ReturnType<typeof startPipeline>>;
interface Block {
  spent: Record<string, number>;
  seconds: number;
  /** What the added CPU is divided by. */
  units: number;
  spans: number;
  requests: number;
}

/** A part that can be turned off and on. It is on at the start; `off` returns a block's units, by default its leads. */
interface Switch {
  on(): void;
  off(): Promise<number | undefined>;
}

const SWITCHES: Record<Part, (system: System) => Switch> = {
  none: () => ({ on: () => undefined, off: () => Promise.resolve(undefined) }),
  traces: (system) => {
    const turn = () => nodes(system).forEach((pid) => process.kill(pid, 'SIGUSR2'));
    return { on: turn, off: () => Promise.resolve(void turn()) };
  },
  scrapes: ({ urls }) => {
    let scraping = scrapesOf(urls);
    return { on: () => void (scraping = scrapesOf(urls)), off: () => scraping() };
  },
  watch: ({ pids: { watch = 0 } }) => {
    let sinceMs = 0;
    const on = () => {
      sinceMs = performance.now();
      process.kill(watch, 'SIGCONT');
    };
    const off = () => {
      process.kill(watch, 'SIGSTOP');
      return Promise.resolve((performance.now() - sinceMs) / WATCH_MS.here);
    };
    return { on, off };
  },
};

const SERVERS = new Set(['nats-server', 'mongod']);
const nodes = ({ pids }: System): number[] =>
  Object.entries(pids).flatMap(([name, pid]) => (SERVERS.has(name) ? [] : [pid]));

/** Scrapes each process again and again, as Prometheus does; the result ends it, and returns how often. */
function scrapesOf(urls: readonly string[]): () => Promise<number> {
  const over = new AbortController();
  const headers = { accept: 'application/openmetrics-text' };
  const scraping = (async () => {
    for (let count = 0; ; count++) {
      if (over.signal.aborted) return count;
      await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`, { headers })).text()));
      await delay(SCRAPE_MS.here, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return () => {
    over.abort();
    return scraping;
  };
}

/**
 * What it costs to be seen. A part is turned on and off in one system that runs, block by block: two starts of one
 * program differ by some percent of CPU for as long as they run, which is more than the parts cost. Each is first in
 * every other pair.
 */
export async function benchInsight(
  { part, ...options }: InsightOptions,
  say: (text: string) => void,
): Promise<Partial<Record<Part, Found>>> {
  const parts = part ? [part] : PARTS.filter((one) => one !== 'none');
  const found: Partial<Record<Part, Found>> = {};
  for (const one of parts) {
    say(`${one} …`);
    found[one] = await measured(one, options);
  }
  return found;
}

async function measured(part: Part, { leads, pairs, processes }: Omit<InsightOptions, 'part'>): Promise<Found> {
  await using started = new AsyncDisposableStack();
  const collector = await startCollector(started);
  const watchEveryMs = part === 'watch' ? WATCH_MS.here : WATCH_MS.deployed;
  const insight = { collector: collector.url, watchEveryMs };
  const system = await startPipeline(started, processes, { insight, byHttp: 'whole' });
  const it = SWITCHES[part](system);
  await flood(system, WARM_UP / 2);
  await system.settled();
  await it.off();
  const block = (isOn: boolean, count = leads) => blockOf(system, collector, isOn ? it : undefined, count);
  await block(false, WARM_UP / 2);
  const blocks = await compare(
    pairs,
    () => block(true),
    () => block(false),
  );
  const isMixed = part === 'traces' && blocks.some(({ ours, reference }) => ours.spans === 0 || reference.spans > 0);
  if (isMixed) throw new Error('a block without traces has spans, or one with them has none');
  return found(blocks, leads);
}

/** Leads with `it` turned on, or without. */
async function blockOf(system: System, collector: Collector, it: Switch | undefined, leads: number): Promise<Block> {
  const { spans, requests } = collector;
  const startedMs = performance.now();
  const before = Object.entries(system.pids).map(([name, pid]) => [name, pid, cpuMs(pid)] as const);
  it?.on();
  await flood(system, leads);
  await system.settled();
  const units = await it?.off();
  await delay(EXPORT_MS);
  return {
    spent: Object.fromEntries(before.map(([name, pid, ms]) => [name, cpuMs(pid) - ms])),
    seconds: (performance.now() - startedMs) / 1_000,
    units: units ?? leads,
    spans: collector.spans - spans,
    requests: collector.requests - requests,
  };
}

function found(blocks: readonly { ours: Block; reference: Block }[], leads: number): Found {
  const names = Object.keys(blocks[0]?.ours.spent ?? {});
  const pairs = (of: (spent: Block['spent']) => number) =>
    blocks.map(({ ours, reference }) => (of(ours.spent) - of(reference.spent)) / ours.units);
  const total = (spent: Block['spent']) => Object.values(spent).reduce((sum, ms) => sum + ms, 0);
  const servers = (spent: Block['spent']) => [...SERVERS].reduce((sum, name) => sum + (spent[name] ?? 0), 0);
  const watch = ({ watch: ms = 0 }: Block['spent']) => ms;
  const off = blocks.map(({ reference }) => reference);
  const both = (of: (block: Block) => number): [number, number] => [
    mean(blocks.map(({ ours }) => of(ours))).value,
    mean(off.map(of)).value,
  ];
  return {
    leadMs: mean(off.map(({ spent }) => (total(spent) - watch(spent)) / leads)).value,
    watchMs: mean(off.map(({ spent, seconds }) => watch(spent) / seconds)).value,
    added: mean(pairs(total)),
    services: mean(pairs((spent) => total(spent) - servers(spent))),
    servers: mean(pairs(servers)),
    by: Object.fromEntries(names.map((name) => [name, mean(pairs((spent) => spent[name] ?? 0))])),
    all: pairs(total),
    spans: both(({ spans }) => spans / leads),
    requests: both(({ requests }) => requests / leads),
  };
}
