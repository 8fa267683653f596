import { startProxy, type Proxy } from '@leadstream/testing/proxy';

export type LossyProxy = Proxy & { url: string };

/** A proxy in front of a NATS server that loses its responses as a network does. */
export async function startLossyProxy(port: number): Promise<LossyProxy> {
  const proxy = await startProxy(port);
  return { ...proxy, url: `nats://127.0.0.1:${proxy.port}` };
}
