import { logStreams, quarantineSubject } from '@leadstream/contracts/streams';
import { CONSUMERS, tokensOf, type ConsumerName, type Rights, type StoreName, type Use } from './rights.ts';

/** The subjects that a user may publish and subscribe to; what neither names is refused. */
export interface Permissions {
  publish: { allow: string[]; deny: string[] };
  subscribe: { allow: string[] };
  /** It may answer the requests that it receives. */
  responds: boolean;
}

const api = (...tokens: string[]): string => ['$JS.API', ...tokens].join('.');

/** The streams of the store: of the log one a partition. */
const streamsOf = (store: StoreName, partitions: number): string[] =>
  store === 'LEADS' ? logStreams(partitions).map(({ stream }) => stream) : [store];

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
 * The requests of another team to its durable consumer, which `leadctl provision` creates, and the kind of their
 * answers. It creates none itself: the settings of a consumer name a subject to deliver to.
 */
export const readerSubjects = (store: StoreName, name: string): [string, 'singleton' | 'stream'][] => [
  [api('CONSUMER.INFO', store, name), 'singleton'],
  [api('CONSUMER.MSG.NEXT', store, name), 'stream'],
  [`$JS.ACK.${store}.${name}.>`, 'singleton'],
];

const STORE_SUBJECTS = {
  info: (stream) => [api('STREAM.INFO', stream)],
  read: (stream) => [api('DIRECT.GET', stream), api('DIRECT.GET', stream, '>'), api('STREAM.MSG.GET', stream)],
  scan: (stream) => [
    api('CONSUMER.CREATE', stream, '*'),
    api('CONSUMER.CREATE', stream, '*', '>'),
    api('CONSUMER.INFO', stream, '*'),
    api('CONSUMER.MSG.NEXT', stream, '*'),
    api('CONSUMER.DELETE', stream, '*'),
    `$JS.FC.${stream}.>`,
  ],
  list: (stream) => [api('CONSUMER.LIST', stream), api('CONSUMER.INFO', stream, '*')],
  erase: (stream) => [api('STREAM.MSG.DELETE', stream)],
  snapshot: (stream) => [api('STREAM.SNAPSHOT', stream), `$JS.SNAPSHOT.ACK.${stream}.>`],
  create: (stream) => [api('STREAM.CREATE', stream), api('STREAM.UPDATE', stream)],
  lend: (stream) => [api('CONSUMER.CREATE', stream, '*'), api('CONSUMER.INFO', stream, '*')],
  restore: (stream) => [
    api('STREAM.RESTORE', stream),
    `$JS.SNAPSHOT.RESTORE.${stream}.>`,
    api('STREAM.DELETE', stream),
    api('CONSUMER.CREATE', stream, '>'),
    api('CONSUMER.DELETE', stream, '*'),
  ],
} satisfies Record<Use, (stream: string) => string[]>;

/** A scan's wildcard also matches the durable consumers: the messages of others, and the end of any, are denied. */
const guardedFrom = (store: StoreName, own: readonly ConsumerName[], partitions: number): string[] =>
  streamsOf(store, partitions).flatMap((stream) =>
    consumersOf(store).flatMap((name) => [
      api('CONSUMER.DELETE', stream, name),
      ...(own.some((mine) => mine === name)
        ? []
        : [
            api('CONSUMER.CREATE', stream, name),
            api('CONSUMER.CREATE', stream, name, '>'),
            api('CONSUMER.MSG.NEXT', stream, name),
          ]),
    ]),
  );

const REDRIVE = 'redrive';
/** Each process answers here with its version: `leadctl version`. Core NATS. */
export const VERSION_SUBJECT = 'version';

/** The inbox of a user: with the client's default, every user could read the answers to all others. */
export const inboxPrefix = (user: string): string => `_INBOX_${user}`;

/**
 * The permissions of the user of one process, which has these rights where the log has so many partitions; a service
 * also tells its version.
 */
export function permissionsOf(
  user: string,
  rights: readonly Rights[],
  { tellsVersion, partitions }: { tellsVersion: boolean; partitions: number },
): Permissions {
  const own = rights.flatMap(({ consumes = [] }) => consumes);
  const stores = rights.flatMap(({ stores: some = {} }) => Object.entries(some) as [StoreName, readonly Use[]][]);
  const publish = new Set([
    api('INFO'),
    ...rights.flatMap((one) => granted(one, partitions)),
    ...stores.flatMap(([store, uses]) =>
      streamsOf(store, partitions).flatMap((stream) => uses.flatMap((use) => STORE_SUBJECTS[use](stream))),
    ),
  ]);
  const scanned = new Set(stores.flatMap(([store, uses]) => (uses.includes('scan') ? [store] : [])));
  return {
    publish: {
      allow: [...publish].toSorted(),
      deny: [...scanned].flatMap((store) => guardedFrom(store, own, partitions)).toSorted(),
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

function granted(
  { appends = [], publishes = [], consumes = [], writes = {}, redrives, asksVersions, lists }: Rights,
  partitions: number,
): string[] {
  return [
    ...tokensOf(appends).flatMap((token) => logStreams(partitions).map(({ subject }) => subject('*', token))),
    ...publishes,
    ...consumes.flatMap((name) => [
      ...streamsOf(CONSUMERS[name], partitions).flatMap((stream) => ofConsumer(stream, name)),
      quarantineSubject(name),
    ]),
    ...Object.entries(writes).flatMap(([bucket, keys]) => keys.map((key) => `$KV.${bucket}.${key}`)),
    ...(redrives ? [`${REDRIVE}.*`] : []),
    ...(asksVersions ? [VERSION_SUBJECT] : []),
    ...(lists ? [api('STREAM.NAMES'), api('STREAM.LIST')] : []),
  ];
}
