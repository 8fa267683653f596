import { EnvHttpProxyAgent, type Dispatcher } from 'undici';
import type { Outcome } from './port.ts';

/** A sender handles 32 messages at most (libs/eventlog/src/transport.ts), so no call waits for a connection. */
const CONNECTIONS_MAX = 32;
/** More than any response about one message; a longer body is not read, and the status alone decides. */
const BODY_BYTES_MAX = 64 * 1024;
const REASON_LENGTH_MAX = 300;
const TIMEOUTS = new Set(['TIMEOUT', 'ETIMEDOUT']);

/** A call without a complete response. The error contains no part of the request: no key, no address. */
export class NoResponse extends Error {
  override readonly name = 'NoResponse';
  readonly code: string;
  /** Whether any of the request may have reached the provider; if not, it certainly has no mail. */
  readonly isWritten: boolean;

  constructor(code: string, isWritten: boolean) {
    super(code);
    this.code = code;
    this.isWritten = isWritten;
  }
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Begins with a slash; it follows the base URL's own path. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}

/** `text` is empty for a body above the limit, 64 KiB by default. Header names are in lower case. */
export interface HttpResponse {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  text: string;
}

/**
 * Calls an API by undici: kept connections, one deadline from the connection to the last byte of the response, no
 * repetition, no redirect. Every status is a response; `call` rejects with NoResponse and nothing else. The usual
 * variables name a proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
 */
export class Http {
  readonly #agent: Dispatcher;
  readonly #origin: string;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #bodyBytesMax: number;

  /** `dispatcher`: instead of the usual variables' proxy. */
  constructor(baseUrl: string, timeoutMs: number, dispatcher?: Dispatcher, bodyBytesMax = BODY_BYTES_MAX) {
    const { origin, pathname } = new URL(baseUrl);
    this.#origin = origin;
    this.#path = pathname.replace(/\/$/, '');
    this.#timeoutMs = timeoutMs;
    this.#bodyBytesMax = bodyBytesMax;
    // HTTP/2 would send several mails on one connection: its end would leave all of them unknown.
    this.#agent =
      dispatcher ??
      new EnvHttpProxyAgent({
        connections: CONNECTIONS_MAX,
        pipelining: 1,
        allowH2: false,
        connectTimeout: timeoutMs,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
  }

  call({ path, ...request }: HttpRequest): Promise<HttpResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    const call = new Call(this.#timeoutMs, this.#bodyBytesMax, resolve, reject);
    try {
      this.#agent.dispatch({ origin: this.#origin, path: this.#path + path, ...request }, call);
    } catch (error) {
      call.onResponseError(undefined, error);
    }
    return promise;
  }
}

/** One request. Ends once, by its response, its failure or its deadline. */
class Call implements Dispatcher.DispatchHandler {
  readonly #deadline: NodeJS.Timeout;
  readonly #done: (response: HttpResponse) => void;
  readonly #failed: (error: NoResponse) => void;
  readonly #chunks: Buffer[] = [];
  readonly #bytesMax: number;
  #controller: Dispatcher.DispatchController | undefined;
  #bytes = 0;
  #head: Omit<HttpResponse, 'text'> | undefined;
  #isOver = false;

  constructor(
    timeoutMs: number,
    bytesMax: number,
    done: (response: HttpResponse) => void,
    failed: (error: NoResponse) => void,
  ) {
    this.#bytesMax = bytesMax;
    this.#done = done;
    this.#failed = failed;
    this.#deadline = setTimeout(() => this.#abort('TIMEOUT'), timeoutMs);
  }

  /**
   * Called with a connection, before the first byte is written: after the deadline, or a second time, it writes none.
   */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#controller) this.#fail('REPEATED');
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('over'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    if (status >= 200) this.#head = { status, headers };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#bytesMax) return void this.#chunks.push(chunk);
    this.#respond('');
    controller.abort(new Error('the response is too long'));
  }

  onResponseEnd(): void {
    this.#respond(Buffer.concat(this.#chunks).toString());
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#fail(codeOf(error));
  }

  #abort(code: string): void {
    const controller = this.#controller;
    this.#fail(code);
    controller?.abort(new Error(code));
  }

  #respond(text: string): void {
    if (this.#head && this.#end()) this.#done({ ...this.#head, text });
  }

  #fail(code: string): void {
    if (this.#end()) this.#failed(new NoResponse(code, this.#controller !== undefined));
  }

  #end(): boolean {
    clearTimeout(this.#deadline);
    const isFirst = !this.#isOver;
    this.#isOver = true;
    return isFirst;
  }
}

/** The code alone: messages and causes of network errors may quote the request. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code';

/** The JSON object of a response; empty when its body is anything else. */
export function jsonOf({ text }: Pick<HttpResponse, 'text'>): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** A provider's own reading of a response that accepted no mail. */
export interface Refusal {
  /** The provider's words. */
  reason: string | undefined;
  /** The body is an error of the API itself, and not of a proxy in front of it. */
  isOwn: boolean;
  isAccount?: boolean;
  isLimit?: boolean;
  retryAfterMs?: number | undefined;
}

/** The meaning of a response that accepted no mail: certainly not sent, permanently refused, or unknown (ADR 6). */
export function refusedBy({ status }: Pick<HttpResponse, 'status'>, refusal: Refusal): Outcome {
  const reason = `${status} ${refusal.reason ?? ''}`.trim().slice(0, REASON_LENGTH_MAX).toWellFormed();
  const hint = refusal.retryAfterMs === undefined ? {} : { retryAfterMs: refusal.retryAfterMs };
  if (status === 429 || refusal.isLimit) return { kind: 'refused', class: 'rate-limited', reason, status, ...hint };
  if (status === 401 || status === 403 || refusal.isAccount)
    return { kind: 'refused', class: 'account', reason, status };
  if ((status === 500 || status === 503) && refusal.isOwn)
    return { kind: 'refused', class: 'server-error', reason, status, ...hint };
  if (status >= 400 && status < 500) return { kind: 'permanent', class: 'permanent', reason, status };
  return { kind: 'unknown', class: 'gateway', reason, status };
}

/** Before the first written byte the mail is certainly not sent; after it, its outcome is unknown. */
export function withoutResponse(error: unknown): Outcome {
  const { code: reason, isWritten } = error instanceof NoResponse ? error : { code: 'no code', isWritten: true };
  if (!isWritten) return { kind: 'refused', class: 'unreachable', reason };
  return { kind: 'unknown', class: TIMEOUTS.has(reason) ? 'timeout' : 'connection-lost', reason };
}

const textOf = (header: unknown): string =>
  typeof header === 'string' || typeof header === 'number' ? String(header) : '';

/** Retry-After in seconds or as a date, else X-RateLimit-Reset in epoch seconds; undefined without either. */
export function retryAfterMs(headers: Readonly<Record<string, unknown>>, nowMs: number): number | undefined {
  const after = textOf(headers['retry-after']);
  const reset = Number(textOf(headers['x-ratelimit-reset']) || Number.NaN);
  const until = /^\d+$/.test(after) ? nowMs + Number(after) * 1_000 : after ? Date.parse(after) : reset * 1_000;
  return Number.isFinite(until) ? Math.max(0, until - nowMs) : undefined;
}
