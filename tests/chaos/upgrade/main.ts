import { randomInt } from 'node:crypto';
import { wholeNumber } from '@leadstream/testing/options';
import { PROCESSES } from '@leadstream/testing/processes';
import { Command, InvalidArgumentError, Option } from 'commander';
import { report } from '../report.ts';
import { ORDERS } from './rolling.ts';
import { DIRECTIONS, run, type Direction, type Options } from './run.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const isDirection = (text: string): text is Direction => DIRECTIONS.some((one) => one === text);

/** `up,down,up`: each the other way than the one before it. */
function directions(text: string): Direction[] {
  const found = text.split(',').map((one) => one.trim());
  if (!found.every(isDirection) || found.some((one, index) => one === found[index - 1]))
    throw new InvalidArgumentError('must be up and down in turn, as up,down,up');
  return found;
}

async function rehearse(options: Options): Promise<void> {
  say(`seed ${options.seed}`);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const { ok, summary, unknown, violations } = report(await run(options, say, interrupted.signal));
  process.stdout.write(`${[violations, unknown, summary].filter(Boolean).join('\n')}\n`);
  process.exitCode = ok ? 0 : 1;
}

const program = new Command('upgrade')
  .description(
    'Leads come in and the ESP fails while two processes of every kind are replaced, one after the other, ' +
      'by the same of another build; then the log and the mails are judged, and `leadctl verify` of the last build ' +
      'is asked.',
  )
  .requiredOption('--from <revision>', 'the older build: a tag, a branch or a commit; the newer one is this checkout')
  .option('--rolls <list>', 'up: to this checkout, down: to the older one; in turn', directions, ['up'] as Direction[])
  .addOption(new Option('--order <name>', 'of the processes').choices(ORDERS).default('drawn'))
  .option('--job', 'fold the read model anew by the newer build before a roll up; by default the seed draws it')
  .option('--no-job', 'never fold it anew before')
  .option('--seed <n>', 'repeats a schedule that was seen before', wholeNumber(), randomInt(1_000_000_000))
  .option('--leads <n>', 'how many come', wholeNumber(), 200)
  .option('--seconds <n>', 'how long they come', wholeNumber(), 60)
  .addOption(
    new Option('--processes <n>', 'the six services in one process, in two, or six')
      .choices(Object.keys(PROCESSES))
      .default('six'),
  )
  .option('--logs <folder>', 'leave the logs of all processes there')
  .showHelpAfterError()
  .action(rehearse);
await program.parseAsync().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
});
