import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startNatsCluster, type Cluster, type ClusterNode } from '@leadstream/testing/cluster';
import { eventually } from '@leadstream/testing/eventually';
import { Broker, hasCode } from './broker.ts';
import { Unavailable } from './errors.ts';
import { EventLog } from './log.ts';
import { provision } from './provision.ts';
import {
  aLead,
  claimStep,
  mayGoOut,
  memoryLog,
  now,
  openBroker,
  paused,
  smallFold,
  stepDue,
  tagged,
} from './testing/small-lead.ts';
import { JetStreamTransport } from './transport.ts';

const ANSWER_MS = 1_500;
const STREAMS = ['INTAKE', 'LEADS', 'FEEDBACK', 'QUARANTINE'] as const;

let cluster: Cluster;
/** One connection to each node, and to no other. */
let brokers: readonly [Broker, Broker, Broker];
const on = (node: ClusterNode) => brokers[cluster.nodes.indexOf(node)] ?? brokers[0];
const logOn = (broker: Broker) => new EventLog(broker, smallFold, { source: 'test', now });
const others = (node: ClusterNode) => cluster.nodes.filter((other) => other !== node);
/** Repeats an idempotent call, as a redelivery would. */
const again = <T>(attempt: () => T | Promise<T>) => eventually(attempt);

beforeAll(async () => {
  cluster = await startNatsCluster();
  const [a, b, c] = cluster.nodes;
  brokers = await Promise.all([
    openBroker(a.url, { answerMs: ANSWER_MS }),
    openBroker(b.url, { answerMs: ANSWER_MS }),
    openBroker(c.url, { answerMs: ANSWER_MS }),
  ]);
  // Concurrent, as by services that start at once.
  await Promise.all(
    [...brokers, ...brokers].map((broker) =>
      again(() => provision(broker, { replicas: 3, streams: [...STREAMS] }).then(() => true)),
    ),
  );
  await cluster.whole();
});
afterEach(async () => {
  cluster.heal();
  await cluster.whole();
});
afterAll(async () => {
  await Promise.all((brokers ?? []).map((broker) => broker.close()));
  await cluster?.stop();
});

it('services that race on all nodes provision every stream once, three times kept', async () => {
  const { streams } = await brokers[0].jsm();
  const made = await streams.list().next();
  expect(made.map(({ config: { name, num_replicas } }) => [name, num_replicas]).toSorted()).toEqual(
    [...STREAMS, 'KV_guard'].map((name) => [name, 3]).toSorted(),
  );
});

describe('of appenders that race on all nodes', () => {
  it('one wins each version, and all others see a conflict', async () => {
    const leadId = aLead();
    for (let version = 1; version <= 10; version++) {
      const at = await again(() => logOn(brokers[0]).load(leadId, { leader: true }));
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, racer) =>
          logOn(brokers[racer % 3] ?? brokers[0]).append(at, tagged(`${racer}`), `racer ${racer} of ${version}`),
        ),
      );
      const winners = results.flatMap((result) => ('event' in result ? [result.event] : []));
      expect(winners).toHaveLength(1);
      expect((await logOn(brokers[0]).history(leadId)).slice(version - 1)).toMatchObject([
        { id: winners[0]?.id, seq: winners[0]?.seq, version },
      ]);
    }
  });

  it('a loser gets one of two errors, one of which only a cluster returns', async () => {
    const codes = new Set<number>();
    await eventually(async () => {
      const subject = `leads.${aLead()}.paused`;
      const expect = { lastSubjectSequence: 0, lastSubjectSequenceSubject: subject };
      const results = await Promise.allSettled(
        Array.from({ length: 30 }, (_, racer) =>
          (brokers[racer % 3] ?? brokers[0]).js().publish(subject, '{}', { expect }),
        ),
      );
      for (const result of results)
        if (result.status === 'rejected') codes.add([10071, 10164].find((code) => hasCode(result.reason, code)) ?? 0);
      return codes.has(10164);
    });
    expect([...codes].filter((code) => code !== 10071)).toEqual([10164]);
  });
});

describe('a node that is cut off', () => {
  const stopBehind = async (node: ClusterNode, how: 'hung' | 'reset') => {
    const leadId = aLead();
    const due = (await again(() => logOn(on(node)).decide(leadId, 'due', () => stepDue))).after;
    cluster.partition(node, how);
    const [elsewhere = node] = others(node);
    await again(() => logOn(on(elsewhere)).decide(leadId, 'stop', () => paused));
    return { leadId, due };
  };

  it('lacks a stop: a claim decided there on an old state is never held', async () => {
    const leader = await cluster.leaderOf('LEADS');
    const [follower = leader] = others(leader);
    const { leadId, due } = await stopBehind(follower, 'reset');
    let decided = 0;
    const claiming = logOn(on(follower)).claim(
      leadId,
      (state, claimId) => {
        decided++;
        return claimStep(state, claimId);
      },
      mayGoOut,
      due,
    );
    cluster.heal();
    expect(await claiming).toMatchObject({ held: false, nothing: 'paused', after: { version: 2 } });
    expect(decided).toBe(2);
  });

  it('never grants a claim as a deposed leader', async () => {
    const leader = await cluster.leaderOf('LEADS');
    const { leadId, due } = await stopBehind(leader, 'hung');
    const claiming = logOn(on(leader)).claim(leadId, claimStep, mayGoOut, due);
    cluster.heal();
    expect(await claiming).toMatchObject({ held: false, nothing: 'paused', after: { version: 2 } });
  });

  it.each(['hung', 'reset'] as const)('is left by its clients, which continue on another node: %s', async (how) => {
    const log = memoryLog();
    const broker = Broker.open({ servers: cluster.url, name: 'isolated', answerMs: 500, silenceMs: 1_000 }, log);
    try {
      await broker.ready();
      const node = cluster.nodes.find(({ url }) => url.endsWith(broker.connection().getServer())) ?? cluster.nodes[0];
      cluster.partition(node, how);
      await again(() => logOn(broker).decide(aLead(), 'from elsewhere', () => paused));
      expect(node.url).not.toContain(broker.connection().getServer());
      expect(log.lines.map(({ message }) => message)).toContain(
        'JetStream does not respond here, trying another server',
      );
    } finally {
      await broker.close();
    }
  });
});

describe('while a new leader is elected', () => {
  it('an append is repeated until it is answered, and decided once', async () => {
    const leadId = aLead();
    const leader = await cluster.leaderOf('LEADS');
    const [alive = leader] = others(leader);
    let decided = 0;
    const { after: at } = await again(() => logOn(on(alive)).decide(leadId, 'first', () => stepDue));
    const outcome = await logOn(on(alive)).decide(
      leadId,
      'mine',
      () => {
        decided++;
        void leader.kill();
        return paused;
      },
      at,
    );
    expect(outcome).toMatchObject({ event: { id: 'mine', version: 2 } });
    expect(decided).toBe(1);
    await leader.restart();
    await on(leader).ready();
    expect(await again(() => logOn(on(leader)).history(leadId))).toHaveLength(2);
  });

  it('a consumer loses no message, and continues by itself', async () => {
    const alive = Broker.open({ servers: cluster.url, name: 'consumer', answerMs: ANSWER_MS }, memoryLog());
    const handled = new Set<string>();
    const transport = new JetStreamTransport({
      broker: alive,
      stream: 'LEADS',
      durable: 'sender',
      log: memoryLog(),
      ackWaitMs: 2_000,
    });
    transport.addHandler('lead.step-due', (event: { leadId: string }) => {
      handled.add(event.leadId);
      return Promise.resolve();
    });
    try {
      await alive.ready();
      transport.listen(() => undefined);
      const due = (count: number) =>
        Promise.all(
          Array.from({ length: count }, async () => {
            const leadId = aLead();
            await again(() => logOn(alive).decide(leadId, leadId, () => stepDue));
            return leadId;
          }),
        );
      const first = await due(20);
      await again(() => first.some((leadId) => handled.has(leadId)));
      const { cluster: group } = await again(async () => (await alive.jsm()).consumers.info('LEADS', 'sender'));
      const leader = cluster.nodes.find(({ name }) => name === group?.leader) ?? cluster.nodes[0];
      await leader.kill();
      const second = await due(20);
      await again(() => [...first, ...second].every((leadId) => handled.has(leadId)));
      await leader.restart();
    } finally {
      await transport.close();
      await alive.close();
    }
  });
});

it('without a majority nothing is appended or reported as appended', async () => {
  const [a, b, c] = cluster.nodes;
  await Promise.all([b.kill(), c.kill()]);
  const stopping = new AbortController();
  const leadId = aLead();
  const log = new EventLog(on(a), smallFold, { source: 'test', now, signal: stopping.signal });
  const deciding = log.decide(leadId, 'alone', () => paused, {
    leadId,
    state: smallFold.initial,
    version: 0,
    lastSeq: 0,
  });
  await eventually(() =>
    (on(a).log as ReturnType<typeof memoryLog>).lines.some(
      ({ message }) => message === 'the log does not respond, trying again',
    ),
  );
  stopping.abort();
  await expect(deciding).rejects.toThrow(Unavailable);
  await Promise.all([b.restart(), c.restart()]);
});
