import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { simulateInLanes } from './workers.ts';
import { compileSources } from './load.ts';
import { hunt } from './mutation.ts';
import { mutants } from './mutants.ts';
import type * as Simulate from './simulate.ts';
import { tableOf } from './table.ts';
import { takeOver } from './time.ts';

interface Options {
  seed: number;
  seeds: number;
  lives: number;
  life?: number;
  whole?: boolean;
  model?: boolean;
  restores?: boolean;
  mutant?: string;
  mutants?: boolean;
  first?: boolean;
  json?: boolean;
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('a whole number is needed.');
  return Number(value);
}

const options = new Command('simulation')
  .description(
    'Lives of a lead through the real services, over streams, a database and a provider in memory that fail in every way; then judged.',
  )
  .option('--seed <n>', 'where chance begins', wholeNumber, randomInt(1_000_000))
  .option('--seeds <n>', 'how many, one after the other', wholeNumber, 1)
  .option('--lives <n>', 'of each seed', wholeNumber, 1_000)
  .option(
    '--life <n>',
    'tells only this one; if it goes wrong, the shortest story that goes wrong in the same way',
    wholeNumber,
  )
  .option('--whole', 'tells a life as it was, not shortened')
  .option('--model', 'a model of the services around their own deciders and fold: some twenty times as many lives')
  .option(
    '--restores',
    'in some lives an older log is put back, with a newer, an older or no read model (docs/adr/0021)',
  )
  .option('--mutant <name>', 'with a guard taken out; tests/simulation/mutants.ts has the names')
  .option('--mutants', 'looks for every mutant until a life goes wrong, and says what found which')
  .option('--first', 'ends with the first life that goes wrong')
  .option('--json', 'figures as JSON, a line a seed')
  .parse()
  .opts<Options>();
const {
  seed: from,
  seeds,
  lives,
  life,
  whole = false,
  model: modelled = false,
  restores = false,
  mutant: name,
  first = false,
  json = false,
} = options;
const show = (text: string) => void process.stdout.write(`${text}\n`);

let simulation: Promise<typeof Simulate> | undefined;
const mutant = mutants.find((each) => each.name === name);
if (name !== undefined && !mutant) throw new Error(`there is no mutant ${name}`);
await (options.mutants ? findMutants() : simulateAll());

async function findMutants(): Promise<void> {
  const left = mutants.filter((one) => name === undefined || one === mutant).values();
  const lane = async () => {
    for (const each of left) {
      const found = await hunt(each, { seed: from, seeds, lives });
      show(
        `${each.name.padEnd(48)}  ${found ? `${found.modelled ? 'model' : 'services'}, seed ${found.seed} life ${found.life}: ${found.rules.join(', ')}; ${found.odd} odd choices, ${found.lines} lines` : each.behind ? `a second lock: ${each.behind}` : 'NOT FOUND'}`,
      );
      if (!found && !each.behind) process.exitCode = 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

async function simulateAll(): Promise<void> {
  const tell = async (seed: number, number: number) => {
    const { retell, story } = await loaded();
    const lived = await retell(seed, number, { whole, modelled, restores });
    const wrong = lived.findings.length > 0;
    if (json)
      show(
        JSON.stringify(
          wrong
            ? {
                seed,
                life: number,
                rules: [...new Set(lived.findings.map(({ rule }) => rule))],
                odd: lived.odd,
                lines: lived.lines.length,
              }
            : null,
        ),
      );
    else
      show(
        `${story(lived)}\n\n  again: npm run -s simulate -- --seed ${seed} --life ${number}${modelled ? ' --model' : ''}${restores ? ' --restores' : ''}${mutant ? ` --mutant '${mutant.name}'` : ''}\n`,
      );
    if (wrong) process.exitCode = 1;
  };
  if (life !== undefined) return tell(from, life);
  const sums: Simulate.Sum[] = [];
  let begunMs = Date.now();
  for await (const sum of first
    ? untilOneIsWrong()
    : simulateInLanes({ from, seeds, lives, mutant: name, modelled, restores })) {
    sums.push(sum);
    if (json && !first) show(JSON.stringify(sum));
    process.stderr.write(
      `seed ${sum.seed}: ${sum.lives} lives, ${sum.wrong.length} wrong, ${sum.cpuMs} ms of CPU in ${Date.now() - begunMs} ms\n`,
    );
    begunMs = Date.now();
  }
  if (!json) show(tableOf(sums));
  const [wrong] = sums.flatMap(({ seed, wrong: [one] }) => (one ? [{ seed, life: one.life }] : []));
  if (wrong) await tell(wrong.seed, wrong.life);
  else if (json && first) show('null');
}

async function* untilOneIsWrong(): AsyncGenerator<Simulate.Sum> {
  const { simulate } = await loaded();
  for (let seed = from; seed < from + seeds; seed++) {
    const sum = await simulate(seed, lives, { enough: 1, modelled, restores });
    yield sum;
    if (sum.wrong.length > 0) return;
  }
}

/** The services as they are simulated, in this thread: from now on its time, chance and ids are theirs. */
async function loaded(): Promise<typeof Simulate> {
  if (!simulation) {
    compileSources(mutant);
    takeOver();
    simulation = import('./simulate.ts');
  }
  return simulation;
}
