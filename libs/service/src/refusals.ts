import type { Logger } from 'pino';
import type { Counter } from 'prom-client';

interface Refusal {
  status: number;
  /** The routes that can give it: none (the connection), each, those that take a body, or those that name it. */
  at: 'connection' | 'any' | 'body' | 'named';
}

/** Every reason to refuse a request, with the status that answers it (RFC 9110, 9112). */
export const REFUSALS = {
  unreadable: { status: 400, at: 'connection' },
  framing: { status: 400, at: 'connection' },
  host: { status: 400, at: 'connection' },
  'transfer-coding': { status: 501, at: 'connection' },
  version: { status: 505, at: 'connection' },
  expectation: { status: 417, at: 'connection' },
  headers: { status: 431, at: 'connection' },
  connect: { status: 405, at: 'connection' },
  connections: { status: 503, at: 'connection' },
  stopping: { status: 503, at: 'connection' },
  path: { status: 400, at: 'connection' },
  'path-length': { status: 414, at: 'connection' },
  route: { status: 404, at: 'connection' },
  method: { status: 405, at: 'connection' },
  'too-slow': { status: 408, at: 'body' },
  'too-large': { status: 413, at: 'body' },
  'content-coding': { status: 415, at: 'body' },
  'held-bytes': { status: 503, at: 'body' },
  'hung-up': { status: 400, at: 'body' },
  'media-type': { status: 415, at: 'named' },
  json: { status: 400, at: 'named' },
  contract: { status: 400, at: 'named' },
  depth: { status: 400, at: 'named' },
  form: { status: 400, at: 'named' },
  fields: { status: 400, at: 'named' },
  robot: { status: 400, at: 'named' },
  'idempotency-key': { status: 400, at: 'named' },
  key: { status: 401, at: 'named' },
  rate: { status: 429, at: 'named' },
  'signature-shape': { status: 401, at: 'named' },
  signature: { status: 401, at: 'named' },
  'signature-later': { status: 503, at: 'named' },
  'no-keys': { status: 404, at: 'named' },
  secret: { status: 404, at: 'named' },
  role: { status: 403, at: 'named' },
  'cross-site': { status: 403, at: 'named' },
  query: { status: 400, at: 'named' },
  'unknown-lead': { status: 404, at: 'named' },
  'unknown-version': { status: 404, at: 'named' },
  'unknown-send': { status: 404, at: 'named' },
  'unknown-entry': { status: 404, at: 'named' },
  'if-match': { status: 400, at: 'named' },
  'if-match-required': { status: 428, at: 'named' },
  'moved-on': { status: 409, at: 'named' },
  refused: { status: 409, at: 'named' },
  'key-reused': { status: 422, at: 'named' },
  'personal-reason': { status: 422, at: 'named' },
  service: { status: 404, at: 'named' },
  unavailable: { status: 503, at: 'any' },
  error: { status: 500, at: 'any' },
  other: { status: 400, at: 'any' },
} as const satisfies Record<string, Refusal>;
export type Reason = keyof typeof REFUSALS;

/** The reason of a refusal as programs read it, `MEDIA_TYPE`. A guess at a secret is told no more than a wrong path. */
export const codeOf = (reason: Reason): string =>
  (reason === 'secret' ? 'route' : reason).toUpperCase().replaceAll('-', '_');

/** The label of requests refused before a route was known. */
export const NO_ROUTE = 'none';

export type RefusalCounter = Counter<'route' | 'status' | 'reason'>;

const REASONS = Object.keys(REFUSALS) as Reason[];

interface RefusingRoute {
  takesBody: boolean;
  /** Accepts any Content-Encoding. */
  anyCoding?: boolean | undefined;
  named?: readonly Reason[] | undefined;
}

/** The reasons for which a route may refuse: those of each route, those of its kind, and those that it names. */
export const reasonsOf = ({ takesBody, anyCoding = false, named = [] }: RefusingRoute): Reason[] =>
  REASONS.filter((reason) => {
    const { at } = REFUSALS[reason];
    if (reason === 'content-coding' && anyCoding) return false;
    return at === 'any' || (at === 'body' && takesBody) || named.includes(reason);
  });
const LOG_EVERY_MS = 10_000;
/** Lines and their timers at once: a caller chooses among combinations of fields. */
const TOLD_MAX = 200;

interface Told {
  timer: NodeJS.Timeout;
  fields: object;
  /** The number since the last line. */
  count: number;
}

/**
 * Counts each refusal and logs it by route, reason and the contract's fields: the first at once, those that follow as
 * one line with their count every `everyMs`, so that a flood fills neither the log nor the disk. A route is its
 * pattern,
 * which holds no token.
 */
export class Refusals {
  readonly #told = new Map<string, Told>();
  readonly #log: Logger;
  readonly #counter: RefusalCounter | undefined;
  readonly #everyMs: number;

  constructor(log: Logger, counter?: RefusalCounter, everyMs = LOG_EVERY_MS) {
    this.#log = log;
    this.#counter = counter;
    this.#everyMs = everyMs;
    for (const reason of REASONS) if (REFUSALS[reason].at === 'connection') this.#know(NO_ROUTE, reason);
  }

  /**
   * Returns the statuses of the route's refusals. A counter that starts at 1 hides its first increase from `rate()`.
   */
  route(route: string, its: readonly Reason[]): number[] {
    for (const reason of its) this.#know(route, reason);
    return its.map((reason) => REFUSALS[reason].status);
  }

  add(
    route: string,
    reason: Reason,
    {
      status = REFUSALS[reason].status,
      err,
      fields: named = [],
    }: { status?: number; err?: unknown; fields?: readonly string[] } = {},
  ): void {
    this.#counter?.inc({ route, status, reason });
    // Each error has a line of its own, with its stack.
    if (reason === 'error') return;
    const plain = `${route} ${reason} ${status}`;
    const full = `${plain} ${named.join()}`;
    const isFull = this.#told.size >= TOLD_MAX && !this.#told.has(full);
    const key = isFull ? plain : full;
    const told = this.#told.get(key);
    if (told) {
      told.count += 1;
      return;
    }
    const fields = { route, reason, status, ...(named.length > 0 && !isFull ? { fields: named } : {}) };
    this.#line({ ...fields, count: 1, ...(err === undefined ? {} : { err }) }, reason);
    this.#told.set(key, {
      fields,
      count: 0,
      timer: setInterval(() => this.#again(key, reason), this.#everyMs).unref(),
    });
  }

  /** Logs the counts that have no line yet. */
  close(): void {
    for (const [key, { timer, fields, count }] of this.#told) {
      clearInterval(timer);
      this.#told.delete(key);
      if (count > 0) this.#log.warn({ ...fields, count }, 'request refused');
    }
  }

  #again(key: string, reason: Reason): void {
    const told = this.#told.get(key);
    if (!told) return;
    if (told.count > 0) this.#line({ ...told.fields, count: told.count }, reason);
    else {
      clearInterval(told.timer);
      this.#told.delete(key);
    }
    told.count = 0;
  }

  /** A caller that disconnects is `info`; every other refusal is a warning. */
  #line(fields: object, reason: Reason): void {
    this.#log[reason === 'hung-up' ? 'info' : 'warn'](fields, 'request refused');
  }

  #know(route: string, reason: Reason): void {
    this.#counter?.inc({ route, status: REFUSALS[reason].status, reason }, 0);
  }
}
