import { startNatsCluster } from '@leadstream/testing/cluster';
import { startNats, type Server } from '@leadstream/testing/servers';

/**
 * The server below the log. The two handle races and lost responses differently, and only a cluster lags and elects.
 */
export interface Ground {
  /** Of all servers, comma separated. */
  url: string;
  /** One of them, for a proxy before it. */
  port: number;
  replicas: number;
  /** A test of lost responses waits that long for each. */
  lostMs: number;
  /** The server without which no append succeeds at the moment. */
  leader(): Promise<Server>;
  /** Resolves when it is as before a test killed a part of it. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

export async function onOneServer(): Promise<Ground> {
  const nats = await startNats();
  return {
    url: nats.url,
    port: nats.port,
    replicas: 1,
    lostMs: 300,
    leader: () => Promise.resolve(nats),
    whole: () => Promise.resolve(),
    stop: () => nats.stop(),
  };
}

async function onACluster(): Promise<Ground> {
  const cluster = await startNatsCluster();
  return {
    url: cluster.url,
    port: cluster.nodes[0].port,
    replicas: cluster.nodes.length,
    lostMs: 3_000,
    leader: () => cluster.leaderOf('LEADS'),
    whole: () => cluster.whole(),
    stop: () => cluster.stop(),
  };
}

export type OpenGround = () => Promise<Ground>;
export const grounds: [string, OpenGround][] = [
  ['one server', onOneServer],
  ['a cluster', onACluster],
];
