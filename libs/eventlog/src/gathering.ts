import type { Socket } from 'node:net';
import { NatsConnectionImpl, setTransportFactory } from '@nats-io/nats-core/internal';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { nodeResolveHost, NodeTransport } from '@nats-io/transport-node/lib/node_transport.js';

/**
 * The client hands each request to the socket by itself, and a write is what costs most, here and in the server (a
 * third
 * of its time, tests/bench). What is sent in one turn of the event loop leaves in one write at its end.
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

/** As the client's own `connect`. */
export function connect(options: NodeConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new GatheringTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
