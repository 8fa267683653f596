import type { ServerResponse } from 'node:http';
import { Problem } from '@leadstream/service/problem';

const WAITING_MAX = 4;
const WAIT_MS_MAX = 20_000;
const RETRY_AFTER_SECONDS = 5;

/**
 * One file at a time in a process: each has a thread with up to 256 MB. A few callers wait, before their first byte is
 * read.
 */
export class Turn {
  private isTaken = false;
  private readonly waiting: (() => void)[] = [];

  /** Throws a 429 when too many wait, or for too long; a caller who hangs up waits no longer. */
  async take(response: ServerResponse): Promise<Disposable> {
    if (this.isTaken) await this.wait(response);
    this.isTaken = true;
    return {
      [Symbol.dispose]: () => {
        const next = this.waiting.shift();
        if (next) next();
        else this.isTaken = false;
      },
    };
  }

  private async wait(response: ServerResponse): Promise<void> {
    if (this.waiting.length >= WAITING_MAX) throw busy();
    const turn = Promise.withResolvers<void>();
    this.waiting.push(turn.resolve);
    const leave = (): void => {
      const at = this.waiting.indexOf(turn.resolve);
      if (at >= 0) this.waiting.splice(at, 1);
      turn.reject(busy());
    };
    const timer = setTimeout(leave, WAIT_MS_MAX);
    response.once('close', leave);
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
      response.off('close', leave);
    }
  }
}

const busy = (): Problem =>
  new Problem('rate', 'Another file is being read here', { retryAfterSeconds: RETRY_AFTER_SECONDS });
