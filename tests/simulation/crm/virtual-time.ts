/** A time that passes only when it is told to: what waits goes on in the order of its instants. */
export class VirtualTime {
  nowMs = 0;
  readonly #waiting: { atMs: number; wake: () => void }[] = [];

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#waiting.push({ atMs: this.nowMs + ms, wake }));
  }

  /** The wait of a process that is dead. */
  never(): Promise<never> {
    return new Promise(() => undefined);
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      // All that goes on without waiting.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#waiting.reduce<number>(
        (first, { atMs }, index) => (atMs < (this.#waiting[first]?.atMs ?? Infinity) ? index : first),
        -1,
      );
      const [due] = this.#waiting.slice(next, next + 1);
      if (next < 0 || !due || due.atMs > untilMs) break;
      this.#waiting.splice(next, 1);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.wake();
    }
    this.nowMs = untilMs;
  }
}
