import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { wholeNumber } from '@leadstream/testing/options';
import { simulateInWorkers } from './workers.ts';
import { compileSources } from './load.ts';
import { hunt, type Found, type FoundBySpec } from './mutation.ts';
import { mutants } from './mutants.ts';
import type * as Simulate from './simulate.ts';
import { tableOf } from './table.ts';
import { replaceGlobals } from './time.ts';

interface Options {
  seed: number;
  seeds: number;
  runs: number;
  run?: number;
  whole?: boolean;
  model?: boolean;
  restores?: boolean;
  mutant?: string;
  mutants?: boolean;
  first?: boolean;
  json?: boolean;
}

const options = new Command('simulation')
  .description(
    'Runs of one lead through the real services, over streams, a database and a ' +
      'provider in memory that fail in every way. Each run is judged.',
  )
  .option('--seed <n>', 'the first seed', wholeNumber(), randomInt(1_000_000))
  .option('--seeds <n>', 'the number of seeds, one after the other', wholeNumber(), 1)
  .option('--runs <n>', 'the number of runs of each seed', wholeNumber(), 1_000)
  .option(
    '--run <n>',
    'prints the trace of this run alone; of a failing run, the shortest that fails by the same rule',
    wholeNumber(),
  )
  .option('--whole', 'prints the trace of a run unshortened')
  .option('--model', 'a model of the services around their own deciders and fold: some twenty times as many runs')
  .option(
    '--restores',
    'in some runs an older log is restored, with a newer, an older or no read model (docs/adr/0021)',
  )
  .option('--mutant <name>', 'without one guard; tests/simulation/mutants.ts lists the names')
  .option('--mutants', 'simulates each mutant until a run fails, and prints which rule found it')
  .option('--first', 'stops at the first run that fails')
  .option('--json', 'figures as JSON, a line a seed')
  .parse()
  .opts<Options>();
const {
  seed: from,
  seeds,
  runs,
  run,
  whole = false,
  model: modelled = false,
  restores = false,
  mutant: name,
  first = false,
  json = false,
} = options;
const show = (text: string) => void process.stdout.write(`${text}\n`);

/** The real clock, also once the simulated one has replaced `performance.now`. */
const elapsedMs = performance.now.bind(performance);
let simulation: Promise<typeof Simulate> | undefined;
const mutant = mutants.find((each) => each.name === name);
if (name !== undefined && !mutant) throw new Error(`there is no mutant ${name}`);
await (options.mutants ? findMutants() : simulateAll());

function discovery(found: Found | FoundBySpec): string {
  if ('test' in found) return `spec: ${found.test}`;
  const { modelled, seed, run: number, rules, nonDefault, lines } = found;
  return (
    `${modelled ? 'model' : 'services'}, seed ${seed} run ${number}: ${rules.join(', ')}; ` +
    `${nonDefault} choices other than the default, ${lines} lines`
  );
}

async function findMutants(): Promise<void> {
  const left = mutants.filter((one) => name === undefined || one === mutant).values();
  const worker = async () => {
    for (const each of left) {
      const found = await hunt(each, { seed: from, seeds, runs });
      const missed = each.behind ? `not needed: ${each.behind}` : 'NOT FOUND';
      show(`${each.name.padEnd(48)}  ${found ? discovery(found) : missed}`);
      if (!found && !each.behind) process.exitCode = 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

async function simulateAll(): Promise<void> {
  const report = async (seed: number, number: number) => {
    const { replay, formatTrace } = await loaded();
    const result = await replay(seed, number, { whole, modelled, restores });
    const wrong = result.findings.length > 0;
    if (json)
      show(
        JSON.stringify(
          wrong
            ? {
                seed,
                run: number,
                rules: [...new Set(result.findings.map(({ rule }) => rule))],
                nonDefault: result.nonDefault,
                lines: result.lines.length,
              }
            : null,
        ),
      );
    else
      show(
        `${formatTrace(result)}\n\n  replay: npm run -s simulate -- --seed ${seed} --run ` +
          `${number}${modelled ? ' --model' : ''}${restores ? ' --restores' : ''}` +
          `${mutant ? ` --mutant '${mutant.name}'` : ''}\n`,
      );
    if (wrong) process.exitCode = 1;
  };
  if (run !== undefined) return report(from, run);
  const sums: Simulate.Sum[] = [];
  let begunMs = elapsedMs();
  for await (const sum of first
    ? untilFirstFailure()
    : simulateInWorkers({ from, seeds, runs, mutant: name, modelled, restores })) {
    sums.push(sum);
    if (json && !first) show(JSON.stringify(sum));
    process.stderr.write(
      `seed ${sum.seed}: ${sum.runs} runs, ${sum.wrong.length} wrong, ` +
        `${sum.cpuMs} ms of CPU in ${Math.round(elapsedMs() - begunMs)} ms\n`,
    );
    begunMs = elapsedMs();
  }
  if (!json) show(tableOf(sums));
  const [wrong] = sums.flatMap(({ seed, wrong: [one] }) => (one ? [{ seed, run: one.run }] : []));
  if (wrong) await report(wrong.seed, wrong.run);
  else if (json && first) show('null');
}

async function* untilFirstFailure(): AsyncGenerator<Simulate.Sum> {
  const { simulate } = await loaded();
  for (let seed = from; seed < from + seeds; seed++) {
    const sum = await simulate(seed, runs, { enough: 1, modelled, restores });
    yield sum;
    if (sum.wrong.length > 0) return;
  }
}

/** Loads the services in this thread, which from then on has simulated time, chance and ids. */
async function loaded(): Promise<typeof Simulate> {
  if (!simulation) {
    compileSources(mutant);
    replaceGlobals();
    simulation = import('./simulate.ts');
  }
  return simulation;
}
