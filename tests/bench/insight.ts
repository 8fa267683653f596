import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Processes } from '@leadstream/testing/processes';
import { cpuMs } from './cpu.ts';
import { flood } from './load.ts';
import { startPipeline, type Insight } from './pipeline.ts';
import { compare, compared, type Compared } from './rounds.ts';

export const PARTS = ['all', 'traces', 'watch'] as const;
export interface InsightOptions {
  leads: number;
  rounds: number;
  processes: Processes;
  part: (typeof PARTS)[number];
}

const WARM_UP = 300;
const SCRAPE_EVERY_MS = 15_000;

/**
 * What it costs to be seen: traces of every lead to a collector, the watch with its canary's looks, and a scrape of each
 * process. Of the reference nothing is exported, asked or scraped; what a service counts itself it always counts.
 */
export async function benchInsight(options: InsightOptions): Promise<Record<string, Compared>> {
  const { part } = options;
  const isOn = (wanted: 'traces' | 'watch') => part === 'all' || part === wanted;
  const rounds = await compare(
    options.rounds,
    () => once(options, isOn('traces'), isOn('watch')),
    () => once(options, false, false),
  );
  const names = new Set(rounds.flatMap(({ ours }) => Object.keys(ours)));
  const of = (name: string) => (spent: Record<string, number>) => spent[name] ?? 0;
  const total = (spent: Record<string, number>) => Object.values(spent).reduce((sum, ms) => sum + ms, 0);
  return {
    total: compared(`CPU ms a lead with ${part === 'all' ? 'everything' : part} on, of all processes`, rounds, total),
    ...Object.fromEntries([...names].map((name) => [name, compared(`of ${name}`, rounds, of(name))])),
  };
}

/** CPU milliseconds a lead, by process. */
async function once(
  { leads, processes }: InsightOptions,
  hasTraces: boolean,
  hasWatch: boolean,
): Promise<Record<string, number>> {
  await using started = new AsyncDisposableStack();
  const insight: Insight = {
    ...(hasTraces ? { collector: await startCollector(started) } : {}),
    hasWatch,
  };
  const contender = await startPipeline(started, processes, { insight });
  const { pids, settled, urls } = contender;
  if (hasWatch) scrape(urls, started);
  await flood(contender, WARM_UP);
  await settled();
  const before = Object.entries(pids).map(([name, pid]) => [name, pid, cpuMs(pid)] as const);
  await flood(contender, leads);
  await settled();
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
