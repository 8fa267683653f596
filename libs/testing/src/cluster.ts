import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually } from './eventually.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { freePort, startNats, type Server } from './servers.ts';

export interface ClusterNode extends Server {
  name: string;
}

/** Three nats-servers that flush every write, as in production. A node is killed and restarted as any server. */
export interface Cluster {
  /** Of all nodes, comma separated. */
  url: string;
  nodes: readonly [ClusterNode, ClusterNode, ClusterNode];
  leaderOf(stream: string): Promise<ClusterNode>;
  /** Cuts the node's routes to the others; its clients still reach it. `hung`: without a connection error. */
  partition(node: ClusterNode, how?: 'hung' | 'reset'): void;
  heal(): void;
  /** Resolves when every replica of every stream is up to date. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

interface Link {
  between: readonly [from: string, to: string];
  proxy: Proxy;
}

const SETTLED_MS_MAX = 60_000;

export async function startNatsCluster(): Promise<Cluster> {
  const place = async (name: string) => ({ name, port: await freePort() });
  const places = await Promise.all([place('a'), place('b'), place('c')]);
  const [a, b, c] = places;
  const links: Link[] = await Promise.all(
    places.flatMap((to) =>
      places
        .filter((from) => from !== to)
        .map(async (from) => ({ between: [from.name, to.name] as const, proxy: await startProxy(to.port) })),
    ),
  );
  const start = async ({ name, port }: (typeof places)[number]): Promise<ClusterNode> => {
    const routes = links
      .filter(({ between: [from] }) => from === name)
      .map(({ proxy }) => `nats://127.0.0.1:${proxy.port}`);
    const server = await startNats({
      configLines: [
        `server_name: ${name}`,
        'jetstream { sync_interval: always }',
        // Nodes announce each other's addresses, which would bypass the proxies, so the announced address leads
        // nowhere. Clients get no announcements: a test names its nodes.
        `cluster { name: tests, listen: "127.0.0.1:${port}", advertise: "127.0.0.1:1", ` +
          `no_advertise: true, routes: [${[`nats://127.0.0.1:${port}`, ...routes].join(', ')}] }`,
      ],
    });
    return { name, ...server };
  };
  const nodes = await Promise.all([start(a), start(b), start(c)]);
  const cluster = handle(nodes, links);
  // JetStream is ready once three copies of a stream can be kept.
  await settled(
    nodes.map(({ url }) => url),
    async ({ streams }) => {
      await streams.add({ name: 'READY', num_replicas: nodes.length });
      return streams.delete('READY');
    },
  );
  return cluster;
}

function handle(nodes: Cluster['nodes'], links: Link[]): Cluster {
  const isolated = new Set<ClusterNode>();
  const ask = <T>(question: (jsm: JetStreamManager) => Promise<T>) =>
    settled(
      nodes.filter((node) => !isolated.has(node)).map(({ url }) => url),
      question,
    );
  return {
    nodes,
    url: nodes.map(({ url }) => url).join(','),
    leaderOf: (stream) =>
      ask(async ({ streams }): Promise<ClusterNode> => {
        const { cluster } = await streams.info(stream);
        const leader = nodes.find((node) => node.name === cluster?.leader && !isolated.has(node));
        if (!leader) throw new Error(`${stream} has no leader`);
        return leader;
      }),
    partition(node, how = 'hung') {
      isolated.add(node);
      for (const { between, proxy } of links) if (between.includes(node.name)) proxy[how === 'hung' ? 'hang' : 'cut']();
    },
    heal() {
      isolated.clear();
      for (const { proxy } of links) proxy.heal();
    },
    async whole() {
      await ask(async ({ streams }) => {
        const groups = (await streams.list().next()).map(({ cluster }) => cluster);
        return groups.every(
          (group) => group?.leader && group.replicas?.every(({ current, offline }) => current && !offline),
        );
      });
    },
    async stop() {
      for (const { proxy } of links) proxy.heal();
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all(links.map(({ proxy }) => proxy.stop()));
    },
  };
}

/** Queries one of the servers until the answer is neither false nor an error. */
function settled<T>(servers: string[], question: (jsm: JetStreamManager) => Promise<T>) {
  return eventually(
    async () => {
      const nc = await connect({ servers, timeout: 2_000, reconnect: false });
      try {
        return await question(await jetstreamManager(nc, { checkAPI: false, timeout: 2_000 }));
      } finally {
        await nc.close();
      }
    },
    { timeoutMs: SETTLED_MS_MAX, everyMs: 100 },
  );
}
