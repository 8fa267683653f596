/** Pages double up to this size, so that a short body takes little and a long one is never copied. */
const PAGE_BYTES = { first: 1_024, max: 64 * 1_024 };

/** The first `max` bytes of what is added, in pages: a body sent byte by byte must not cost an object a byte. */
export class Prefix {
  readonly #max: number;
  readonly #mayHold: (bytes: number) => boolean;
  readonly #pages: Buffer[] = [];
  /** Of the last page. */
  #used = 0;
  #length = 0;
  /** Bytes were left out. */
  full = false;

  /** `mayHold` is asked before so many bytes more are taken; what it refuses is left out. */
  constructor(max: number, mayHold: (bytes: number) => boolean = () => true) {
    this.#max = max;
    this.#mayHold = mayHold;
  }

  add(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0 && !this.full;) {
      const page = this.#page();
      if (!page) this.full = true;
      else {
        const taken = rest.subarray(0, page.length - this.#used);
        page.set(taken, this.#used);
        this.#used += taken.length;
        this.#length += taken.length;
        rest = rest.subarray(taken.length);
      }
    }
  }

  /** The page that has room, a new one where the last has none; undefined at the limit. */
  #page(): Buffer | undefined {
    const last = this.#pages.at(-1);
    if (last && this.#used < last.length) return last;
    const size = Math.min(Math.max(PAGE_BYTES.first, Math.min(PAGE_BYTES.max, this.#length)), this.#max - this.#length);
    if (size <= 0 || !this.#mayHold(size)) return undefined;
    const page = Buffer.allocUnsafeSlow(size);
    this.#pages.push(page);
    this.#used = 0;
    return page;
  }

  /** All bytes, as they lie. */
  get pages(): Buffer[] {
    return this.#pages.map((page, i) => (i === this.#pages.length - 1 ? page.subarray(0, this.#used) : page));
  }

  /** All bytes in one buffer: a copy, unless they fit into one page. */
  get bytes(): Buffer {
    const [first = Buffer.alloc(0), ...more] = this.pages;
    return more.length === 0 ? first : Buffer.concat([first, ...more]);
  }

  /** All bytes as UTF-8, what is none replaced; a byte order mark is no character. */
  get text(): string {
    const decoder = new TextDecoder();
    return `${this.pages.map((page) => decoder.decode(page, { stream: true })).join('')}${decoder.decode()}`;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Gives the memory back at once: the collector would wait until twice the budget lies about. What is added later is
   * left out.
   */
  drop(): void {
    for (const page of this.#pages.splice(0)) if (page.buffer instanceof ArrayBuffer) page.buffer.transfer(0);
    this.#length = 0;
    this.full = true;
  }
}
