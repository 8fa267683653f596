import type { Writable } from 'node:stream';
import type { LiveEvent, Recent } from './recent.ts';

/** Bytes that wait for a slow reader; its further events are read from the latest ones when it has taken these. */
const WAITING_BYTES_MAX = 64 * 1024;
/** Ticks without a byte taken, after which a reader is gone. */
const STALLED_TICKS_MAX = 4;

export interface ReaderOptions {
  recent: Recent;
  isWanted: (event: LiveEvent) => boolean;
  /** The sequence behind which it begins. */
  after: number;
}

/**
 * One reader of the live events, as server-sent events (WHATWG HTML §9.2). It has a position in the latest events and
 * no queue: one that is too slow is told what it missed by an event `gap`.
 */
export class Reader {
  readonly #out: Writable;
  readonly #recent: Recent;
  readonly #isWanted: ReaderOptions['isWanted'];
  #position: number;
  #stalledTicks = 0;

  constructor(out: Writable, { recent, isWanted, after }: ReaderOptions) {
    this.#out = out;
    this.#recent = recent;
    this.#isWanted = isWanted;
    this.#position = after;
    out.on('drain', () => {
      this.#stalledTicks = 0;
      this.pump();
    });
    this.pump();
  }

  /** Writes the events behind the position, as long as the reader takes them. */
  pump(): void {
    const { before, head } = this.#recent;
    while (!this.#isFull()) {
      // Behind the head: the log was replaced by an older one.
      if (this.#position < before || this.#position > head) this.#skip(before, head);
      const event = this.#recent.after(this.#position);
      if (!event) return;
      this.#position = event.seq;
      if (this.#isWanted(event)) this.#write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    }
  }

  /**
   * Called every 15 s: a comment keeps proxies from closing the response, and a reader that takes nothing is closed.
   */
  tick(): void {
    if (!this.#isFull()) this.#write(':\n\n');
    else if (++this.#stalledTicks >= STALLED_TICKS_MAX) this.#out.destroy();
  }

  end(): void {
    this.#out.end();
  }

  #skip(before: number, head: number): void {
    const missing = { after: this.#position, upTo: this.#position > head ? head : before };
    this.#position = missing.upTo;
    this.#write(`id: ${missing.upTo}\nevent: gap\ndata: ${JSON.stringify(missing)}\n\n`);
  }

  #isFull(): boolean {
    return this.#out.destroyed || this.#out.writableLength >= WAITING_BYTES_MAX;
  }

  #write(text: string): void {
    if (!this.#out.destroyed) this.#out.write(text);
  }
}
