import { parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import { liveLeads } from '@leadstream/projection/collections';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Db } from 'mongodb';
import { keyOf, type Person } from './crowd.ts';
import type { Mailbox, Told } from './mailbox.ts';
import type { Seen } from './verdict.ts';

const TYPES = { reply: 'lead.replied', bounce: 'lead.bounced', spamreport: 'lead.complained', unsubscribe: 'lead.unsubscribed' } as const satisfies Record<Told['reaction'], Recorded['type']>;

/** The whole log, by lead, in its order. */
export async function readLog(nc: NatsConnection): Promise<Map<string, Recorded[]>> {
  const last = (await (await jetstreamManager(nc)).streams.info('LEADS')).state.last_seq;
  const events: Recorded[] = [];
  if (last > 0) {
    for await (const message of await (await jetstream(nc).consumers.get('LEADS')).consume()) {
      events.push(parseRecorded(message));
      if (message.seq >= last) break;
    }
  }
  return Map.groupBy(events, (event) => event.leadId);
}

/** What is still going on, in words; empty when nothing is. */
export async function unrest(jsm: JetStreamManager, db: Db, mailbox: Mailbox): Promise<string[]> {
  const busy: string[] = [];
  for (const stream of ['INTAKE', 'LEADS', 'FEEDBACK']) {
    for await (const { name, num_pending, num_ack_pending } of jsm.consumers.list(stream)) {
      if (num_pending + num_ack_pending > 0) busy.push(`${name} has ${num_pending} messages to do and ${num_ack_pending} in hand`);
    }
  }
  const waiting = await (await liveLeads(db)()).find({ nextActionAt: { $ne: null } }, { projection: { phase: 1, nextActionAt: 1 } }).toArray();
  busy.push(...waiting.map(({ _id, phase, nextActionAt }) => `${_id} is ${String(phase)} until ${JSON.stringify(nextActionAt)}`));
  if (mailbox.untold > 0) busy.push(`${mailbox.untold} webhooks are not taken yet`);
  return busy;
}

/** Mails that went to nobody who came, or to somebody else than the lead they are about and its rep. */
export function strays(crowd: readonly Person[], secret: string, rep: string, { mails }: Mailbox): string[] {
  const emails = new Map(crowd.map(({ email }) => [leadId(secret, email), email]));
  return [...mails.values()].filter(({ to, custom_args }) => {
    const email = emails.get(custom_args['lead_id'] ?? '');
    return email === undefined || (to !== email && to !== rep);
  }).map(({ to, subject }) => `a mail to ${to}, who is not who it is about: ${subject}`);
}

/** Puts together what was seen of each person. Folding here is only to compare with the read model. */
export async function gather(crowd: readonly Person[], secret: string, it: { nc: NatsConnection; db: Db; mailbox: Mailbox }): Promise<Seen[]> {
  const log = await readLog(it.nc);
  const documents = new Map((await (await liveLeads(it.db)()).find().toArray()).map((document) => [document._id, document]));
  const mails = Map.groupBy(it.mailbox.mails.values(), ({ custom_args }) => custom_args['lead_id'] ?? '');
  return crowd.map(({ email, submissions }) => {
    const id = leadId(secret, email);
    const events = log.get(id) ?? [];
    const document = documents.get(id);
    return {
      leadId: id, email, events, submitted: submissions.map(keyOf),
      mails: (mails.get(id) ?? []).map(({ custom_args }) => custom_args['send_id'] ?? ''),
      told: it.mailbox.told.filter((told) => told.email === email).map(({ reaction }) => TYPES[reaction]),
      document: document && { version: document.version, lastSeq: document.lastSeq, state: JSON.parse(document.state) as unknown },
      folded: events.length > 0 ? { version: events.length, lastSeq: events.at(-1)?.seq, state: events.reduce(leadFold.evolve, leadFold.initial) } : undefined,
    };
  });
}
