/**
 * The messages that a process may have in hand, shared by the pulls of its consumer. A pull takes at most its part at
 * once, and waits its turn: where the limit is 1, one stream after the other is asked for the one message.
 */
export class Room {
  #limit: number;
  #taken = 0;
  #sharers = 0;
  readonly #closing: AbortSignal;
  readonly #waiting: ((room: number) => void)[] = [];

  /** Once `closing` aborts there is no room. */
  constructor(limit: number, closing: AbortSignal) {
    this.#limit = limit;
    this.#closing = closing;
    closing.addEventListener('abort', () => this.#grant(), { once: true });
  }

  /** 0: paused. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#grant();
  }

  /** Each pull joins before any of them takes room. */
  join(): void {
    this.#sharers++;
  }

  /** Resolves once there is room, with the number of messages that the caller gives back; with 0 once closing. */
  take(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#waiting.push(resolve);
    this.#grant();
    return promise;
  }

  give(room: number): void {
    this.#taken -= room;
    this.#grant();
  }

  #grant(): void {
    if (this.#closing.aborted) for (const resolve of this.#waiting.splice(0)) resolve(0);
    while (this.#waiting.length > 0 && this.#taken < this.#limit) {
      const room = Math.min(Math.ceil(this.#limit / this.#sharers), this.#limit - this.#taken);
      this.#taken += room;
      this.#waiting.shift()?.(room);
    }
  }
}
