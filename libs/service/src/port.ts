import type { IncomingMessage, RequestListener, Server, ServerOptions } from 'node:http';
import { Connections } from './connections.ts';
import { HeldBytes } from './held-bytes.ts';
import type { Route } from './problem.ts';
import type { Refusals } from './refusals.ts';

const CONNECTIONS_MAX = 2_000;
const HELD_BYTES_MAX = 64 * 1024 * 1024;

interface Service {
  routes: readonly Route[];
  handle: RequestListener;
}

/**
 * The port of a process, its connections, and the memory of their bodies. A request reaches the service that has its
 * method and path, or else its path, and otherwise the first one, which listens.
 */
export class Port {
  readonly connections: Connections;
  readonly held: HeldBytes;
  readonly #refusals: Refusals;
  readonly #services: Service[] = [];
  #server: Server | undefined;

  /** `refusals` counts what is refused before any service has the request. */
  constructor(refusals: Refusals, limits: { connectionsMax?: number; heldBytesMax?: number } = {}) {
    this.#refusals = refusals;
    this.connections = new Connections(limits.connectionsMax ?? CONNECTIONS_MAX, refusals);
    this.held = new HeldBytes(limits.heldBytesMax ?? HELD_BYTES_MAX);
  }

  get isTaken(): boolean {
    return this.#server !== undefined;
  }

  /** Adds a service, whose `routes` may follow; the server is that of the first one. */
  server(options: ServerOptions, service: Service): Server {
    this.#services.push(service);
    return (this.#server ??= this.connections.server(options, (request, response) =>
      this.#serviceOf(request).handle(request, response),
    ));
  }

  close(): void {
    this.connections.close();
    this.#refusals.close();
  }

  #serviceOf({ url = '', method }: IncomingMessage): Service {
    const [first, ...others] = this.#services;
    if (!first) throw new TypeError('a port without a service');
    if (others.length === 0) return first;
    const pathname = url.split('?', 1)[0] ?? url;
    const known = others.flatMap((service) =>
      service.routes.filter(({ pattern }) => pattern.test({ pathname })).map((route) => ({ service, route })),
    );
    // Two services may share a path: one takes what is posted there, the other lists it.
    return (known.find(({ route }) => route.method === method) ?? known[0])?.service ?? first;
  }
}
