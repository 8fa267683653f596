import 'reflect-metadata';
import { compileSources } from './load.ts';
import { replaceGlobals } from './time.ts';

/** Runs of each seed until the first that fails, or with `run` the whole trace of that run. */
export interface Workload {
  seeds: number[];
  runs?: number;
  run?: number;
  modelled?: boolean;
  restores?: boolean;
}
export interface Outcome {
  runs: number;
  wrong: { seed: number; run: number; rules: string[] }[];
  trace: string;
}

/**
 * Simulates the workloads of the first argument, as JSON, one after the other and writes a list of their outcomes. In
 * one process, because each one loads the services anew: two seconds of CPU.
 */
compileSources();
replaceGlobals();
const { simulate, replay, formatTrace } = await import('./simulate.ts');
const outcomes: Outcome[] = [];
for (const { seeds, runs = 0, run, ...which } of JSON.parse(process.argv[2] ?? '[]') as Workload[]) {
  const outcome: Outcome = { runs: 0, wrong: [], trace: '' };
  for (const seed of seeds) {
    if (run !== undefined) outcome.trace = formatTrace(await replay(seed, run, { ...which, whole: true }));
    const sum = await simulate(seed, runs, { ...which, enough: 1 });
    outcome.runs += sum.runs;
    outcome.wrong.push(...sum.wrong.map((one) => ({ seed, ...one })));
  }
  outcomes.push(outcome);
}
process.stdout.write(JSON.stringify(outcomes));
