import type { Writable } from 'node:stream';
import { covers, lengthOf, placeText, type Place } from '@leadstream/contracts/place';
import type { LiveEvent, Recent } from './recent.ts';

/** Bytes that wait for a slow reader; its further events are read from the latest ones when it has taken these. */
const WAITING_BYTES_MAX = 64 * 1024;
/** Ticks without a byte taken, after which a reader is gone. */
const STALLED_TICKS_MAX = 4;

export interface ReaderOptions {
  recent: Recent;
  isWanted: (event: LiveEvent) => boolean;
  /** The place behind which it begins. */
  after: Place;
}

/**
 * One reader of the live events, as server-sent events (WHATWG HTML §9.2). It has a place in the log and no queue: one
 * that is too slow is told what it missed by an event `gap`. Another process may have got the events of several streams
 * in another order, so that a place, which is the `id`, is compared stream by stream.
 */
export class Reader {
  readonly #out: Writable;
  readonly #recent: Recent;
  readonly #isWanted: ReaderOptions['isWanted'];
  #place: Place;
  /** Of the latest events those up to here are looked at. */
  #count = 0;
  #stalledTicks = 0;

  constructor(out: Writable, { recent, isWanted, after }: ReaderOptions) {
    this.#out = out;
    this.#recent = recent;
    this.#isWanted = isWanted;
    this.#place = after;
    out.on('drain', () => {
      this.#stalledTicks = 0;
      this.pump();
    });
    this.pump();
  }

  /** Writes the events behind the place, as long as the reader takes them. */
  pump(): void {
    const { before, head } = this.#recent;
    while (!this.#isFull()) {
      // Behind the head: the log was replaced by an older one.
      if (!covers(this.#place, before) || !covers(head, this.#place)) this.#skip(before, head);
      const next = this.#recent.after(this.#count);
      if (!next) return;
      const { event, stream, count } = next;
      this.#count = count;
      if (event.seq <= (this.#place[stream] ?? 0)) continue;
      this.#place = this.#place.with(stream, event.seq);
      if (this.#isWanted(event)) this.#write(`id: ${placeText(this.#place)}\ndata: ${JSON.stringify(event)}\n\n`);
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

  #skip(before: Place, head: Place): void {
    const upTo = this.#place.map((seq, stream) => Math.min(Math.max(seq, before[stream] ?? 0), head[stream] ?? 0));
    const missing = { after: lengthOf(this.#place), upTo: lengthOf(upTo) };
    this.#place = upTo;
    this.#write(`id: ${placeText(upTo)}\nevent: gap\ndata: ${JSON.stringify(missing)}\n\n`);
  }

  #isFull(): boolean {
    return this.#out.destroyed || this.#out.writableLength >= WAITING_BYTES_MAX;
  }

  #write(text: string): void {
    if (!this.#out.destroyed) this.#out.write(text);
  }
}
