import type { Place } from '@leadstream/contracts/place';

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

interface Kept {
  event: LiveEvent;
  /** The index of its stream in places. */
  stream: number;
}

/**
 * The latest events of the log, oldest first, those of several streams as they came: up to `max` of them, and as many
 * again before they are dropped at once.
 */
export class Recent {
  #kept: Kept[] = [];
  /** The number of events that came before the kept ones. */
  #dropped = 0;
  #before: Place;
  #head: Place;
  readonly #max: number;

  constructor(max: number, partitions = 1) {
    this.#max = max;
    this.#before = this.#head = Array.from({ length: partitions }, () => 0);
  }

  /** Events up to this place are not here. */
  get before(): Place {
    return this.#before;
  }

  /** The place of the newest events that were added, or that `begin` named. */
  get head(): Place {
    return this.#head;
  }

  /** Forgets all, and goes on behind a sequence of the stream. */
  begin(seq: number, stream = 0): void {
    this.#dropped += this.#kept.length;
    this.#kept = [];
    this.#before = this.#head;
    this.skipTo(seq, stream);
  }

  /** Goes on behind a sequence of a stream that has no event here. */
  skipTo(seq: number, stream: number): void {
    this.#before = this.#before.with(stream, seq);
    this.#head = this.#head.with(stream, seq);
  }

  add(event: LiveEvent, stream = 0): void {
    const before = this.#before[stream] ?? 0;
    // The first event tells what is missing before it.
    if (this.#head[stream] === before) this.#before = this.#before.with(stream, Math.max(before, event.seq - 1));
    this.#kept.push({ event, stream });
    this.#head = this.#head.with(stream, event.seq);
    if (this.#kept.length < 2 * this.#max) return;
    const dropped = this.#kept.slice(0, -this.#max);
    for (const { event: old, stream: of } of dropped) this.#before = this.#before.with(of, old.seq);
    this.#dropped += dropped.length;
    this.#kept = this.#kept.slice(-this.#max);
  }

  /** Up to `max` of the wanted ones, the newest first. */
  newest(max: number, isWanted: (event: LiveEvent) => boolean): LiveEvent[] {
    const found: LiveEvent[] = [];
    const kept = this.#head.length === 1 ? this.#kept : this.#kept.toSorted((a, b) => timeOf(a) - timeOf(b));
    for (let index = kept.length - 1; index >= 0 && found.length < max; index--) {
      const event = kept[index]?.event;
      if (event && isWanted(event)) found.push(event);
    }
    return found;
  }

  /** The first event that is still here of those after the first `count` that came, and the count with it. */
  after(count: number): (Kept & { count: number }) | undefined {
    const from = Math.max(count, this.#dropped);
    const kept = this.#kept[from - this.#dropped];
    return kept && { ...kept, count: from + 1 };
  }
}

const timeOf = ({ event }: Kept): number => Date.parse(event.at);
