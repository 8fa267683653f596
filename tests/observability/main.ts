import { Command } from 'commander';
import { wholeNumber } from '@leadstream/testing/options';
import { prometheusBinaries } from '../../tools/observability/prometheus-binary.ts';
import { checkRules } from '../../tools/observability/promtool.ts';
import { FAULTS } from './faults.ts';
import { judge } from './judge.ts';
import { people } from './load.ts';
import { askPanels } from './panels.ts';
import { startPrometheus } from './prometheus.ts';
import { scrapes } from './scrapes.ts';
import { startSystem, type System } from './system.ts';

interface Options {
  faults?: string;
  panels: boolean;
  scrapeMs: number;
  minute: number;
  logs?: string;
}

const LEADS_PER_SECOND = 2;
const SLOWER_MAX = 2;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const list = (names: string[]): string => names.join(', ') || '–';

async function prove({ faults = '', panels, scrapeMs, minute: secondsPerMinute, logs }: Options): Promise<void> {
  const { prometheus: binary, promtool } = await prometheusBinaries(say);
  await checkRules(promtool);
  say('promtool: every rule fires and is silent where its cases say so');
  await using started = new AsyncDisposableStack();
  say('building and starting …');
  const system = await startSystem(logs, started);
  const stopping = new AbortController();
  const working = people(system, LEADS_PER_SECOND, stopping.signal);
  started.defer(() => {
    stopping.abort();
    return working;
  });
  const failed = [
    ...(panels ? await provePanels(system, { binary, secondsPerMinute }) : []),
    ...(await proveFaults(system, new RegExp(faults), { binary, secondsPerMinute })),
    ...(await proveScrapes(system, scrapeMs)),
  ];
  for (const each of failed) say(`FAILED ${each}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

interface Proof {
  binary: string;
  secondsPerMinute: number;
}

async function provePanels(system: System, proof: Proof): Promise<string[]> {
  await using prometheus = await startPrometheus({ ...proof, targets: Object.values(system.targets) });
  const answers = await askPanels(system, prometheus);
  const empty = answers.filter(({ series }) => series === 0);
  say(`panels: ${answers.length - empty.length} of ${answers.length} queries return data`);
  return empty.map(({ dashboard, panel, legend, expr }) => `${dashboard}, ${panel}, ${legend}: no data of ${expr}`);
}

/** A process tells what it counts itself, so that a scrape waits for neither server. */
async function proveScrapes(system: System, limitMs: number): Promise<string[]> {
  const ms = (value: number): string => value.toFixed(1);
  say('| scrape of | ms | NATS and MongoDB frozen | noticed |\n|---|---|---|---|');
  const failed: string[] = [];
  for (const { name, before, frozen, noticed } of await scrapes(system)) {
    say(`| ${name} | ${ms(before)} | ${ms(frozen)} | ${ms(noticed)} |`);
    // On a busy machine each scrape takes longer; one that waits for a server takes seconds.
    const most = Math.max(limitMs, SLOWER_MAX * before);
    if (Math.max(frozen, noticed) > most) failed.push(`a scrape of ${name} takes more than ${ms(most)} ms`);
  }
  return failed;
}

async function proveFaults(system: System, only: RegExp, proof: Proof): Promise<string[]> {
  const failed: string[] = [];
  say('| fault | fired |\n|---|---|');
  for (const [name, fault] of Object.entries(FAULTS).filter(([each]) => only.test(each))) {
    const { fired, missing, wrong, lasting } = await judge(fault, system, proof);
    say(`| ${name} | ${list(fired)} |`);
    for (const [what, names] of Object.entries({ missing, wrong, lasting }))
      if (names.length > 0) failed.push(`${name}: ${what}: ${list(names)}`);
  }
  return failed;
}

await new Command('observability')
  .description(
    'Runs every rule by promtool, every query of the dashboards and each fault of the table against a Prometheus ' +
      'beside the running services: exactly the alerts that name the fault fire. Then each process is scraped while ' +
      'NATS and MongoDB are frozen.',
  )
  .option('--faults <pattern>', 'only the faults whose names it matches, a regular expression')
  .option('--no-panels', 'without the dashboards')
  .option(
    '--scrape-ms <n>',
    'the most that a scrape may take while both are frozen, or twice of before',
    wholeNumber(1),
    100,
  )
  .option('--minute <seconds>', 'the length of a minute of the rules', wholeNumber(2), 6)
  .option('--logs <folder>', 'leave the logs of all processes there')
  .showHelpAfterError()
  .action(prove)
  .parseAsync()
  .catch((error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  });
