/** Pages double up to this size, so that a short body takes little and a long one is never copied. */
const PAGE_BYTES = { first: 1_024, max: 64 * 1_024 };

/** The first `max` bytes of what is added, in pages: a body sent byte by byte must not cost an object a byte. */
export class Prefix {
  readonly #max: number;
  readonly #mayHold: (bytes: number) => boolean;
  readonly #pages: Buffer[] = [];
  /** Bytes used of the last page. */
  #used = 0;
  #length = 0;
  /** True when bytes were left out. */
  full = false;

  /** `mayHold` decides before so many bytes more are kept; refused bytes are left out. */
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

  /** The last page while it has room, else a new one; undefined at the limit. */
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

  /** All bytes, in pages. */
  get pages(): Buffer[] {
    return this.#pages.map((page, i) => (i === this.#pages.length - 1 ? page.subarray(0, this.#used) : page));
  }

  /** All bytes in one buffer; a copy, except for a single page. */
  get bytes(): Buffer {
    const [first = Buffer.alloc(0), ...more] = this.pages;
    return more.length === 0 ? first : Buffer.concat([first, ...more]);
  }

  /** All bytes as UTF-8, with invalid ones replaced and without a byte order mark. */
  get text(): string {
    const decoder = new TextDecoder();
    return `${this.pages.map((page) => decoder.decode(page, { stream: true })).join('')}${decoder.decode()}`;
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Releases the memory at once: the collector would wait until twice the budget is in use. Bytes added later are left
   * out.
   */
  drop(): void {
    for (const page of this.#pages.splice(0)) dropBytes(page);
    this.#length = 0;
    this.full = true;
  }
}

/** Releases the memory of bytes that nobody reads again, unless other buffers share it. */
export function dropBytes({ buffer, byteLength }: Uint8Array): void {
  if (byteLength > 0 && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
