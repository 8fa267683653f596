import 'reflect-metadata';
import { parentPort, workerData } from 'node:worker_threads';
import type { Share } from './workers.ts';
import { compileSources } from './load.ts';
import { mutants } from './mutants.ts';
import { takeOver } from './time.ts';

/** A thread with time, chance and ids of its own: its share of each seed's lives. */
const { from, seeds, lives, mutant, ...which } = workerData as Share;
compileSources(mutants.find(({ name }) => name === mutant));
takeOver();
const { simulate } = await import('./simulate.ts');
for (let seed = from; seed < from + seeds; seed++) parentPort?.postMessage(await simulate(seed, lives, which));
