/** A body that grew by less than this within `STALLED_MS` is slow, however large it is. */
const PROGRESS_BYTES = 16 * 1024;
const STALLED_MS = 1_000;
/** The share of the budget for known callers; the rest is for callers that are identified by their body only. */
const TRUSTED_SHARE = 0.75;

/** The bytes that one request keeps in memory. */
export class Hold {
  bytes = 0;
  /** Known by a key or a secret: never displaced. */
  trusted = false;
  /** The body is complete: its bytes now wait for our own work only. */
  whole = false;
  movedAtMs: number;
  #marked = 0;
  readonly #budget: HeldBytes;

  constructor(
    budget: HeldBytes,
    readonly party: string,
    readonly pushedOut: () => void,
  ) {
    this.#budget = budget;
    this.movedAtMs = budget.now();
  }

  /** Reserves so many bytes more; false when the budget has no room. */
  add(bytes: number): boolean {
    return this.#budget.grow(this, bytes);
  }

  /** Records the number of bytes received. */
  moved(receivedBytes: number): void {
    if (receivedBytes - this.#marked < PROGRESS_BYTES) return;
    this.#marked = receivedBytes;
    this.movedAtMs = this.#budget.now();
  }

  release(): void {
    this.#budget.release(this);
  }
}

/**
 * The budget of request bodies that a process keeps in memory. When it is used up, the network that holds the most
 * loses the body whose last progress is oldest. So neither one caller nor many slow ones can exclude the others.
 */
export class HeldBytes {
  readonly #holds = new Set<Hold>();
  #total = 0;
  #trusted = 0;

  constructor(
    readonly max: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  get total(): number {
    return this.#total;
  }

  open(party: string, pushedOut: () => void): Hold {
    return new Hold(this, party, pushedOut);
  }

  grow(hold: Hold, bytes: number): boolean {
    if (hold.trusted && this.#trusted + bytes > this.max * TRUSTED_SHARE) return false;
    while (this.#total + bytes > this.max) {
      const other = this.#toPushOut(hold, bytes);
      if (!other) return false;
      this.release(other);
      other.pushedOut();
    }
    this.#holds.add(hold);
    hold.bytes += bytes;
    this.#total += bytes;
    if (hold.trusted) this.#trusted += bytes;
    return true;
  }

  release(hold: Hold): void {
    if (!this.#holds.delete(hold)) return;
    this.#total -= hold.bytes;
    if (hold.trusted) this.#trusted -= hold.bytes;
    hold.bytes = 0;
  }

  #toPushOut(wanting: Hold, bytes: number): Hold | undefined {
    const strangers = [...this.#holds].filter((hold) => !hold.trusted && !hold.whole);
    const held = new Map<string, number>();
    for (const { party, bytes: its } of strangers) held.set(party, (held.get(party) ?? 0) + its);
    const own = wanting.trusted ? 0 : (held.get(wanting.party) ?? 0) + bytes;
    const [party, most] = [...held].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    const others = strangers.filter((hold) => hold !== wanting);
    if (wanting.trusted || (most > own && party !== wanting.party))
      return longestStill(others.filter((hold) => hold.party === party));
    return longestStill(
      others.filter((hold) => hold.party === wanting.party && this.now() - hold.movedAtMs > STALLED_MS),
    );
  }
}

const longestStill = (holds: readonly Hold[]): Hold | undefined =>
  holds.reduce<Hold | undefined>((a, b) => (a && a.movedAtMs <= b.movedAtMs ? a : b), undefined);
