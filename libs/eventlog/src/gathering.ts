import type { Socket } from 'node:net';
import { NatsConnectionImpl, setTransportFactory } from '@nats-io/nats-core/internal';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import './client-patch.ts';
import { nodeResolveHost, NodeTransport } from '@nats-io/transport-node/lib/node_transport.js';

/**
 * The client writes each request to the socket separately, and a write is the largest cost, here and in the server (a
 * third of its time, tests/bench). Requests of one turn of the event loop are sent in one write at its end.
 */
class GatheringTransport extends NodeTransport {
  #corked: Socket | undefined;

  override send(frame: Uint8Array): void {
    const { socket } = this;
    if (socket && socket !== this.#corked) {
      this.#corked = socket;
      socket.cork();
      setImmediate(() => {
        this.#corked = undefined;
        socket.uncork();
      });
    }
    super.send(frame);
  }
}

/** Replaces the client's own `connect`. */
export function connect(options: NodeConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new GatheringTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
