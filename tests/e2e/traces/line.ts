import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Line = Awaited<ReturnType<typeof startLine>>;

/** The line to a provider on 127.0.0.1, on which its answers can be held up. */
export async function startLine(port: number) {
  let { promise: way, resolve: free } = Promise.withResolvers<void>();
  free();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const provider = connect(port, '127.0.0.1');
    for (const socket of [client, provider]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('close', () => provider.destroy()).pipe(provider);
    void answer(provider, client, () => way);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on the provider hears and is not heard. */
    hold: () => {
      ({ promise: way, resolve: free } = Promise.withResolvers<void>());
    },
    /** Delivers the data written in the meantime. */
    free: () => free(),
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function answer(provider: Socket, client: Socket, free: () => Promise<void>): Promise<void> {
  try {
    for await (const bytes of provider) {
      await free();
      client.write(bytes as Buffer);
    }
    client.end();
  } catch {
    // The provider broke the connection, and so does the line.
    client.destroy();
  }
}
