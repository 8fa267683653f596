import { on } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Sum } from './simulate.ts';
import { added } from './table.ts';

export interface Workload {
  from: number;
  seeds: number;
  runs: number;
  mutant: string | undefined;
  modelled: boolean;
  restores: boolean;
}
/** Every `workers`th run, beginning with number `worker`. */
export interface Share extends Workload {
  worker: number;
  workers: number;
}

/** With fewer runs than this, loading the services once more takes longer than simulating them, or their model. */
const [RUNS_PER_WORKER, MODELLED_RUNS_PER_WORKER] = [200, 2_000];

/** A run's objects are garbage when it ends: with room for many runs most of them are never copied. */
const YOUNG_MB = 256;

/** Yields each seed's sum, one after the other: runs share no state, so every core simulates a part of them. */
export async function* simulateInWorkers(all: Workload): AsyncGenerator<Sum> {
  const runsPerWorker = all.modelled ? MODELLED_RUNS_PER_WORKER : RUNS_PER_WORKER;
  const workers = Math.min(availableParallelism(), Math.ceil((all.seeds * all.runs) / runsPerWorker));
  const sums = Array.from({ length: workers }, (_, worker) => {
    const share: Share = { ...all, worker, workers };
    return on(
      new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: share,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      }),
      'message',
    ) as AsyncIterator<[Sum], undefined>;
  });
  for (let seed = all.from; seed < all.from + all.seeds; seed++) {
    const parts = await Promise.all(sums.map((sum) => sum.next()));
    const sum = added(parts.flatMap(({ value }) => value ?? []));
    yield { ...sum, seed, wrong: sum.wrong.sort((a, b) => a.run - b.run) };
  }
}
