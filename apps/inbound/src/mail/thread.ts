import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A mail of 1 MiB needs a fraction of it. */
const HEAP_MAX = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16 };

/**
 * A worker thread that returns one result for each message, and that can be terminated: mail parsers never yield, and
 * some
 * inputs cost them time quadratic in their length. It takes one message at a time, so that strangers' mails use this
 * much
 * memory and one core in total, not for each mail.
 */
export class Thread {
  private queue: Promise<unknown> = Promise.resolve();
  private worker: Worker | undefined;

  /** `name` is a file beside this one, without its extension: `.ts` under test, `.js` when built. */
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
      const [answer] = (await once(worker, 'message', { signal })) as unknown[];
      return answer;
    } catch (error) {
      this.worker = undefined;
      await worker.terminate();
      throw new Error(signal.aborted ? `not read within ${msMax} ms` : reasonOf(error));
    }
  }

  /** `unref`: an idle thread does not keep the process alive. */
  private start(): Worker {
    const isSource = import.meta.url.endsWith('.ts');
    const file = new URL(`./${this.name}.${isSource ? 'ts' : 'js'}`, import.meta.url);
    const execArgv = isSource ? ['--conditions=@leadstream/source'] : [];
    const worker = new Worker(file, { execArgv, env: {}, resourceLimits: HEAP_MAX, stdout: true, stderr: true });
    worker
      .on('error', () => {
        this.worker = undefined;
      })
      .unref();
    return worker;
  }
}

/** An error from a thread is not `instanceof` this realm's Error. */
const reasonOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
