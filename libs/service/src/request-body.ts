import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HeldBytes, Hold } from './held-bytes.ts';
import { dropBytes, Prefix } from './prefix.ts';
import { Problem } from './problem.ts';

export interface BodyLimits {
  bytesMax: number;
  /** The time from the first read to the last byte. */
  timeoutMs: number;
}

/**
 * Requests whose caller is known before the body: they keep their connection and their bytes when others lose theirs.
 */
const trusted = new WeakSet<IncomingMessage>();
export const isTrusted = (request: IncomingMessage): boolean => trusted.has(request);

/** Reads the rest of a body and releases it as it comes: Node.js would leave it to the collector. */
export const discardRest = (raw: IncomingMessage): void =>
  void raw.off('data', dropBytes).on('data', dropBytes).resume();

const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;
const RETRY_AFTER_SECONDS = 5;

/** A request's body, read only at its handler's request, and kept within the budget of the process. */
export class RequestBody {
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #hold: Hold;
  readonly #limits: BodyLimits;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;
  #received = 0;
  #isHeld = false;
  readonly #kept: Prefix[] = [];

  constructor(raw: IncomingMessage, response: ServerResponse, budget: HeldBytes, party: string, limits: BodyLimits) {
    this.#raw = raw;
    this.#response = response;
    this.#limits = limits;
    this.#hold = budget.open(party, () => this.#fail(noRoom()));
  }

  /** The caller has shown a key or a secret; called before the first byte is read. */
  trust(): void {
    trusted.add(this.#raw);
    this.#hold.trusted = true;
  }

  /** A buffer for the first `bytesMax` bytes of the body or of a part of it; `mayHold` may limit it further. */
  prefix(bytesMax: number, mayHold: (bytes: number) => boolean = () => true): Prefix {
    const kept = new Prefix(bytesMax, (bytes) => mayHold(bytes) && this.hold(bytes));
    this.#kept.push(kept);
    return kept;
  }

  /** Reserves so many bytes more until the response is sent; without room, the body ends with a 503. */
  hold(bytes: number): boolean {
    if (!this.#isHeld) {
      this.#isHeld = true;
      this.#response.once('close', () => this.#hold.release()).once('finish', () => this.#drop());
    }
    if (this.#failure === undefined && this.#hold.add(bytes)) return true;
    this.#fail(noRoom());
    return false;
  }

  /** Like `hold`, but throws the 503. */
  require(bytes: number): void {
    if (!this.hold(bytes)) throw noRoom();
  }

  /** Releases the memory of the kept bytes, once all are decoded. Their room stays reserved, for the decoded text. */
  forget(): void {
    for (const kept of this.#kept.splice(0)) kept.drop();
  }

  /**
   * The body in chunks. Throws a 408 when it takes too long, a 503 when it loses its memory. When the handler stops
   * reading, the connection discards the rest within limits.
   */
  async *chunks(): AsyncGenerator<Buffer> {
    const raw = this.#raw;
    const wake = (): void => this.#wake();
    const fail = (error?: Error): void => this.#fail(error ?? hungUp());
    const closed = (): void => (raw.readableEnded ? wake() : fail());
    const timer = setTimeout(() => this.#fail(tooSlow(this.#limits.timeoutMs)), this.#limits.timeoutMs);
    // Only at the first read: a refused caller need not send its body.
    if (CONTINUE.test(raw.headers.expect ?? '') && !this.#response.headersSent) this.#response.writeContinue();
    raw.on('readable', wake).on('end', wake).on('error', fail).on('close', closed);
    try {
      while (!raw.readableEnded) {
        if (this.#failure !== undefined) throw this.#failure;
        const chunk = raw.read() as Buffer | null;
        if (chunk === null) {
          if (!raw.readableEnded)
            await new Promise<void>((resolve) => {
              this.#wake = resolve;
            });
          continue;
        }
        this.#received += chunk.length;
        this.#hold.moved(this.#received);
        yield chunk;
      }
      if (this.#failure !== undefined) throw this.#failure;
      this.#hold.whole = true;
    } finally {
      clearTimeout(timer);
      raw.off('readable', wake).off('end', wake).off('error', fail).off('close', closed);
      discardRest(raw);
    }
  }

  /** The whole body. Throws a 413 beyond the limit, before a byte is read where its length is declared. */
  async whole(): Promise<Prefix> {
    const { bytesMax } = this.#limits;
    const tooLarge = (): Problem =>
      new Problem('too-large', `The body is too large: ${bytesMax} bytes are taken at most`);
    const declared = Number(this.#raw.headers['content-length'] ?? bytesMax);
    if (declared > bytesMax) throw tooLarge();
    const kept = this.prefix(declared);
    for await (const chunk of this.chunks()) {
      kept.add(chunk);
      dropBytes(chunk);
      if (kept.full && this.#failure === undefined) throw tooLarge();
    }
    return kept;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    // The handler gets the error before it reads another byte.
    this.#drop();
    this.#wake();
  }

  #drop(): void {
    this.#hold.release();
    this.forget();
  }
}

const noRoom = (): Problem =>
  new Problem('held-bytes', 'Too many bodies are being read at once; send it again', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
const tooSlow = (timeoutMs: number): Problem =>
  new Problem('too-slow', `The body did not come within ${timeoutMs / 1_000} s`);
const hungUp = (): Problem => new Problem('hung-up', 'The body did not come whole');
