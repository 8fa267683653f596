import { logStreams } from '@leadstream/contracts/streams';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Db } from 'mongodb';

/**
 * Messages that a service publishes to NATS: an `append` that conflicts counts too; a `question` reads the log;
 * `outcome` is an append to PUBLIC or a read of it; a `place` is one of a mailbox's or of the provider's limit.
 */
export const KINDS = ['append', 'ack', 'question', 'outcome', 'key', 'place', 'pull', 'webhook', 'other'] as const;
type Message = (typeof KINDS)[number];
/** `find` is a query of one lead's document in MongoDB. */
export type Kind = Message | 'find';
/** By service: the number of each kind. */
export type Traffic = Record<string, Partial<Record<Kind, number>>>;

/** Subjects by the kind of their messages; the first match counts. */
const BY_SUBJECT: readonly (readonly [RegExp, Message])[] = [
  [/^leads[.-]/, 'append'],
  [/^\$JS\.ACK\./, 'ack'],
  [/^\$JS\.API\.(DIRECT|STREAM\.MSG)\.GET\.LEADS([.-]|$)/, 'question'],
  [/^lead\.outcome\.|\.GET\.PUBLIC(\.|$)/, 'outcome'],
  [/^\$KV\.keys\.|\.GET\.KV_keys(\.|$)/, 'key'],
  [/^\$KV\.(mailboxes|accounts)\.|\.GET\.KV_(mailboxes|accounts)(\.|$)/, 'place'],
  [/^\$JS\.API\.CONSUMER\.MSG\.NEXT\./, 'pull'],
  [/^feedback\./, 'webhook'],
];
const WATCHED = ['lead.outcome.>', 'feedback.>', '$JS.ACK.>', '$JS.API.>', '$KV.>'];
const PROFILE_BYTES = 16 * 1024 * 1024;

/**
 * Counts the requests of the services from now on; the result returns them. Unlike CPU time they do not depend on the
 * machine's load. `monitor` is the URL of nats-server's monitoring, which knows the connection of an inbox; `nc` has no
 * name. The counting slows both servers down.
 */
export async function watchTraffic(
  nc: NatsConnection,
  { monitor, db, partitions = 1 }: { monitor: string; db: Db; partitions?: number },
): Promise<() => Promise<Traffic>> {
  const published = new Map<string, Map<Message, number>>();
  const count = (subject: string, reply = '') => {
    const who = consumerOf(subject) ?? inboxOf(reply);
    const kinds = published.get(who) ?? new Map<Message, number>();
    const kind = BY_SUBJECT.find(([pattern]) => pattern.test(subject))?.[1] ?? 'other';
    published.set(who, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
  };
  for (const subject of [...WATCHED, ...logStreams(partitions).map((log) => log.subject('*', '*'))])
    nc.subscribe(subject, { callback: (_, message) => count(message.subject, message.reply) });
  await nc.flush();
  await profile(db);
  return async () => {
    await nc.flush();
    const names = await connectionNames(monitor);
    const traffic: Traffic = {};
    const add = (who: string, kind: Kind, number: number) => {
      const kinds = (traffic[who] ??= {});
      kinds[kind] = (kinds[kind] ?? 0) + number;
    };
    for (const [who, kinds] of published) for (const [kind, number] of kinds) add(names.get(who) ?? who, kind, number);
    for (const { who, number } of await findsOf(db)) add(who, 'find', number);
    // The caller's own.
    delete traffic[''];
    return traffic;
  };
}

/** Each number divided by the leads, for every service that has one. */
export const perLead = (traffic: Traffic, leads: number): Traffic =>
  Object.fromEntries(
    Object.entries(traffic).map(([who, kinds]) => [
      who,
      Object.fromEntries(Object.entries(kinds).map(([kind, number]) => [kind, number / leads])),
    ]),
  );

/** The sum over all services of the given kinds. */
export const total = (traffic: Traffic, kinds: readonly Kind[]): number =>
  Object.values(traffic)
    .flatMap((of) => kinds.map((kind) => of[kind] ?? 0))
    .reduce((sum, number) => sum + number, 0);

/** A consumer is named like its service; an ack names no inbox, and each pull has one of its own. */
const consumerOf = (subject: string): string | undefined =>
  /^\$JS\.(?:ACK|API\.CONSUMER\.MSG\.NEXT)\.[^.]+\.([a-z]+)/.exec(subject)?.[1];

/** `_INBOX.<connection>` of `_INBOX.<connection>.<request>`. */
const inboxOf = (reply: string): string => reply.split('.').slice(0, 2).join('.');

async function connectionNames(monitor: string): Promise<Map<string, string>> {
  const answer = await fetch(`${monitor}/connz?subs=1&limit=1024`);
  const { connections } = (await answer.json()) as {
    connections: { name?: string; subscriptions_list?: string[] }[];
  };
  return new Map(
    connections.flatMap(({ name = '', subscriptions_list: subjects = [] }) =>
      subjects.filter((subject) => /^_INBOX[._]/.test(subject)).map((subject) => [inboxOf(subject), name] as const),
    ),
  );
}

/** From now on MongoDB records the queries of one document; those of many are the hunter's and the projector's. */
async function profile(db: Db): Promise<void> {
  await db.command({ profile: 0 });
  await db.dropCollection('system.profile');
  await db.createCollection('system.profile', { capped: true, size: PROFILE_BYTES });
  await db.command({ profile: 1, filter: { op: 'query', 'command.filter._id': { $type: 'string' } } });
}

async function findsOf(db: Db): Promise<{ who: string; number: number }[]> {
  const ns = new RegExp(`^${db.databaseName}\\.leads_`);
  return db
    .collection('system.profile')
    .aggregate<{ who: string; number: number }>([
      { $match: { ns } },
      { $group: { _id: '$appName', number: { $sum: 1 } } },
      { $project: { who: '$_id', number: 1 } },
    ])
    .toArray();
}
