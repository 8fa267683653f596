import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * Runs `work` over a connection to the NATS server on `port` that ends for ever at its message number `at` since
 * `begin`, which `arrives` or does not; returns whether that message was reached.
 */
export async function dies(
  port: number,
  at: number,
  arrives: boolean,
  work: (url: string, signal: AbortSignal, begin: () => void) => Promise<unknown>,
): Promise<boolean> {
  const dead = new AbortController();
  const sockets = new Set<Socket>();
  let seen = -Infinity;
  const begin = (): void => {
    seen = 0;
  };
  const server = createServer((near) => {
    if (dead.signal.aborted) return void near.resetAndDestroy();
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    far
      .on('data', (chunk: Buffer) => {
        if (!dead.signal.aborted) near.write(chunk);
      })
      .on('close', () => near.destroy());
    near
      .on('close', () => far.end())
      .on('data', (chunk: Buffer) => {
        seen += chunk.toString('latin1').match(/(^|\r\n)H?PUB /g)?.length ?? 0;
        const isLast = seen >= at;
        if (!isLast || arrives) far.write(chunk);
        if (!isLast) return;
        dead.abort();
        near.resetAndDestroy();
        if (arrives) far.end();
        else far.destroy();
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: near } = server.address() as AddressInfo;
  await work(`nats://127.0.0.1:${near}`, dead.signal, begin).catch(() => undefined);
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
  return dead.signal.aborted;
}
