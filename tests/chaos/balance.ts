import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * One address for several processes of a kind, like a Service in Kubernetes: each connection goes to the next process
 * that accepts it, and is reset when none does. A connection breaks with its process.
 */
export async function balance(port: number, ports: readonly number[]): Promise<{ stop(): Promise<void> }> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer((near) => {
    open.add(near.on('error', () => undefined).on('close', () => open.delete(near)));
    const first = turn++;
    const attempt = (tried: number) => {
      const place = ports[(first + tried) % ports.length];
      if (place === undefined || tried === ports.length) return void near.resetAndDestroy();
      const far = connect(place, '127.0.0.1');
      far
        .once('connect', () => {
          far
            .on('close', () => near.destroy())
            .pipe(near)
            .pipe(far);
          near.on('close', () => far.destroy());
        })
        .once('error', () => {
          if (far.connecting || far.bytesRead + far.bytesWritten === 0) attempt(tried + 1);
          else near.destroy();
        });
    };
    attempt(0);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
