import { silentLog } from '@leadstream/eventlog/broker';
import type { Recorded } from '@leadstream/contracts/events';
import { Chain } from '@leadstream/eventlog/chain';
import { Keyring } from '@leadstream/eventlog/keyring';
import { leadId } from '@leadstream/lead/identity';
import { liveLeads } from '@leadstream/projection/collections';
import { dialBroker } from '@leadstream/service/dependencies';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Db } from 'mongodb';
import { readLeads } from '@leadstream/verify/log';
import { keyOf, type Person } from './crowd.ts';
import type { Mailbox, Told } from './mailbox.ts';
import type { Order } from './orders.ts';
import type { Seen } from './verdict.ts';

const TYPES = {
  reply: 'lead.replied',
  bounce: 'lead.bounced',
  spamreport: 'lead.complained',
  unsubscribe: 'lead.unsubscribed',
} as const satisfies Record<Told['reaction'], Recorded['type']>;

/** The whole log, by lead, in its order. Throws when an entry is no event, cannot be opened, or is missing. */
export async function readLog(nc: NatsConnection, dataKey: string): Promise<Map<string, Recorded[]>> {
  const events: Recorded[] = [];
  const broker = dialBroker({ NATS_URL: nc.getServer() }, 'evidence', silentLog);
  try {
    await broker.ready();
    const chain = new Chain(broker, new Keyring(broker, [dataKey]));
    for await (const entry of readLeads(broker, { open: (event) => chain.open(event) })) {
      if ('unreadable' in entry) throw new Error(entry.unreadable);
      events.push(entry);
    }
  } finally {
    await broker.close();
  }
  return Map.groupBy(events, (event) => event.leadId);
}

/** The log of these leads as an export for `leadctl verify --file`. */
export const exported = (seen: readonly Seen[]): string =>
  seen
    .flatMap(({ events }) => events)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');

/** Descriptions of the work that is still going on, and of the work that waits for a later day; empty without any. */
export interface Unrest {
  busy: string[];
  later: string[];
}

const HOUR_MS = 3_600_000;

/** A mailbox that has had its mails of a day holds its leads until the next. */
export async function unrest(
  { jsm, db, streams }: { jsm: JetStreamManager; db: Db; streams: readonly string[] },
  mailbox: Mailbox,
  nowMs: number,
): Promise<Unrest> {
  const busy: string[] = [];
  for (const stream of streams) {
    for await (const { name, config, num_pending, num_ack_pending } of jsm.consumers.list(stream)) {
      // A killed process's reader without a name stays for five minutes.
      if (!config.durable_name) continue;
      // A send without a record is looked up for a day.
      const inHand = name === 'lookup' ? 0 : num_ack_pending;
      if (num_pending + inHand > 0)
        busy.push(`${name} has ${num_pending} messages to do and ${num_ack_pending} in hand`);
    }
  }
  const waiting = await (
    await liveLeads(db)()
  )
    .find({ nextActionAt: { $ne: null } }, { projection: { phase: 1, nextActionAt: 1 } })
    .toArray();
  const later: string[] = [];
  for (const { _id, phase, nextActionAt } of waiting) {
    const isLater = Number(nextActionAt) > nowMs + HOUR_MS;
    (isLater ? later : busy).push(`${_id} is ${String(phase)} until ${JSON.stringify(nextActionAt)}`);
  }
  if (mailbox.untold > 0) busy.push(`${mailbox.untold} webhooks are not taken yet`);
  return { busy, later };
}

/** Mails to an unknown recipient, or to another one than their lead and its rep. */
export function strays(crowd: readonly Person[], secret: string, rep: string, { mails }: Mailbox): string[] {
  const emails = new Map(crowd.map(({ email }) => [leadId(secret, email), email]));
  return [...mails.values()]
    .filter(({ to, custom_args }) => {
      const email = emails.get(custom_args['lead_id'] ?? '');
      return email === undefined || (to !== email && to !== rep);
    })
    .map(({ to, subject }) => `a mail to ${to}, who is not who it is about: ${subject}`);
}

/** Joins the observations of each person. */
export async function gather(
  crowd: readonly Person[],
  { LEAD_ID_SECRET: secret, DATA_KEYS: dataKey }: { LEAD_ID_SECRET: string; DATA_KEYS: string },
  it: { nc: NatsConnection; db: Db; mailbox: Mailbox },
  orders: readonly Order[] = [],
): Promise<Seen[]> {
  // In this order: without a rest, a document may be behind the log, and is never ahead of it.
  const documents = new Map(
    (await (await liveLeads(it.db)()).find().toArray()).map((document) => [document._id, document]),
  );
  const log = await readLog(it.nc, dataKey);
  const mails = Map.groupBy(it.mailbox.mails.values(), ({ custom_args }) => custom_args['lead_id'] ?? '');
  return crowd.map(({ email, submissions }) => {
    const id = leadId(secret, email);
    return {
      leadId: id,
      email,
      events: log.get(id) ?? [],
      submitted: submissions.map(keyOf),
      document: documents.get(id),
      mails: (mails.get(id) ?? []).map(({ custom_args }) => custom_args['send_id'] ?? ''),
      orders: orders.filter((order) => order.leadId === id),
      told: it.mailbox.told.filter((told) => told.email === email).map(({ reaction }) => TYPES[reaction]),
    };
  });
}
