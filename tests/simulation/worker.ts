import 'reflect-metadata';
import { parentPort, workerData } from 'node:worker_threads';
import type { Share } from './workers.ts';
import { compileSources } from './load.ts';
import { mutants } from './mutants.ts';
import { replaceGlobals } from './time.ts';

/** A thread with its own time, chance and ids: it simulates its share of each seed's runs. */
const { from, seeds, runs, mutant, ...which } = workerData as Share;
compileSources(mutants.find(({ name }) => name === mutant));
replaceGlobals();
const { simulate } = await import('./simulate.ts');
for (let seed = from; seed < from + seeds; seed++) parentPort?.postMessage(await simulate(seed, runs, which));
