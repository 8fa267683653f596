import { catalogue } from '@leadstream/contracts/events';
import { operationSubject } from '@leadstream/contracts/operations';
import { quarantineSubject, streams, type BucketName, type StreamName } from '@leadstream/contracts/streams';
import { MONGO_ROLES, mongoName, mongoUsers, type MongoAction } from '@leadstream/service/rights/mongo';
import { may } from '@leadstream/service/rights/may';
import { CONSUMERS, storeNames } from '@leadstream/service/rights/rights';
import { NAMED_ONLY, natsUsers, type NatsUser } from '@leadstream/service/rights/users';
import { code, table } from './markdown.ts';

const API = '$JS.API';
const ofStores = (...acts: string[]): Record<string, string[]> =>
  Object.fromEntries(storeNames.map((name) => [name, acts.map((act) => `${API}.${act}.${name}`)]));

/** A subject of each stream besides LEADS, and a key of each bucket. */
const ELSEWHERE = {
  INTAKE: [...streams.INTAKE.subjects],
  FEEDBACK: ['feedback.a.b'],
  PUBLIC: ['lead.outcome.accepted.a'],
  QUARANTINE: ['ingest', ...Object.keys(CONSUMERS)].map((name) => quarantineSubject(name)),
  OPERATIONS: [operationSubject('a', 'b')],
  keys: ['$KV.keys.a'],
  sequences: ['$KV.sequences.a'],
  accounts: ['$KV.accounts.a.paused'],
  guard: ['$KV.guard.log'],
  mailboxes: ['$KV.mailboxes.a'],
  webhooks: ['$KV.webhooks.a'],
  crm: ['$KV.crm.a'],
} satisfies Record<Exclude<StreamName, 'LEADS' | `KV_${string}`> | BucketName | 'keys', string[]>;

/** Acts at NATS: of each, the subjects by the word that the table shows; one of them that is allowed shows the word. */
const ACTS: Record<string, Record<string, string[]>> = {
  'append to LEADS': Object.fromEntries(Object.values(catalogue).map(({ token }) => [token, [`leads.a.${token}`]])),
  'write elsewhere': ELSEWHERE,
  'read single messages of': ofStores('STREAM.MSG.GET'),
  'delete single messages of': ofStores('STREAM.MSG.DELETE'),
  'take messages from the consumer': Object.fromEntries(
    Object.entries(CONSUMERS).map(([name, stream]) => [name, [`${API}.CONSUMER.MSG.NEXT.${stream}.${name}`]]),
  ),
  'create or alter': ofStores('STREAM.CREATE'),
  'take a snapshot of': ofStores('STREAM.SNAPSHOT'),
  'purge, restore or delete': ofStores('STREAM.PURGE', 'STREAM.RESTORE', 'STREAM.DELETE'),
};

/** Each user and each act at NATS: what it may act on; `refused` where that is nothing. */
export function rightsTable(): string {
  const users = natsUsers.filter((user) => !NAMED_ONLY.some((name) => name === user));
  const rows = users.map((user) => [code(user), ...Object.values(ACTS).map((subjects) => allowed(user, subjects))]);
  return table(['may', ...Object.keys(ACTS)], rows);
}

function allowed(user: NatsUser, subjects: Readonly<Record<string, string[]>>): string {
  const words = Object.keys(subjects).filter((word) => subjects[word]?.some((subject) => may(user, subject)));
  if (words.length === 0) return 'refused';
  return words.length === Object.keys(subjects).length ? 'all' : words.join(', ');
}

/** Acts in MongoDB, by the actions of a role that make them. */
const MONGO_ACTS: Record<string, readonly MongoAction[]> = {
  read: ['find'],
  'list collections and indexes': ['listCollections', 'listIndexes'],
  'insert, update and remove documents': ['insert', 'update', 'remove'],
  'make collections and indexes': ['createCollection', 'createIndex'],
  'drop collections': ['dropCollection'],
};

/** Each process and each act in MongoDB. */
export function mongoRightsTable(): string {
  const users = natsUsers.filter((user) => !NAMED_ONLY.some((name) => name === user));
  const rows = users.map((user) => {
    const role = mongoUsers.get(user);
    const actions: readonly MongoAction[] = role ? MONGO_ROLES[role] : [];
    const acts = Object.values(MONGO_ACTS).map((needed) =>
      needed.every((action) => actions.includes(action)) ? 'yes' : 'refused',
    );
    return [code(user), role ? code(mongoName(role)) : 'no user', ...acts, 'refused'];
  });
  return table(
    ['may', 'role', ...Object.keys(MONGO_ACTS), 'drop the database, change users, read another database'],
    rows,
  );
}
