import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A few times what a mail of 1 MiB needs. */
const HEAP_MAX = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16 };

/**
 * A worker that answers each message with one, in a thread that can be ended: parsers of mail never yield, and some
 * inputs cost them the square of their length. One message at a time: what strangers send may take this much memory and
 * one core, not this much for each of them.
 */
export class Thread {
  private queue: Promise<unknown> = Promise.resolve();
  private worker: Worker | undefined;

  /** `name` is a file beside this one, without its ending. */
  constructor(private readonly name: string) {}

  /** Rejects after `msMax` of its turn, or when the thread fails; the next message gets a new one. */
  ask(message: unknown, msMax: number): Promise<unknown> {
    const turn = this.queue.then(() => this.answer(message, msMax));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async answer(message: unknown, msMax: number): Promise<unknown> {
    const worker = (this.worker ??= this.start());
    const signal = AbortSignal.timeout(msMax);
    try {
      worker.postMessage(message);
      const [answer] = await once(worker, 'message', { signal }) as unknown[];
      return answer;
    } catch (error) {
      this.worker = undefined;
      await worker.terminate();
      throw new Error(signal.aborted ? `not read within ${msMax} ms` : reasonOf(error));
    }
  }

  /** Idle, it keeps no process from ending. */
  private start(): Worker {
    const file = new URL(`./${this.name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
    const worker = new Worker(file, { execArgv: [], env: {}, resourceLimits: HEAP_MAX, stdout: true, stderr: true });
    worker.on('error', () => { this.worker = undefined; }).unref();
    return worker;
  }
}

/** What a thread throws is an error of another realm. */
const reasonOf = (error: unknown): string => (typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error));
