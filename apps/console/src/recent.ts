/** An event of the log without its data, so without personal text. */
export interface LiveEvent {
  seq: number;
  id: string;
  type: string;
  leadId: string;
  version: number;
  at: string;
  source: string;
}

/**
 * The latest events of the log, oldest first: up to `max` of them, and as many again before they are dropped at once.
 */
export class Recent {
  #events: LiveEvent[] = [];
  #before = 0;
  #head = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** Events up to this sequence are not here. */
  get before(): number {
    return this.#before;
  }

  /** The sequence of the newest event that was added, or that `begin` named. */
  get head(): number {
    return this.#head;
  }

  /** Forgets all, and goes on behind a sequence. */
  begin(seq: number): void {
    this.#events = [];
    this.#before = seq;
    this.#head = seq;
  }

  add(event: LiveEvent): void {
    // The first event tells what is missing before it.
    if (this.#events.length === 0) this.#before = Math.max(this.#before, event.seq - 1);
    this.#events.push(event);
    this.#head = event.seq;
    if (this.#events.length < 2 * this.#max) return;
    this.#before = this.#events[this.#events.length - this.#max - 1]?.seq ?? this.#before;
    this.#events = this.#events.slice(-this.#max);
  }

  /** Up to `max` of the wanted ones, the newest first. */
  newest(max: number, isWanted: (event: LiveEvent) => boolean): LiveEvent[] {
    const found: LiveEvent[] = [];
    for (let index = this.#events.length - 1; index >= 0 && found.length < max; index--) {
      const event = this.#events[index];
      if (event && isWanted(event)) found.push(event);
    }
    return found;
  }

  /** The first event behind a sequence. */
  after(seq: number): LiveEvent | undefined {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.seq ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return this.#events[low];
  }
}
