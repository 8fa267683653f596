import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { espSchema } from '@leadstream/contracts/events';
import { Command, Option } from 'commander';
import { wholeNumber } from '@leadstream/testing/options';
import { PROCESSES } from '@leadstream/testing/processes';
import { report } from './report.ts';
import { run, type Options } from './run.ts';
import { LONG, LONG_SUITES } from '@leadstream/testing/long';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const SIMULATIONS = [
  ['--model', '--seeds', '20', '--runs', '5000'],
  ['--seeds', '20', '--runs', '500'],
];

/** Simulated runs come first: they fail sooner, and are easier to read. */
function simulate(): void {
  for (const how of SIMULATIONS) {
    say(`simulate ${how.join(' ')}`);
    const { status } = spawnSync('npm', ['run', '-s', 'simulate', '--', ...how], { stdio: 'inherit' });
    if (status !== 0) throw new Error('a simulated run failed; no process was killed');
  }
}

/** Suites of which `npm test` runs a short form. */
function longSuites(): void {
  const env = { ...process.env, [LONG]: '1' };
  const { status } = spawnSync('npm', ['test', '--', ...LONG_SUITES], { stdio: 'inherit', env });
  if (status !== 0) throw new Error('a long suite failed; nothing was killed');
}

async function rehearse({
  simulation,
  suites,
  ...options
}: Options & { simulation: boolean; suites: boolean }): Promise<void> {
  if (suites) longSuites();
  if (simulation) simulate();
  say(`seed ${options.seed}`);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const { ok, summary, unknown, violations } = report(await run(options, say, interrupted.signal));
  process.stdout.write(
    [violations, unknown, summary]
      .filter(Boolean)
      .map((part) => `${part}\n`)
      .join('\n'),
  );
  process.exitCode = ok ? 0 : 1;
}

const program = new Command('faults')
  .description(
    'Leads come in while two processes of every kind, NATS and MongoDB are killed or ' +
      'frozen at random and the ESP fails; then the log and the mails are judged.',
  )
  .option('--seed <n>', 'repeats a schedule that was seen before', wholeNumber(), randomInt(1_000_000_000))
  .option('--leads <n>', 'how many come', wholeNumber(), 500)
  .option('--seconds <n>', 'how long they come and things are killed', wholeNumber(), 120)
  .addOption(
    new Option('--processes <n>', 'the six services in one process, in two (all but the projector; it), or six')
      .choices(Object.keys(PROCESSES))
      .default('six'),
  )
  .option('--partitions <n>', 'how many streams the log has', wholeNumber(1), 1)
  .option(
    '--frozen <seconds>',
    'the longest time that one of them is frozen by SIGSTOP, instead of killed; one strike of four is such; 0: none',
    wholeNumber(),
    15,
  )
  .option(
    '--absent <seconds>',
    'how much later than the services NATS and MongoDB start, one after the other; 0: before them',
    wholeNumber(),
    5,
  )
  .addOption(new Option('--esp <name>', 'the provider').choices(espSchema.options).default('sendgrid'))
  .addOption(
    new Option('--switch <name>', 'a rolling restart changes to this provider in the middle').choices(
      espSchema.options,
    ),
  )
  .option('--operators', 'operators pause, move, restart, tag … the leads, and are killed too', false)
  .option('--no-simulation', 'without 100,000 runs of the model and 10,000 of the services in memory before it')
  .option('--no-suites', 'without the long form of the suites that npm test shortens')
  .option('--logs <folder>', 'leave the logs of all processes there, and the leads’ own as leads.ndjson')
  .showHelpAfterError()
  .action(rehearse);
await program.parseAsync().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
});
// A handle that is left open must not keep the process.
process.exit();
