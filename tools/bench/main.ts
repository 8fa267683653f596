import { availableParallelism, loadavg } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { redisBinary, startBullmq } from './bullmq.ts';
import type { Letter } from './mail-job.ts';
import { measure, type Measured } from './measure.ts';
import { DELAY_SCALE, startPipeline } from './pipeline.ts';
import { table } from './report.ts';

function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new InvalidArgumentError('a whole number above 0 is needed.');
  return Number(value);
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function pipeline({ leads, json, profile }: { leads: number; json: boolean; profile?: string }): Promise<void> {
  const about = { leads, cores: availableParallelism(), load: loadavg()[0] ?? 0 };
  say('pipeline …');
  const { letter, ...ours } = await within(async (started) => {
    const contender = await startPipeline(started, profile);
    return { pipeline: await measure(contender, leads), letter: await contender.letter() };
  });
  const report = { ...about, ...ours, ...await reference(leads, letter) };
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : table(report));
}

async function reference(leads: number, letter: Letter): Promise<{ bullmq?: Measured }> {
  const redis = redisBinary();
  if (!redis) {
    say('no redis-server on PATH (apt-get install redis-server): nothing to compare with');
    return {};
  }
  say('bullmq …');
  return { bullmq: await within(async (started) => measure(await startBullmq(redis, letter, DELAY_SCALE, started), leads)) };
}

/** Stops what `work` started, however it ends; Ctrl-C included. */
async function within<T>(work: (started: AsyncDisposableStack) => Promise<T>): Promise<T> {
  await using started = new AsyncDisposableStack();
  const interrupted = new Promise<never>((_, reject) => process.once('SIGINT', () => reject(new Error('interrupted'))));
  return await Promise.race([work(started), interrupted]);
}

const program = new Command('bench').description('How fast, and at what price, beside something known. Figures of one machine: trust the ratios.').showHelpAfterError();
program.command('pipeline')
  .description('From lead.created in the stream to the mail that the ESP has accepted, beside BullMQ doing one delayed job with the same POST')
  .option('--leads <n>', 'how many, after a warm-up of 300', wholeNumber, 2_000)
  .option('--profile <folder>', 'leave a CPU profile of each service there (it slows them down)')
  .option('--json', 'print one JSON object', false)
  .action(pipeline);
await program.parseAsync().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  // What was interrupted may still wait for mails that nobody sends any more.
  process.exit(1);
});
