import { leadSubject, quarantineSubject } from '@leadstream/contracts/streams';
import { CONSUMERS, tokensOf, type ConsumerName, type Rights, type StoreName, type Use } from './rights.ts';

/** The subjects that a user may publish and subscribe to; what neither names is refused. */
export interface Permissions {
  publish: { allow: string[]; deny: string[] };
  subscribe: { allow: string[] };
  /** It may answer the requests that it receives. */
  responds: boolean;
}

const api = (...tokens: string[]): string => ['$JS.API', ...tokens].join('.');

const consumersOf = (store: StoreName): string[] =>
  Object.entries(CONSUMERS).flatMap(([name, stream]) => (stream === store ? [name] : []));

/** The requests of a durable consumer's owner; its settings are its own. */
const ofConsumer = (stream: string, name: string): string[] => [
  api('CONSUMER.INFO', stream, name),
  api('CONSUMER.DURABLE.CREATE', stream, name),
  api('CONSUMER.CREATE', stream, name),
  api('CONSUMER.CREATE', stream, name, '>'),
  api('CONSUMER.MSG.NEXT', stream, name),
  `$JS.ACK.${stream}.${name}.>`,
];

/**
 * The requests of another team to its durable consumer, which `leadctl provision` creates, and the kind of their answers.
 * It creates none itself: the settings of a consumer name a subject to deliver to.
 */
export const readerSubjects = (store: StoreName, name: string): [string, 'singleton' | 'stream'][] => [
  [api('CONSUMER.INFO', store, name), 'singleton'],
  [api('CONSUMER.MSG.NEXT', store, name), 'stream'],
  [`$JS.ACK.${store}.${name}.>`, 'singleton'],
];

const STORE_SUBJECTS = {
  info: (store) => [api('STREAM.INFO', store)],
  read: (store) => [api('DIRECT.GET', store), api('DIRECT.GET', store, '>'), api('STREAM.MSG.GET', store)],
  scan: (store) => [
    api('CONSUMER.CREATE', store, '*'),
    api('CONSUMER.CREATE', store, '*', '>'),
    api('CONSUMER.INFO', store, '*'),
    api('CONSUMER.MSG.NEXT', store, '*'),
    api('CONSUMER.DELETE', store, '*'),
    `$JS.FC.${store}.>`,
  ],
  list: (store) => [api('CONSUMER.LIST', store), api('CONSUMER.INFO', store, '*')],
  erase: (store) => [api('STREAM.MSG.DELETE', store)],
  snapshot: (store) => [api('STREAM.SNAPSHOT', store), `$JS.SNAPSHOT.ACK.${store}.>`],
  create: (store) => [api('STREAM.CREATE', store), api('STREAM.UPDATE', store)],
  lend: (store) => [api('CONSUMER.CREATE', store, '*'), api('CONSUMER.INFO', store, '*')],
  restore: (store) => [
    api('STREAM.RESTORE', store),
    `$JS.SNAPSHOT.RESTORE.${store}.>`,
    api('STREAM.DELETE', store),
    api('CONSUMER.CREATE', store, '>'),
    api('CONSUMER.DELETE', store, '*'),
  ],
} satisfies Record<Use, (store: StoreName) => string[]>;

/** A scan's wildcard also matches the durable consumers: the messages of others, and the end of any, are denied. */
const guardedFrom = (store: StoreName, own: readonly ConsumerName[]): string[] =>
  consumersOf(store).flatMap((name) => [
    api('CONSUMER.DELETE', store, name),
    ...(own.some((mine) => mine === name)
      ? []
      : [
          api('CONSUMER.CREATE', store, name),
          api('CONSUMER.CREATE', store, name, '>'),
          api('CONSUMER.MSG.NEXT', store, name),
        ]),
  ]);

const REDRIVE = 'redrive';
/** Each process answers here with its version: `leadctl version`. Core NATS. */
export const VERSION_SUBJECT = 'version';

/** The inbox of a user: with the client's default, every user could read the answers to all others. */
export const inboxPrefix = (user: string): string => `_INBOX_${user}`;

/** The permissions of the user of one process, which has these rights; a service also tells its version. */
export function permissionsOf(user: string, rights: readonly Rights[], tellsVersion: boolean): Permissions {
  const own = rights.flatMap(({ consumes = [] }) => consumes);
  const stores = rights.flatMap(({ stores: some = {} }) => Object.entries(some) as [StoreName, readonly Use[]][]);
  const publish = new Set([
    api('INFO'),
    ...rights.flatMap((one) => granted(one)),
    ...stores.flatMap(([store, uses]) => uses.flatMap((use) => STORE_SUBJECTS[use](store))),
  ]);
  const scanned = new Set(stores.flatMap(([store, uses]) => (uses.includes('scan') ? [store] : [])));
  return {
    publish: {
      allow: [...publish].toSorted(),
      deny: [...scanned].flatMap((store) => guardedFrom(store, own)).toSorted(),
    },
    subscribe: {
      allow: [
        `${inboxPrefix(user)}.>`,
        ...(tellsVersion ? [VERSION_SUBJECT] : []),
        ...responders(rights).map((name) => `${REDRIVE}.${name}`),
      ],
    },
    responds: tellsVersion || responders(rights).length > 0,
  };
}

/** The consumers that answer redrives: a refused submission is redriven by ingest, which has none. */
const responders = (rights: readonly Rights[]): string[] =>
  rights.flatMap(({ consumes = [], answers = [] }) => [...consumes, ...answers]);

function granted({
  appends = [],
  publishes = [],
  consumes = [],
  writes = {},
  redrives,
  asksVersions,
  lists,
}: Rights): string[] {
  return [
    ...tokensOf(appends).map((token) => leadSubject('*', token)),
    ...publishes,
    ...consumes.flatMap((name) => [...ofConsumer(CONSUMERS[name], name), quarantineSubject(name)]),
    ...Object.entries(writes).flatMap(([bucket, keys]) => keys.map((key) => `$KV.${bucket}.${key}`)),
    ...(redrives ? [`${REDRIVE}.*`] : []),
    ...(asksVersions ? [VERSION_SUBJECT] : []),
    ...(lists ? [api('STREAM.NAMES'), api('STREAM.LIST')] : []),
  ];
}
