import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { wholeNumber } from '@leadstream/testing/options';
import { compileSources } from '../simulation/load.ts';
import { shown, type Payload } from './payload.ts';

const { runs, seed, more } = new Command('test:fuzz')
  .description(
    'Mutated payloads through the doors, triage and the reading of mails, on one core and without a server. ' +
      'Each becomes a clean lead or event, a refusal with a reason, or a quarantine entry, in at most 50 ms of CPU.',
  )
  .option('--runs <n>', 'the number of payloads', wholeNumber(1), 10_000)
  .option('--seed <n>', 'repeats the payloads of that seed', wholeNumber(), randomInt(1_000_000))
  .option('--more <folder>', 'further payloads to begin with: JSON, .eml and multipart files')
  .parse()
  .opts<{ runs: number; seed: number; more?: string }>();

compileSources();
const { fuzz } = await import('./fuzz.ts');
const PROGRESS_EVERY = 1_000;
/** Node's exit code for a promise that nothing settles. */
const UNSETTLED = 13;
let inHand: Payload | undefined;
// A payload that is never answered leaves nothing to wait for.
process.on('exit', (code) => {
  if (code === UNSETTLED && inHand) process.stdout.write(`no answer to\n${shown(inHand)}\n`);
});
const { outcomes, cpuUs, failures } = await fuzz({
  seed,
  runs,
  more,
  onTake: (payload) => {
    inHand = payload;
  },
  onProgress: (done) => {
    if (done % PROGRESS_EVERY === 0) process.stderr.write(`seed ${seed}: ${done} of ${runs}\n`);
  },
});
const show = (text: string) => void process.stdout.write(`${text}\n`);
for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a))
  show(`${String(count).padStart(7)}  ${outcome}`);
const done = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
show(
  `${done} payloads of seed ${seed}: ${failures.length} failed; ` +
    `CPU ${(cpuUs.total / done / 1_000).toFixed(2)} ms each, ` +
    `at most ${(cpuUs.max / 1_000).toFixed(1)} ms (payload ${cpuUs.maxRun})`,
);
for (const { run, says, payload } of failures) show(`\npayload ${run}: ${says}\n${shown(payload)}`);
process.exit(failures.length > 0 ? 1 : 0);
