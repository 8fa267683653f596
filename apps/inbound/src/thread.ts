import { Worker } from 'node:worker_threads';

/** A few times what a mail of 1 MiB needs. */
const HEAP_MAX = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16 };

/** One at a time: what strangers send may take this much memory and one core, not this much for each of them. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * What a worker answers to one message, in a thread of its own which can be ended: parsers of mail never yield, and some
 * inputs cost them the square of their length. `name` is a file beside this one. Rejects after `msMax` of its turn, or
 * when the thread fails.
 */
export function inThread(name: string, message: unknown, msMax: number): Promise<unknown> {
  const turn = queue.then(() => ask(name, message, msMax));
  queue = turn.catch(() => undefined);
  return turn;
}

async function ask(name: string, message: unknown, msMax: number): Promise<unknown> {
  const file = new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
  const worker = new Worker(file, { execArgv: [], env: {}, resourceLimits: HEAP_MAX, stdout: true, stderr: true });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => reject(new Error(`not read within ${msMax} ms`)), msMax);
  worker.once('message', resolve).once('error', ({ message }: Error) => reject(new Error(message))).once('exit', () => reject(new Error('its thread ended')));
  try {
    worker.postMessage(message);
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
