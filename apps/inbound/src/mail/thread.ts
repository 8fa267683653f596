import { once } from 'node:events';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Retry } from '@leadstream/eventlog/errors';

/** A mail of 1 MiB needs a fraction of it. */
const HEAP_MAX = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16 };
/** A person's mail of 1 MiB takes some tenths of it. */
const SLOW_MS = 1_000;
/** Behind a slow message. Stops share the consumer with mails, and must not wait for a queue of hostile ones. */
const WAITING_MAX = 2;
/** The time limit of a slow mail. */
const AGAIN_MS = 5_000;

interface Question {
  message: unknown;
  msMax: number;
  resolve: (answer: unknown) => void;
  reject: (error: unknown) => void;
}

interface Started {
  worker: Worker;
  ready: Promise<unknown>;
}

/**
 * A worker thread that returns one result for each message, and that can be terminated: mail parsers never yield, and
 * some inputs cost them time quadratic in their length. It takes one message at a time, so that strangers' mails use
 * this much memory and one core in total, not for each mail. A worker posts one message when it can take the first.
 */
export class Thread {
  private readonly waiting: Question[] = [];
  private started: Started | undefined;
  private isBusy = false;
  private isSlow = false;

  /** `name` is a file beside this one, without its extension: `.ts` under test, `.js` when built. */
  constructor(private readonly name: string) {}

  /**
   * Rejects after `msMax` of its turn, or when the thread fails; the next message gets a new one. Rejects with Retry
   * before its turn when more than WAITING_MAX messages wait behind a slow one.
   */
  ask(message: unknown, msMax: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ message, msMax, resolve, reject });
      if (this.isSlow) this.shed();
      if (!this.isBusy) void this.work();
    });
  }

  private shed(): void {
    for (const { reject } of this.waiting.splice(WAITING_MAX)) reject(new Retry('a slow mail is before it', AGAIN_MS));
  }

  private async work(): Promise<void> {
    this.isBusy = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift())
      await this.answer(next).then(next.resolve, next.reject);
    this.isBusy = false;
  }

  private async answer({ message, msMax }: Question): Promise<unknown> {
    const { worker, ready } = (this.started ??= this.start());
    const late = new AbortController();
    const timers: NodeJS.Timeout[] = [];
    try {
      // The limit is for the message: a process that starts on a busy machine needs longer for the thread alone.
      await ready;
      const slow = (): void => {
        this.isSlow = true;
        this.shed();
      };
      // After a stall of this process an answer may have arrived that the next turn of the loop delivers.
      const end = (): void => void loopTurn().then(() => late.abort());
      timers.push(setTimeout(slow, SLOW_MS), setTimeout(end, msMax));
      worker.postMessage(message);
      const [answer] = (await once(worker, 'message', { signal: late.signal })) as unknown[];
      return answer;
    } catch (error) {
      this.started = undefined;
      await worker.terminate();
      throw new Error(late.signal.aborted ? `not read within ${msMax} ms` : reasonOf(error));
    } finally {
      for (const timer of timers) clearTimeout(timer);
      this.isSlow = false;
    }
  }

  /** `unref`: an idle thread does not keep the process alive. */
  private start(): Started {
    const isSource = import.meta.url.endsWith('.ts');
    const file = new URL(`./${this.name}.${isSource ? 'ts' : 'js'}`, import.meta.url);
    const execArgv = isSource ? ['--conditions=@leadstream/source'] : [];
    const worker = new Worker(file, { execArgv, env: {}, resourceLimits: HEAP_MAX, stdout: true, stderr: true });
    worker
      .on('error', () => {
        this.started = undefined;
      })
      .unref();
    return { worker, ready: once(worker, 'message') };
  }
}

/** An error from a thread is not `instanceof` this realm's Error. */
const reasonOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
