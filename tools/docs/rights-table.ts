import { catalogue } from '@leadstream/contracts/events';
import { quarantineSubject, streams } from '@leadstream/contracts/streams';
import { may } from '@leadstream/service/rights/may';
import { CONSUMERS, storeNames } from '@leadstream/service/rights/rights';
import { NAMED_ONLY, natsUsers, type NatsUser } from '@leadstream/service/rights/users';
import { code, table } from './markdown.ts';

const API = '$JS.API';
const ofStores = (...acts: string[]): Record<string, string[]> =>
  Object.fromEntries(storeNames.map((name) => [name, acts.map((act) => `${API}.${act}.${name}`)]));

/** Acts at NATS: of each, the subjects by the word that the table shows; one of them that is allowed shows the word. */
const ACTS: Record<string, Record<string, string[]>> = {
  'append to LEADS': Object.fromEntries(Object.values(catalogue).map(({ token }) => [token, [`leads.a.${token}`]])),
  'write elsewhere': {
    INTAKE: [...streams.INTAKE.subjects],
    FEEDBACK: ['feedback.a.b'],
    PUBLIC: ['lead.outcome.accepted.a'],
    QUARANTINE: ['ingest', ...Object.keys(CONSUMERS)].map((name) => quarantineSubject(name)),
    keys: ['$KV.keys.a'],
    sequences: ['$KV.sequences.a'],
    accounts: ['$KV.accounts.a.paused'],
    guard: ['$KV.guard.log'],
    mailboxes: ['$KV.mailboxes.a'],
  },
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
