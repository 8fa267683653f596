import type { Agenda } from './agenda.ts';

/** The provider's limits on calls, or the account's own; a day and an hour are those of UTC. */
export interface Quota {
  perDay?: number | undefined;
  perHour?: number | undefined;
}

interface Waiting {
  /** False once the mail may not be sent any more, or not now: it uses up no call. */
  needsCall: () => boolean;
  go: () => void;
}

/**
 * The senders' turns with the account: a mail above the quota waits for the next hour or day, first come, first served.
 */
export class Turns {
  readonly #agenda: Agenda;
  readonly #limits: readonly Limit[];
  #line: Waiting[] = [];
  #isOpening = false;

  constructor(agenda: Agenda, { perDay, perHour }: Quota) {
    this.#agenda = agenda;
    this.#limits = [
      ...(perDay === undefined ? [] : [new Limit(DAY_MS, perDay)]),
      ...(perHour === undefined ? [] : [new Limit(HOUR_MS, perHour)]),
    ];
  }

  get waiting(): number {
    return this.#line.length;
  }

  take(needsCall: () => boolean, go: () => void): void {
    if (this.#line.length === 0 && this.#opensMs() <= this.#agenda.atMs) return this.#go({ needsCall, go });
    this.#line.push({ needsCall, go });
    this.#open();
  }

  #go({ needsCall, go }: Waiting): void {
    if (needsCall()) for (const limit of this.#limits) limit.count(this.#agenda.atMs);
    go();
  }

  #opensMs(): number {
    return Math.max(-Infinity, ...this.#limits.map((limit) => limit.opensMs(this.#agenda.atMs)));
  }

  #open(): void {
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#agenda.add(this.#opensMs(), 'service', () => {
      this.#isOpening = false;
      const line = this.#line;
      let count = 0;
      while (count < line.length && this.#opensMs() <= this.#agenda.atMs) this.#go(line[count++] as Waiting);
      this.#line = line.slice(count);
      if (this.#line.length > 0) this.#open();
    });
  }
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

class Limit {
  readonly #lengthMs: number;
  readonly #max: number;
  #window = -Infinity;
  #calls = 0;

  constructor(lengthMs: number, max: number) {
    this.#lengthMs = lengthMs;
    this.#max = max;
  }

  /** The time of the next call: now, or the beginning of the next hour or day. */
  opensMs(nowMs: number): number {
    const window = Math.floor(nowMs / this.#lengthMs);
    return window !== this.#window || this.#calls < this.#max ? nowMs : (window + 1) * this.#lengthMs;
  }

  count(nowMs: number): void {
    const window = Math.floor(nowMs / this.#lengthMs);
    this.#calls = window === this.#window ? this.#calls + 1 : 1;
    this.#window = window;
  }
}
