import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { wholeNumber } from '@leadstream/testing/options';
import { race, type Options } from './race.ts';
import { figures, table } from './table.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function run({ json, ...options }: Options & { json?: true }): Promise<void> {
  say(`seed ${options.seed}`);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const result = figures(await race(options, say, interrupted.signal));
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${[...result.violations, table(result)].join('\n')}\n`);
  process.exitCode = result.violations.length === 0 ? 0 : 1;
}

await new Command('races')
  .description(
    'Each lead answers at a random instant around a due step, with calls to the ESP ' +
      'under way; from the log: what was claimed after, what was in flight.',
  )
  .option(
    '--seed <n>',
    'repeats the instants of a run that was seen before',
    wholeNumber(1),
    randomInt(1, 1_000_000_000),
  )
  .option('--leads <n>', 'how many come and answer', wholeNumber(1), 1_000)
  .option('--partitions <n>', 'how many streams the log has', wholeNumber(1), 1)
  .option('--json', 'the figures as JSON')
  .option('--logs <folder>', 'leave the logs of all processes there')
  .showHelpAfterError()
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  });
