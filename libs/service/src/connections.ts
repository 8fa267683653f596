import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { faultOf } from './framing.ts';
import { Lingering } from './lingering.ts';
import { networkOf } from './network.ts';
import { HEADERS, PROBLEM_TYPE, problemBody } from './problem.ts';
import { NO_ROUTE, REFUSALS, type Reason, type Refusals } from './refusals.ts';
import { isTrusted } from './request-body.ts';

/** One connection, and the last request on it. */
interface Peer {
  readonly socket: Socket;
  readonly party: string;
  request?: IncomingMessage;
  /** While it is under way. */
  response: ServerResponse | undefined;
  /** It gets no further answer; what it still sends is thrown away. */
  closing: boolean;
}

/**
 * From here on a new connection takes the place of another: some room is left for those that come at the same instant.
 */
const FULL = 0.95;
/** Connections that one network usually has open. */
const FEW = 2;
const RETRY_AFTER_SECONDS = 5;
/** How long bodies under way may take once the service is to stop; well below the 25 s that it has. */
const STOP_BODIES_AFTER_MS = 10_000;

/** Errors of Node's parser, which rejects the bytes before they become a request. */
const PARSER: Record<string, Reason> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'too-slow',
  HPE_HEADER_OVERFLOW: 'headers',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'headers',
  HPE_INVALID_VERSION: 'version',
  HPE_INVALID_TRANSFER_ENCODING: 'framing',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'framing',
  HPE_INVALID_CONTENT_LENGTH: 'framing',
  HPE_INVALID_EOF_STATE: 'hung-up',
};

interface Refused {
  reason: Reason;
  detail: string;
}

/**
 * The connections of a service: how many there are, which of them makes room when there are too many, and what is
 * refused
 * before a route is known. An answer that is sent before the whole request has come reaches its caller: the rest is
 * read
 * and thrown away, within limits, instead of being answered by a reset (RFC 9112, 9.6).
 */
export class Connections {
  readonly #peers = new Map<Socket, Peer>();
  readonly #max: number;
  readonly #refusals: Refusals;
  readonly #lingering = new Lingering();
  #stopping: NodeJS.Timeout | undefined;

  constructor(max: number, refusals: Refusals) {
    this.#max = max;
    this.#refusals = refusals;
  }

  get count(): number {
    return this.#peers.size;
  }

  server(options: ServerOptions, handle: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const server = createServer({ ...options, requireHostHeader: false }, (request, response) => {
      const refused = this.#admit(request, response);
      if (refused) this.#refuse(request, response, refused);
      else if (refused === undefined) handle(request, response);
    });
    server.maxConnections = this.#max;
    return (
      server
        .on('connection', (socket) => this.#take(socket))
        .on('drop', () => this.#refusals.add(NO_ROUTE, 'connections'))
        .on('checkContinue', (request, response) => server.emit('request', request, response))
        .on('checkExpectation', (request, response) => {
          if (this.#admit(request, response) === undefined)
            this.#refuse(request, response, { reason: 'expectation', detail: 'Only 100-continue can be expected' });
        })
        // Before its body has come, a CONNECT's stream is only a view of the socket.
        .on('connect', ({ socket }) => this.#answer(socket, { reason: 'connect', detail: 'This is no proxy' }))
    );
  }

  /** For Fastify's `clientErrorHandler`. */
  onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const peer = this.#peers.get(socket);
    // The bytes that follow an answer are nobody's request.
    if (peer?.closing) return;
    // The caller asked for its last answer, and sends more all the same.
    if (peer && error.code === 'HPE_CLOSED_CONNECTION') {
      peer.closing = true;
      return;
    }
    const { request, response } = peer ?? {};
    // An answer has begun, or its request still comes: another one would be taken for the next request's.
    const isAnswered = response?.headersSent ?? request?.complete === false;
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) return void socket.destroy();
    const refused: Refused = {
      reason: PARSER[error.code ?? ''] ?? 'unreadable',
      detail: 'This is no request that could be read',
    };
    if (response && request?.complete) {
      // The answer to the request before it comes first, and is the last one.
      response.shouldKeepAlive = false;
      if (peer) peer.closing = true;
      this.#refusals.add(NO_ROUTE, refused.reason);
    } else this.#answer(socket, refused);
  }

  /** No further request is taken. What lingers is dropped at once, a body under way after a while. */
  stop(): void {
    this.#lingering.close();
    this.#stopping ??= setTimeout(() => {
      for (const { socket, request, response } of this.#peers.values())
        if (!response || !request?.complete) socket.destroy();
    }, STOP_BODIES_AFTER_MS).unref();
  }

  close(): void {
    clearTimeout(this.#stopping);
    this.#lingering.close();
  }

  #take(socket: Socket): void {
    const peer: Peer = { socket, party: networkOf(socket.remoteAddress), response: undefined, closing: false };
    this.#peers.set(socket, peer);
    socket.once('close', () => this.#peers.delete(socket));
    // Node calls it after an answer with `connection: close`, whether or not the request has come whole.
    socket.destroySoon = () => this.#closeSoon(peer);
    if (this.#peers.size > this.#max * FULL) this.#makeRoom();
  }

  /** Undefined: goes on; null: a request on a connection that has had its last answer. */
  #admit(request: IncomingMessage, response: ServerResponse): Refused | null | undefined {
    const peer = this.#peers.get(request.socket);
    if (!peer || peer.closing) return null;
    peer.request = request;
    peer.response = response;
    response.once('finish', () => {
      if (peer.response === response) peer.response = undefined;
      if (!request.complete && !peer.closing) this.#lingering.add(peer.socket, request);
    });
    if (this.#stopping) return { reason: 'stopping', detail: 'This process is about to stop; send it again' };
    return faultOf(request);
  }

  /** The last answer on its connection: where a message ends that is refused is anybody's guess. */
  #refuse({ socket }: IncomingMessage, response: ServerResponse, { reason, detail }: Refused): void {
    const peer = this.#peers.get(socket);
    if (peer) peer.closing = true;
    const { status } = REFUSALS[reason];
    const { text } = problemBody(status, detail);
    this.#refusals.add(NO_ROUTE, reason);
    response
      .writeHead(status, {
        ...HEADERS,
        ...retryAfter(status),
        'content-type': PROBLEM_TYPE,
        'content-length': Buffer.byteLength(text),
        connection: 'close',
      })
      .end(text);
  }

  /** As `#refuse`, where there is no response object. */
  #answer(socket: Socket, { reason, detail }: Refused): void {
    this.#refusals.add(NO_ROUTE, reason);
    if (!socket.writable) return void socket.destroy();
    socket.write(rawAnswer(reason, detail));
    this.#drain(socket);
  }

  #closeSoon({ socket, request, closing }: Peer): void {
    if (request?.complete && !closing) Socket.prototype.destroySoon.call(socket);
    else this.#drain(socket);
  }

  /** Ends our half and throws away what still comes, past Node's parser: it must find no further request in it. */
  #drain(socket: Socket): void {
    const peer = this.#peers.get(socket);
    if (peer) peer.closing = true;
    socket.end();
    socket.removeAllListeners('data');
    socket.on('data', () => undefined).resume();
    this.#lingering.add(socket);
  }

  /**
   * Of the network with the most connections one makes room: first what is answered already or waits for its next
   * request,
   * then what has waited longest for the rest of its request. A request that has come whole is never cut off.
   */
  #makeRoom(): void {
    const parties = Map.groupBy(this.#peers.values(), ({ party }) => party);
    const [[, heaviest] = ['', []]] = [...parties].sort(([, a], [, b]) => b.length - a.length);
    const all = [...this.#peers.values()];
    // One or two each: then nobody is to blame, and the oldest of all goes.
    const oldestFirst = heaviest.length > FEW ? heaviest : all;
    const peer = oldestFirst.find(isIdle) ?? oldestFirst.find(isWaitedFor) ?? all.find(isIdle) ?? all.find(isWaitedFor);
    if (!peer) return;
    this.#peers.delete(peer.socket);
    if (isIdle(peer)) return void peer.socket.destroy();
    this.#refusals.add(NO_ROUTE, 'connections');
    peer.closing = true;
    if (!peer.socket.writable || peer.response?.headersSent) return void peer.socket.destroy();
    peer.socket.end(rawAnswer('connections', 'Too many connections; send it again'), () => peer.socket.destroy());
  }
}

const isIdle = ({ closing, request, response }: Peer): boolean =>
  closing || (request !== undefined && response === undefined);
const isWaitedFor = ({ request }: Peer): boolean => request === undefined || (!request.complete && !isTrusted(request));

const retryAfter = (status: number): object => (status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {});

function rawAnswer(reason: Reason, detail: string): string {
  const { status, title, text } = problemBody(REFUSALS[reason].status, detail);
  const headers = {
    ...HEADERS,
    ...retryAfter(status),
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  };
  return `HTTP/1.1 ${status} ${title}\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${text}`;
}
