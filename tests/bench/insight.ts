import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Processes } from '@leadstream/testing/processes';
import { cpuMs } from './cpu.ts';
import { flood, type Contender } from './load.ts';
import { startPipeline, type Insight } from './pipeline.ts';
import { compare, compared, type Compared } from './rounds.ts';

/** `none`: two sides alike, whose ratio is the error of the others. */
export const PARTS = ['all', 'traces', 'watch', 'none'] as const;
export interface InsightOptions {
  leads: number;
  rounds: number;
  starts: number;
  processes: Processes;
  part: (typeof PARTS)[number];
}

/**
 * V8 goes on optimizing for as long: with 300 the first round of a start was a tenth above the others, and a process
 * with one span a lead pays 90 µs for each of its first thousand and 40 for each of the second.
 */
const WARM_UP = 2_000;
const SCRAPE_EVERY_MS = 15_000;
type Spent = Record<string, number>;

/**
 * What it costs to be seen: traces of every lead to a collector, the watch with its canary's looks, and a scrape of
 * each process. Of the reference nothing is exported, asked or scraped; what a service counts itself it always counts.
 * Both run at once on servers of their own and get their leads by turns, so that they are equally warm and meet the
 * same machine; several starts, because two processes of one program differ by some percent for as long as they run,
 * and each side first in every other one.
 */
export async function benchInsight(options: InsightOptions): Promise<Record<string, Compared>> {
  const { part, starts } = options;
  const rounds: { ours: Spent; reference: Spent }[] = [];
  for (let start = 0; start < starts; start++) rounds.push(...(await oneStart(options, start % 2 === 0)));
  const names = new Set(rounds.flatMap(({ ours }) => Object.keys(ours)));
  const of = (name: string) => (spent: Spent) => spent[name] ?? 0;
  const total = (spent: Spent) => Object.values(spent).reduce((sum, ms) => sum + ms, 0);
  return {
    total: compared(`CPU ms a lead with ${part === 'all' ? 'everything' : part} on, of all processes`, rounds, total),
    ...Object.fromEntries([...names].map((name) => [name, compared(`of ${name}`, rounds, of(name))])),
  };
}

async function oneStart({ leads, rounds, processes, part }: InsightOptions, areOursFirst: boolean) {
  await using started = new AsyncDisposableStack();
  const isOn = (wanted: 'traces' | 'watch') => part === 'all' || part === wanted;
  const insight: Insight = {
    ...(isOn('traces') ? { collector: await startCollector(started) } : {}),
    hasWatch: isOn('watch'),
  };
  const first = await startPipeline(started, processes, areOursFirst ? { insight } : {});
  const second = await startPipeline(started, processes, areOursFirst ? {} : { insight });
  for (const each of [first, second]) await spentOn(each, WARM_UP);
  const [ours, reference] = areOursFirst ? [first, second] : [second, first];
  if (isOn('watch')) scrape(ours.urls, started);
  return await compare(
    rounds,
    () => spentOn(ours, leads),
    () => spentOn(reference, leads),
  );
}

/** CPU milliseconds a lead, by process. */
async function spentOn(contender: Contender, leads: number): Promise<Spent> {
  const before = Object.entries(contender.pids).map(([name, pid]) => [name, pid, cpuMs(pid)] as const);
  await flood(contender, leads);
  await contender.settled();
  return Object.fromEntries(before.map(([name, pid, ms]) => [name, (cpuMs(pid) - ms) / leads]));
}

/** Takes whatever OTLP sends; its work is not ours. */
async function startCollector(started: AsyncDisposableStack): Promise<string> {
  const server = createServer((request, response) => void request.resume().on('end', () => response.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  started.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Scrapes each process as Prometheus does. */
function scrape(urls: readonly string[], started: AsyncDisposableStack): void {
  const over = new AbortController();
  const scraping = (async () => {
    while (!over.signal.aborted) {
      await Promise.all(
        urls.map((url) =>
          fetch(`${url}/metrics`, { headers: { accept: 'application/openmetrics-text' } })
            .then((response) => response.text())
            .catch(() => undefined),
        ),
      );
      await delay(SCRAPE_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  started.defer(() => {
    over.abort();
    return scraping;
  });
}
