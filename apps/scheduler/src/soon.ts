/** Work whose time comes within moments. Beyond `max` pieces the caller's other way has to do. */
export class Soon {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** Does `work`, which never rejects, after `ms`. */
  after(ms: number, work: () => Promise<unknown>): void {
    if (this.#timers.size + this.#running.size >= this.#max) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const running = work().finally(() => this.#running.delete(running));
      this.#running.add(running);
    }, ms);
    this.#timers.add(timer);
  }

  /** Drops what has not begun and waits for the rest. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
  }
}
