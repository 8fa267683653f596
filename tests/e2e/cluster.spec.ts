import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { nanos } from '@nats-io/transport-node';
import { liveLeads } from '@leadstream/projection/collections';
import { startNatsCluster, type Cluster, type ClusterNode } from '@leadstream/testing/cluster';
import { eventually } from '@leadstream/testing/eventually';
import { isLong } from '@leadstream/testing/long';
import { judge, type Violation } from '../chaos/verdict.ts';
import { freshEmail, lead, mailsTo, startStack, type Stack } from './stack.ts';

const LEADS = 16;
/** Two days are 7 s: some faults fall between a lead's two mails. */
const DELAY_SCALE = '0.00004';
/** The ack wait: messages of a dead node's consumer are redelivered after it, instead of 30 s. */
const ACK_WAIT_MS = 5_000;
const PATIENT = { timeoutMs: 300_000 };

let cluster: Cluster;
let stack: Stack;
beforeAll(async () => {
  cluster = await startNatsCluster();
  stack = await startStack({ env: { NATS_URL: cluster.url, STREAM_REPLICAS: '3', DELAY_SCALE } });
  await redeliverSoon(stack);
});
afterAll(async () => {
  cluster?.heal();
  await stack?.stop();
  await cluster?.stop();
});

async function redeliverSoon({ jsm, logNames }: Stack): Promise<void> {
  for (const stream of ['INTAKE', ...logNames(), 'FEEDBACK']) {
    for await (const { name } of jsm.consumers.list(stream))
      await jsm.consumers.update(stream, name, { ack_wait: nanos(ACK_WAIT_MS) });
  }
}

/**
 * Hands a lead in until it is accepted, as the contract tells its callers to; every third person answers the first
 * mail.
 */
async function follow(email: string, answers: boolean): Promise<void> {
  await eventually(
    async () => (await stack.post(lead(email, 'whitepaper'), { 'idempotency-key': email })).status === 202,
    PATIENT,
  );
  if (!answers) return;
  const { id: messageId } = await eventually(() => mailsTo(stack.sandbox, email)[0], PATIENT);
  await eventually(
    async () => (await stack.client.reply({ messageId, text: 'Could we talk on Thursday?' })).status === 200,
    PATIENT,
  );
}

/**
 * Leads come one after the other, and their ways go on while `fault` happens; then each is judged by its log and its
 * mails.
 */
async function leadsFlowThrough(fault: () => Promise<void>): Promise<Violation[]> {
  const people = Array.from({ length: LEADS }, (_, index) => ({ email: freshEmail(), answers: index % 3 === 0 }));
  const [early, late] = [people.slice(0, LEADS / 2), people.slice(LEADS / 2)];
  const flowing = early.map(({ email, answers }) => follow(email, answers));
  await eventually(() => early.some(({ email }) => mailsTo(stack.sandbox, email).length > 0), PATIENT);
  const faulty = fault();
  flowing.push(...late.map(({ email, answers }) => follow(email, answers)));
  await Promise.all([faulty, ...flowing]);
  await cluster.whole();
  const verdicts = await Promise.all(
    people.map(({ email, answers }) => eventually(() => settled(email, answers), PATIENT)),
  );
  return verdicts.flat();
}

/** The failures of a lead after its run has ended and the read model shows it. */
async function settled(email: string, answers: boolean): Promise<Violation[]> {
  const leadId = stack.idOf(email);
  // The rep is told of an answer by a run of its own.
  await stack.lead(
    email,
    ({ status, phase }) => status === (answers ? 'responded' : 'completed') && phase === 'completed',
  );
  const events = await stack.history(email);
  const document = (await (await liveLeads(stack.db)()).findOne({ _id: leadId })) ?? undefined;
  if (document?.lastSeq !== events.at(-1)?.seq) throw new Error('the read model is behind');
  return judge({
    leadId,
    email,
    events,
    submitted: [`ingest/${email}`],
    mails: stack.sandbox
      .messages()
      .filter(({ custom_args: { lead_id: id } }) => id === leadId)
      .map(({ custom_args }) => custom_args['send_id'] ?? ''),
    told: answers ? ['lead.replied'] : [],
    document,
  });
}

/** A lead that comes while a node is away does not wait for its return. */
async function aLeadGetsItsMail(): Promise<void> {
  const email = freshEmail();
  await follow(email, false);
  await eventually(() => mailsTo(stack.sandbox, email)[0], PATIENT);
}

async function dies(node: ClusterNode): Promise<void> {
  await node.kill();
  await aLeadGetsItsMail();
  await node.restart();
}

/** The leader of the log, or of its first stream. */
const leaderOfLog = (): Promise<ClusterNode> => cluster.leaderOf(stack.logNames()[0] ?? '');

async function aFollower(): Promise<ClusterNode> {
  const leader = await leaderOfLog();
  return cluster.nodes.find((node) => node !== leader) ?? leader;
}

describe('on three NATS nodes', () => {
  afterEach(async () => {
    cluster.heal();
    expect((await stack.jsm.streams.info('QUARANTINE')).state.messages).toBe(0);
  });

  it('all that is kept is kept three times', async () => {
    const kept = await stack.jsm.streams.list().next();
    expect(kept.map(({ config: { name } }) => name)).toEqual(
      expect.arrayContaining(['FEEDBACK', 'INTAKE', 'KV_sequences', ...stack.logNames(), 'QUARANTINE']),
    );
    expect(kept.filter(({ config: { num_replicas } }) => num_replicas !== 3)).toEqual([]);
  });

  it('the leader of the log dies and comes back, and leads flow', async () => {
    const node = await leaderOfLog();
    expect(await leadsFlowThrough(() => dies(node))).toEqual([]);
  });

  // That nothing is lost or decided twice when a node is cut off is shown of the log alone in libs/eventlog.
  if (!isLong) return;

  it('a follower dies and comes back, and leads flow', async () => {
    const node = await aFollower();
    expect(await leadsFlowThrough(() => dies(node))).toEqual([]);
  });

  it('the leader of the log is cut off and comes back, and leads flow', async () => {
    const node = await leaderOfLog();
    expect(
      await leadsFlowThrough(async () => {
        cluster.partition(node, 'hung');
        await aLeadGetsItsMail();
        cluster.heal();
      }),
    ).toEqual([]);
  });
});
