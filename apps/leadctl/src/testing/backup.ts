import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ACCOUNTS_BUCKET, GUARD_BUCKET, SEQUENCES_BUCKET } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { durableConsumer } from '@leadstream/eventlog/consumer';
import { EventLog } from '@leadstream/eventlog/log';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { eventually } from '@leadstream/testing/eventually';
import { provision } from '@leadstream/eventlog/provision';
import { OperationsStream } from '@leadstream/eventlog/operations-stream';
import { PublicStream } from '@leadstream/eventlog/public-stream';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { enrolled, submission } from '@leadstream/testing/builders';
import { Kvm } from '@nats-io/kv';
import { headers } from '@nats-io/transport-node';

export const STREAMS = ['INTAKE', 'FEEDBACK', 'LEADS', 'QUARANTINE', 'PUBLIC', 'OPERATIONS'] as const;
const BIG_BYTES = 1_000_000;

export async function dial(url: string): Promise<Broker> {
  const broker = Broker.open({ servers: url, name: 'backup test' }, silentLog);
  await broker.ready();
  return broker;
}

export const logOf = (broker: Broker) =>
  new EventLog<LeadState>(broker, leadFold, {
    source: 'test',
    now: () => Temporal.Instant.from('2026-11-23T09:00:00Z'),
  });
/** One of nine leads. */
export const leadOf = (number: number): string => `00000000-0000-8000-8000-00000000000${number}`;

/** Two leads under way, one event acknowledged, one in hand; what came in is larger than what is sent ahead. */
export async function fill(broker: Broker, replicas = 1): Promise<void> {
  await provision(broker, { replicas, streams: [...STREAMS] });
  for (const lead of [1, 2]) {
    await tell(
      broker,
      await logOf(broker).decide(leadOf(lead), `run-${lead}`, () => ({ type: 'lead.triaged', data: submission() })),
    );
    await logOf(broker).decide(leadOf(lead), `enrolled-${lead}`, () => enrolled({}, `run-${lead}`));
  }
  const consumer = await durableConsumer(broker, { stream: 'LEADS', durable: 'scheduler' });
  const [first] = [await consumer.next(), await consumer.next()];
  await first?.ackAck();
  const head = headers();
  head.set('ce-id', 'of the caller');
  for (let count = 0; count < 6; count++)
    await eventually(() => broker.js().publish('lead.created', randomBytes(BIG_BYTES), { headers: head }));
  // A deleted message leaves a hole, and stays deleted.
  await (await broker.jsm()).streams.deleteMessage('INTAKE', 2);
  await put(broker, SEQUENCES_BUCKET, ['nurture.1', 'nurture.active', 'nurture.active']);
  await put(broker, ACCOUNTS_BUCKET, ['sendgrid.pace']);
  await operated(broker, 'then');
  await put(broker, 'keys', [leadOf(1)]);
  await put(broker, GUARD_BUCKET, ['epoch']);
}

export const operated = (broker: Broker, why: string): Promise<void> =>
  eventually(async () => {
    const at = new Date().toISOString();
    const id = crypto.randomUUID();
    await new OperationsStream(broker).append({ type: 'account.paused', id, at, account: 'sendgrid', by: 'ana', why });
    return true;
  }).then(() => undefined);

/** Publishes an event's outcome, as the projector does; another team has a consumer that has read none. */
async function tell(broker: Broker, outcome: Awaited<ReturnType<ReturnType<typeof logOf>['decide']>>): Promise<void> {
  if (!('event' in outcome)) throw new Error('nothing was appended');
  const { leadId } = outcome.event;
  const data = { leadId, submission: { source: 'shop', id: 'order/7' }, isNew: true };
  await new PublicStream(broker).append(outcome.event, { type: 'lead.accepted', data }, 0);
  await durableConsumer(broker, { stream: 'PUBLIC', durable: 'shop' });
}

export async function put(broker: Broker, bucket: string, keys: string[], value = 'then'): Promise<void> {
  const kv = await new Kvm(broker.js()).create(bucket);
  // On a cluster its leader is elected after it is made; until every server knows of it there is no responder.
  for (const key of keys) await eventually(() => kv.put(key, value));
}

export const valueOf = async (broker: Broker, bucket: string, key: string) => {
  const entry = await (await new Kvm(broker.js()).open(bucket)).get(key);
  return entry && { value: entry.string(), revision: entry.revision };
};

export const namesIn = async (broker: Broker): Promise<string[]> => {
  const names: string[] = [];
  for await (const name of (await broker.jsm()).streams.names()) names.push(name);
  return names.sort();
};

export async function deleteStreams(broker: Broker): Promise<void> {
  for (const name of await namesIn(broker)) await (await broker.jsm()).streams.delete(name);
}

export const lastIn = async (broker: Broker, stream: string): Promise<number> =>
  (await (await broker.jsm()).streams.info(stream)).state.last_seq;

export const holdOf = async (broker: Broker) => (await new GuardRecords(broker, 1).read())?.hold ?? null;

/** Changes one bit of the file. */
export async function flip(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 1_000);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, 1_000);
}

export async function contentOf(broker: Broker, stream: string) {
  const { streams, consumers } = await broker.jsm();
  const { config, state } = await streams.info(stream);
  const messages = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const stored = await streams.getMessage(stream, { seq });
    messages.push(
      stored && {
        seq,
        subject: stored.subject,
        time: stored.timestamp,
        headers: [...(stored.header ?? [])],
        data: Buffer.from(stored.data).toString('base64'),
      },
    );
  }
  const told = [];
  for await (const {
    name,
    config: { filter_subjects },
    delivered,
    ack_floor,
    num_pending,
  } of consumers.list(stream)) {
    told.push({ name, filter_subjects, delivered: delivered.stream_seq, floor: ack_floor.stream_seq, num_pending });
  }
  return { subjects: config.subjects, retention: config.max_age, discard: config.discard, messages, consumers: told };
}
