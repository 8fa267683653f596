import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { faultOf } from './framing.ts';
import { Lingering } from './lingering.ts';
import { networkOf } from './network.ts';
import { dropBytes } from './prefix.ts';
import { HEADERS, PROBLEM_TYPE, problemBody } from './problem.ts';
import { NO_ROUTE, REFUSALS, type Reason, type Refusals } from './refusals.ts';
import { isTrusted } from './request-body.ts';

/** One connection, and the last request on it. */
interface Peer {
  readonly socket: Socket;
  readonly party: string;
  request?: IncomingMessage;
  /** Set until its response has ended. */
  response: ServerResponse | undefined;
  /** The connection gets no further response; the bytes it still sends are discarded. */
  closing: boolean;
}

/** From this number on a new connection replaces another; the rest is room for connections of the same instant. */
const FULL = 0.95;
/** The usual number of open connections of one network. */
const FEW = 2;
const RETRY_AFTER_SECONDS = 5;
/** Time limit of unfinished bodies after the stop signal; well below the 25 s of the whole stop. */
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
 * The connections of a service: their number, which one closes when there are too many, and refusals before a route is
 * known. A response that is sent before the whole request was received reaches its caller: the rest is read and
 * discarded, within limits, because a reset would discard the response (RFC 9112, 9.6).
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
        // Until a CONNECT's body is read, its stream is only a view of the socket.
        .on('connect', ({ socket }) => this.#answer(socket, { reason: 'connect', detail: 'This is no proxy' }))
    );
  }

  /** For Fastify's `clientErrorHandler`. */
  onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const peer = this.#peers.get(socket);
    // Bytes after the last response belong to no request.
    if (peer?.closing) return;
    // The caller sends more, although it asked for the connection's end.
    if (peer && error.code === 'HPE_CLOSED_CONNECTION') {
      peer.closing = true;
      return;
    }
    const { request, response } = peer ?? {};
    // A response has begun, or its request is still being received: the caller would take a second response for that of
    // its next request.
    const isAnswered = response?.headersSent ?? request?.complete === false;
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) return void socket.destroy();
    const refused: Refused = {
      reason: PARSER[error.code ?? ''] ?? 'unreadable',
      detail: 'This is no request that could be read',
    };
    if (response && request?.complete) {
      // The response to the earlier request comes first, and is the last one.
      response.shouldKeepAlive = false;
      if (peer) peer.closing = true;
      this.#refusals.add(NO_ROUTE, refused.reason);
    } else this.#answer(socket, refused);
  }

  /**
   * Accepts no further request. Lingering connections end at once, those with an unfinished body after `STOP_BODY_MS`.
   */
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
    // Node calls it after a response with `connection: close`, even when the request is incomplete.
    socket.destroySoon = () => this.#closeSoon(peer);
    if (this.#peers.size > this.#max * FULL) this.#makeRoom();
  }

  /** Undefined: continue; null: a request on a connection that already had its last response. */
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

  /** The last response on its connection: the end of a refused message is unknown, and so is the next one's start. */
  #refuse({ socket }: IncomingMessage, response: ServerResponse, { reason, detail }: Refused): void {
    const peer = this.#peers.get(socket);
    if (peer) peer.closing = true;
    const { status } = REFUSALS[reason];
    const { text } = problemBody(reason, detail);
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

  /** Like `#refuse`, for a socket without a response object. */
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

  /** Ends our half and discards further bytes before Node's parser, which must not find a request in them. */
  #drain(socket: Socket): void {
    const peer = this.#peers.get(socket);
    if (peer) peer.closing = true;
    socket.end();
    socket.removeAllListeners('data');
    socket.on('data', dropBytes).resume();
    this.#lingering.add(socket);
  }

  /**
   * Closes one connection of the network that has the most: first one that was answered or waits for its next request,
   * then the one that has waited longest for the rest of its request. A complete request is never cut off.
   */
  #makeRoom(): void {
    const parties = Map.groupBy(this.#peers.values(), ({ party }) => party);
    const [[, heaviest] = ['', []]] = [...parties].sort(([, a], [, b]) => b.length - a.length);
    const all = [...this.#peers.values()];
    // With one or two connections each, no network is the cause: the oldest of all closes.
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
  const { status, title, text } = problemBody(reason, detail);
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
