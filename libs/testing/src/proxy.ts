import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** From now on requests arrive and responses are lost. */
  swallow(): void;
  /** From now on nothing arrives in either direction, without an error: the effect of an unplugged cable. */
  hang(): void;
  /** Resets all connections, and every new one. */
  cut(): void;
  /** Delivers the held data; connections that lost data break, and new ones are served again. */
  heal(): void;
  stop(): Promise<void>;
}

type Way = 'open' | 'swallowing' | 'hung' | 'cut';
type Pair = readonly [near: Socket, far: Socket];

function flow([near, far]: Pair, way: Way): void {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.unpipe(to);
    if (way === 'hung') from.pause();
    else if (way === 'swallowing' && from === far) from.resume();
    else from.pipe(to);
  }
}

/** A loopback TCP proxy in front of a server that treats its connections as a network does. */
export async function startProxy(port: number): Promise<Proxy> {
  let way: Way = 'open';
  const pairs = new Set<Pair>();
  const server = createServer((near) => {
    near.on('error', () => undefined);
    if (way === 'cut') return void near.resetAndDestroy();
    const pair: Pair = [near, connect(port, '127.0.0.1')];
    pairs.add(pair);
    for (const socket of pair) {
      // A hung network does not report a closed peer either.
      socket
        .on('error', () => undefined)
        .on('close', () => {
          if (way !== 'hung') drop(pair);
        });
    }
    flow(pair, way);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const drop = (pair: Pair) => {
    pairs.delete(pair);
    for (const socket of pair) if (!socket.destroyed) socket.resetAndDestroy();
  };
  const become = (next: Way) => {
    if (next === way) return;
    const lost = way === 'swallowing' || next === 'cut';
    way = next;
    for (const pair of pairs) {
      if (lost || pair.some((socket) => socket.destroyed)) drop(pair);
      else flow(pair, way);
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => become('swallowing'),
    hang: () => become('hung'),
    cut: () => become('cut'),
    heal: () => become('open'),
    stop: async () => {
      become('cut');
      server.close();
      await once(server, 'close');
    },
  };
}
