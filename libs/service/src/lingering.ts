import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** The size of one mail with its form: a caller that sends more after its response is cut off. */
const BYTES_MAX = 34 * 1024 * 1024;
const MAX_MS = 30_000;
const SILENT_MS = 5_000;
const LOOK_EVERY_MS = 250;
/** With more at once, the callers do not read their responses. */
const CONNECTIONS_MAX = 500;

interface Rest {
  request: IncomingMessage | undefined;
  sinceMs: number;
  sinceBytes: number;
  movedAtMs: number;
  movedBytes: number;
}

/**
 * Connections whose response was sent before their request was complete. An earlier close would be a reset, which hides
 * the response from many callers. Each is cut off after 34 MiB, 30 s, or 5 s without a byte; the oldest when there are
 * more than 500.
 */
export class Lingering {
  readonly #rests = new Map<Socket, Rest>();
  #timer: NodeJS.Timeout | undefined;

  /** Without `request` it lasts until the connection ends. */
  add(socket: Socket, request?: IncomingMessage): void {
    if (socket.destroyed) return;
    const [oldest] = this.#rests.keys();
    if (oldest && this.#rests.size >= CONNECTIONS_MAX) this.#cut(oldest);
    const now = performance.now();
    this.#rests.set(socket, {
      request,
      sinceMs: now,
      sinceBytes: socket.bytesRead,
      movedAtMs: now,
      movedBytes: socket.bytesRead,
    });
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Cuts all of them off. */
  close(): void {
    for (const socket of this.#rests.keys()) socket.destroy();
    this.#rests.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #cut(socket: Socket): void {
    this.#rests.delete(socket);
    socket.destroy();
  }

  #look(): void {
    const now = performance.now();
    for (const [socket, rest] of this.#rests) {
      if (socket.bytesRead > rest.movedBytes) Object.assign(rest, { movedAtMs: now, movedBytes: socket.bytesRead });
      if (socket.destroyed || rest.request?.complete) this.#rests.delete(socket);
      else if (
        now - rest.sinceMs > MAX_MS ||
        now - rest.movedAtMs > SILENT_MS ||
        socket.bytesRead - rest.sinceBytes > BYTES_MAX
      ) {
        this.#cut(socket);
      }
    }
    if (this.#rests.size === 0) this.close();
  }
}
