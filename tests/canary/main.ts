import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { CANARY_KINDS } from '@leadstream/service/canary/rounds';
import { eventually } from '@leadstream/testing/eventually';
import { wholeNumber } from '@leadstream/testing/options';
import { chance } from '../chaos/chance.ts';
import { overview } from '../../tools/observability/dashboards/overview.ts';
import { seriesIn } from '../../tools/observability/names.ts';
import { startSystem, type ServiceName, type System } from '../observability/system.ts';
import { FAULTS, type Planted } from './faults.ts';
import { shownBy, type Shown } from './seen.ts';

interface Options {
  hours: number;
  hour: number;
  kills: boolean;
  seed: number;
  faults?: string;
  logs?: string;
}

const LOOK_MS = 500;
const HOUR_SECONDS = 3_600;
const KEY = 'the key of the canary and of nobody else';
/** The first fault comes when the canary has passed. */
const FIRST_HOURS = 4;
/** Two rounds of a kind, and the time in which the second one is judged. */
const FOUND_HOURS = 2.75;
/** The rounds that began under a fault are over. */
const AFTER_HOURS = 3;
const KILLED = [
  'ingest',
  'inbound',
  'triage',
  'scheduler',
  'sender',
  'projector',
  'watch',
] as const satisfies ServiceName[];

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Processes start again in seconds, whatever the scale. */
const patienceOf = ({ hour }: Options): number => hour / 2;
/** Longest restart, as a share of the patience, after which no alarm may come: the rest is of the stage itself. */
const RESTART_SHARE = 0.5;
/** With a larger share of the restarts too long, the run proves nothing. */
const LONG_SHARE = 0.1;

/** Hours of the canary, which are seconds here. */
const settingsOf =
  (options: Options) =>
  ({ ingest, sandbox }: { ingest: string; sandbox: string }): Record<string, string> => ({
    DELAY_SCALE: String(options.hour / HOUR_SECONDS),
    INGEST_API_KEYS: KEY,
    LEADS_PER_DOMAIN: '0',
    CANARY_MAILBOX: 'sandbox',
    CANARY_DOMAIN: 'canary.test',
    CANARY_INGEST_URL: ingest,
    CANARY_SANDBOX_URL: sandbox,
    CANARY_API_KEY: KEY,
    CANARY_EVERY: `PT${options.hour}S`,
    CANARY_PATIENCE: `PT${patienceOf(options)}S`,
  });

interface Report {
  failed: string[];
  /** The most failures of one kind in a row outside of a fault: two are an alarm. */
  worst: number;
  /** In hours; `to` once the process was ready. */
  restarts: { from: number; to?: number }[];
}

/** Restarts that took too long for the scale: an alarm while two rounds may have met one is right. */
function outages({ restarts }: Report, hours: number, options: Options): { from: number; to: number }[] {
  const longest = (patienceOf(options) / options.hour) * RESTART_SHARE;
  return restarts.map(({ from, to = hours }) => ({ from, to })).filter(({ from, to }) => to - from > longest);
}
const isExplained = (report: Report, hours: number, options: Options): boolean =>
  outages(report, hours, options).some(({ to }) => hours < to + FOUND_HOURS);

const rowOf = (shown: Shown | undefined): number =>
  Math.max(0, ...CANARY_KINDS.map((kind) => shown?.failures[kind]?.count ?? 0));

class Clock {
  readonly #startMs = performance.now();
  readonly #hourMs: number;
  constructor(hourSeconds: number) {
    this.#hourMs = hourSeconds * 1_000;
  }
  get hours(): number {
    return (performance.now() - this.#startMs) / this.#hourMs;
  }
}

/** Watches until `end`, in hours; no two failures in a row. */
async function calm(system: System, clock: Clock, end: number, report: Report, options: Options): Promise<void> {
  for (; clock.hours < end; await delay(LOOK_MS)) {
    const row = rowOf(await shownBy(system.watch));
    if (isExplained(report, clock.hours, options)) continue;
    if (row > report.worst) say(`${clock.hours.toFixed(1)} h: ${row} failure(s) in a row without a planted fault`);
    report.worst = Math.max(report.worst, row);
  }
}

/** Plants one fault, waits until its stage is named, and mends it. */
async function planted(system: System, clock: Clock, fault: Planted, report: Report): Promise<void> {
  const { name, stages } = fault;
  const from = clock.hours;
  await fault.plant(system);
  let named = '';
  while (named === '' && clock.hours - from < FOUND_HOURS) {
    await delay(LOOK_MS);
    const shown = await shownBy(system.watch);
    for (const kind of CANARY_KINDS) {
      const its = shown?.failures[kind];
      if (its && its.count > 0 && stages.some((stage) => stage === its.stage)) named = `${kind}, ${its.stage}`;
    }
  }
  const took = clock.hours - from;
  say(`| ${name} | ${named || '–'} | ${took.toFixed(1)} h |`);
  if (named === '') report.failed.push(`${name}: not named within ${FOUND_HOURS} hours`);
  await fault.mend(system);
  // The rounds under the fault stay in the row until one passes.
  const passed = async (): Promise<boolean> => {
    const shown = await shownBy(system.watch);
    return shown !== undefined && rowOf(shown) === 0;
  };
  const mended = clock.hours;
  while (clock.hours - mended < AFTER_HOURS && !(await passed())) await delay(LOOK_MS);
  if (!(await passed())) report.failed.push(`${name}: it still fails ${AFTER_HOURS} hours after it was mended`);
}

/**
 * One process is killed in each hour, and started again at once. A second of a restart is three minutes of an hour that
 * takes 20 s: one of 14 s, on a busy machine, is 42 minutes without that service, and two failures in a row are right.
 */
async function kill(
  { parts, ready }: System,
  clock: Clock,
  report: Report,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const { hour, seed } = options;
  const { pick } = chance(seed, 'canary kills');
  while (!signal.aborted) {
    await delay(hour * 1_000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const name = pick(KILLED.map((one) => [one, 1] as const));
    const restart: Report['restarts'][number] = { from: clock.hours };
    report.restarts.push(restart);
    await parts[name].kill();
    await parts[name].revive();
    await ready(name).catch(() => undefined);
    restart.to = clock.hours;
    if (outages({ ...report, restarts: [restart] }, clock.hours, options).length === 0) continue;
    const seconds = ((restart.to - restart.from) * hour).toFixed(1);
    say(`${clock.hours.toFixed(1)} h: ${name} took ${seconds} s to restart; an alarm would be right`);
  }
}

async function prove(options: Options): Promise<void> {
  await using started = new AsyncDisposableStack();
  say(`seed ${options.seed}; building and starting …`);
  const system = await startSystem(options.logs, started, settingsOf(options));
  await eventually(async () => {
    const shown = await shownBy(system.watch);
    return shown !== undefined && CANARY_KINDS.every((kind) => shown.failures[kind]);
  });
  const clock = new Clock(options.hour);
  const report: Report = { failed: [], worst: 0, restarts: [] };
  const faults = FAULTS.filter(({ name }) => new RegExp(options.faults ?? '').test(name));
  await quiet(system, clock, FIRST_HOURS, report, options);
  report.failed.push(...(await emptyPanels(system)));
  say('| fault | named | after |\n|---|---|---|');
  const share = Math.max(0, options.hours - FIRST_HOURS - faults.length * (FOUND_HOURS + AFTER_HOURS));
  for (const fault of faults) {
    await planted(system, clock, fault, report);
    await quiet(system, clock, clock.hours + share / Math.max(1, faults.length), report, options);
  }
  await quiet(system, clock, options.hours, report, options);
  if (report.worst > 1) report.failed.push(`false alarm: ${report.worst} failures in a row`);
  const long = outages(report, clock.hours, options).length;
  if (long > report.restarts.length * LONG_SHARE)
    report.failed.push(`not proven: ${long} of ${report.restarts.length} restarts took too long; try a longer --hour`);
  say(
    `${clock.hours.toFixed(0)} hours, ${faults.length} faults; at most ${report.worst} failure(s) in a row without one`,
  );
  for (const each of report.failed) say(`FAILED ${each}`);
  process.exitCode = report.failed.length === 0 ? 0 : 1;
}

/** Queries of the canary's panels whose series no scrape has. */
async function emptyPanels({ watch }: System): Promise<string[]> {
  const shown = await (await fetch(`${watch}/metrics`)).text();
  const panels = overview.rows.filter(({ needs }) => needs === 'canary').flatMap((row) => row.panels);
  const names = panels.flatMap(({ queries }) => queries.flatMap(({ expr }) => seriesIn(expr).map(({ name }) => name)));
  return names.filter((name) => !shown.includes(`\n${name}{`)).map((name) => `no data of ${name}`);
}

/** Time without a planted fault, with kills if they are asked for. */
async function quiet(system: System, clock: Clock, end: number, report: Report, options: Options): Promise<void> {
  const stopping = new AbortController();
  const killing = options.kills ? kill(system, clock, report, options, stopping.signal) : Promise.resolve();
  await calm(system, clock, end, report, options);
  stopping.abort();
  await killing;
}

await new Command('canary')
  .description(
    'Runs the canary on all services for hours that are seconds, breaks one part after the other, and asks that its ' +
      'stage is named within two rounds; in between no two rounds may fail in a row.',
  )
  .option('--hours <n>', 'how many; more are added if the faults need them', wholeNumber(), 0)
  .option('--hour <seconds>', 'the length of an hour', wholeNumber(10), 20)
  .option('--kills', 'between the faults one process is killed in each hour, and started again', false)
  .option('--faults <pattern>', 'only the faults whose names it matches, a regular expression')
  .option('--seed <n>', 'repeats the kills', wholeNumber(), randomInt(1_000_000_000))
  .option('--logs <folder>', 'leave the logs of all processes there')
  .showHelpAfterError()
  .action(prove)
  .parseAsync()
  .catch((error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  });
process.exit();
