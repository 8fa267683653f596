import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface LossyProxy {
  url: string;
  /** From now on the server hears and is not heard: what it acknowledges is lost. */
  swallow(): void;
  /** Breaks the connections whose answers were lost; new ones are heard again. */
  heal(): void;
  stop(): Promise<void>;
}

/** A loopback TCP proxy before a server, to lose its answers as a network does. */
export async function startLossyProxy(port: number): Promise<LossyProxy> {
  let swallowing = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => {
        sockets.delete(socket);
        (socket === client ? upstream : client).destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (bytes) => void (swallowing || client.write(bytes)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dropAll = () => { for (const socket of sockets) socket.destroy(); };
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallow: () => { swallowing = true; },
    heal: () => { swallowing = false; dropAll(); },
    stop: async () => {
      server.close();
      dropAll();
      await once(server, 'close');
    },
  };
}
