import { Client } from '@sendgrid/client';
import { EnvHttpProxyAgent, type Dispatcher } from 'undici';

/** A sender handles 32 messages at most (libs/eventlog/src/transport.ts), so no call waits for a connection. */
const CONNECTIONS_MAX = 32;
/** More than any response of the API; a longer body is not read, and the status alone decides. */
const BODY_BYTES_MAX = 64 * 1024;

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

interface Request {
  url: string;
  method: 'POST';
  body: object;
}
/** `body`: the JSON object of the response; empty when it was anything else. */
export interface Response {
  statusCode: number;
  headers: Record<string, unknown>;
  body: object;
}

export interface ClientSettings {
  apiKey: string;
  baseUrl: string;
  timeoutMs: number;
}

/**
 * Sends the requests of @sendgrid/mail by undici: kept connections, one deadline from the connection to the last byte
 * of the response, no repetition, no redirect. Every status is a response; throws NoResponse and nothing else. The
 * usual variables name a proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
 */
export class KeptConnections extends Client {
  readonly #agent: EnvHttpProxyAgent;
  readonly #origin: string;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  readonly #timeoutMs: number;

  constructor({ apiKey, baseUrl, timeoutMs }: ClientSettings) {
    super();
    const { origin, pathname } = new URL(baseUrl);
    this.#origin = origin;
    this.#path = pathname.replace(/\/$/, '');
    this.#headers = {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'leadstream',
    };
    this.#timeoutMs = timeoutMs;
    // HTTP/2 would send several mails on one connection: its end would leave all of them unknown.
    this.#agent = new EnvHttpProxyAgent({
      connections: CONNECTIONS_MAX,
      pipelining: 1,
      allowH2: false,
      connectTimeout: timeoutMs,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** `data.headers` are the mail's own, which are in its body too: the API needs them there only. */
  override request({ url, method, body }: Request): Promise<[Response, object]> {
    const { promise, resolve, reject } = Promise.withResolvers<[Response, object]>();
    const call = new Call(this.#timeoutMs, (response) => resolve([response, response.body]), reject);
    const options = {
      origin: this.#origin,
      path: this.#path + url,
      method,
      headers: this.#headers,
      body: JSON.stringify(body),
    };
    try {
      this.#agent.dispatch(options, call);
    } catch (error) {
      call.onResponseError(undefined, error);
    }
    return promise;
  }
}

/** One request. Ends once, by its response, its failure or its deadline. */
class Call implements Dispatcher.DispatchHandler {
  readonly #deadline: NodeJS.Timeout;
  readonly #done: (response: Response) => void;
  readonly #failed: (error: NoResponse) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #bytes = 0;
  #head: Pick<Response, 'statusCode' | 'headers'> | undefined;
  #isOver = false;

  constructor(timeoutMs: number, done: (response: Response) => void, failed: (error: NoResponse) => void) {
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

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, unknown>,
  ): void {
    if (statusCode >= 200) this.#head = { statusCode, headers };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= BODY_BYTES_MAX) return void this.#chunks.push(chunk);
    this.#respond({});
    controller.abort(new Error('the response is too long'));
  }

  onResponseEnd(): void {
    this.#respond(parsed(Buffer.concat(this.#chunks).toString()));
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#fail(codeOf(error));
  }

  #abort(code: string): void {
    const controller = this.#controller;
    this.#fail(code);
    controller?.abort(new Error(code));
  }

  #respond(body: object): void {
    if (this.#head && this.#end()) this.#done({ ...this.#head, body });
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

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The code alone: messages and causes of network errors may quote the request. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code';
