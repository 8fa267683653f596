import { catalogue } from '@leadstream/contracts/events';
import { ALIVE_KEY, GUARD_KEY, PARTITIONS_KEY } from '@leadstream/contracts/guard';
import { outcomeSubject } from '@leadstream/contracts/public';
import { operationSubject } from '@leadstream/contracts/operations';
import { buckets, streams, type BucketName, type StreamName } from '@leadstream/contracts/streams';
import { PROJECTOR } from '@leadstream/projection/collections';

/** A durable consumer of the catalogue, and the stream that it reads. */
export const CONSUMERS = {
  triage: 'INTAKE',
  enricher: 'LEADS',
  scheduler: 'LEADS',
  sender: 'LEADS',
  sms: 'LEADS',
  lookup: 'LEADS',
  inbound: 'FEEDBACK',
  [PROJECTOR]: 'LEADS',
  outcomes: 'LEADS',
  refusals: 'QUARANTINE',
  crm: 'LEADS',
} as const satisfies Record<string, StreamName>;
export type ConsumerName = keyof typeof CONSUMERS;

/** The words for writers in the catalogue of events (`by`). */
export const WRITERS = ['triage', 'enricher', 'scheduler', 'sender', 'lookup', 'inbound', 'operator'] as const;
type Writer = (typeof WRITERS)[number];

/** The use of a stream or bucket; each is a fixed list of subjects in `subjects.ts`. */
const USES = [
  /** Its state and settings. */
  'info',
  /** Single messages by sequence or subject. */
  'read',
  /** Its messages in order, by a consumer without a durable name: also the watch of a bucket. */
  'scan',
  /** The state of all its consumers. */
  'list',
  /** Single messages are deleted and overwritten. */
  'erase',
  'snapshot',
  'create',
  /** Consumers of other teams are created. */
  'lend',
  /** Restored from a backup, or deleted whole. */
  'restore',
] as const;
export type Use = (typeof USES)[number];

export type StoreName = StreamName | `KV_${BucketName}`;

/** The rights of one service or command in NATS; what is absent is refused. */
export interface Rights {
  /** Its words in the catalogue: it appends these events to LEADS. */
  appends?: readonly Writer[];
  /** It publishes on these subjects, besides. */
  publishes?: readonly string[];
  /** Its durable consumers; it may create, read and acknowledge them, quarantine their messages and answer redrives. */
  consumes?: readonly ConsumerName[];
  stores?: Partial<Record<StoreName, readonly Use[]>>;
  /** The keys of a bucket that it writes, as the end of a subject; `>` is all. */
  writes?: Partial<Record<BucketName | 'keys', readonly string[]>>;
  /** It answers redrives under this name, without a durable consumer. */
  answers?: readonly string[];
  /** It asks any consumer to redrive a message. */
  redrives?: true;
  /** It asks all processes for their versions. */
  asksVersions?: true;
  /** It lists the names of all streams. */
  lists?: true;
}

const OUTCOMES = outcomeSubject('*', '*');

const OPERATED = operationSubject('*', '*');

const INFO = ['info'] as const;
const READ = ['info', 'read'] as const;
const SCAN = ['info', 'read', 'scan'] as const;

/** The restore guard: it judges the log, shows a hold to all, and records its heartbeat. */
const guarded = { reads: { KV_guard: SCAN }, writes: { guard: [GUARD_KEY, ALIVE_KEY] } } as const;

export const storeNames: readonly StoreName[] = [
  ...(Object.keys(streams) as StreamName[]),
  ...(Object.keys(buckets) as BucketName[]).map((name) => `KV_${name}` as const),
];

const everyStore = (...uses: Use[]): Partial<Record<StoreName, readonly Use[]>> =>
  Object.fromEntries(storeNames.map((name) => [name, uses]));

/** The services; each has the user of its process in `users.ts`. */
export const SERVICES = {
  ingest: {
    publishes: ['lead.created', 'quarantine.ingest'],
    answers: ['ingest'],
    stores: { INTAKE: INFO, QUARANTINE: READ },
  },
  triage: {
    appends: ['triage'],
    consumes: ['triage'],
    stores: {
      INTAKE: READ,
      LEADS: READ,
      QUARANTINE: INFO,
      KV_keys: READ,
      KV_guard: READ,
      KV_sequences: SCAN,
      KV_mailboxes: READ,
    },
    writes: { keys: ['*'], mailboxes: ['>'] },
  },
  enricher: {
    appends: ['enricher'],
    consumes: ['enricher'],
    stores: { LEADS: READ, QUARANTINE: INFO, KV_keys: READ, KV_guard: READ, KV_sequences: SCAN },
    writes: { keys: ['*'] },
  },
  scheduler: {
    appends: ['scheduler'],
    consumes: ['scheduler'],
    stores: { LEADS: READ, QUARANTINE: INFO, KV_sequences: SCAN, ...guarded.reads },
    // The first deployment of a new installation.
    writes: { sequences: ['>'], ...guarded.writes },
  },
  sender: {
    appends: ['sender'],
    publishes: [OPERATED],
    consumes: ['sender'],
    stores: {
      OPERATIONS: INFO,
      // The claims of the day are counted in it, where the account's entry does not know the day.
      LEADS: SCAN,
      QUARANTINE: INFO,
      KV_keys: READ,
      KV_sequences: SCAN,
      KV_accounts: SCAN,
      KV_mailboxes: READ,
      ...guarded.reads,
    },
    writes: { keys: ['*'], accounts: ['*.pace', '*.paused', '*.tries'], mailboxes: ['>'], ...guarded.writes },
  },
  /** Of the sender's process: its texts. */
  sms: {
    appends: ['sender'],
    publishes: [OPERATED],
    consumes: ['sms'],
    stores: {
      OPERATIONS: INFO,
      LEADS: SCAN,
      QUARANTINE: INFO,
      KV_keys: READ,
      KV_sequences: SCAN,
      KV_accounts: SCAN,
      KV_mailboxes: READ,
      ...guarded.reads,
    },
    writes: { keys: ['*'], accounts: ['*.pace', '*.paused', '*.tries'], mailboxes: ['>'], ...guarded.writes },
  },
  lookup: {
    appends: ['lookup'],
    consumes: ['lookup'],
    stores: { LEADS: READ, QUARANTINE: INFO, KV_keys: READ, KV_guard: READ },
    writes: { keys: ['*'] },
  },
  inbound: {
    appends: ['inbound'],
    publishes: ['feedback.*.*', OPERATED],
    consumes: ['inbound'],
    stores: {
      LEADS: READ,
      FEEDBACK: READ,
      QUARANTINE: INFO,
      OPERATIONS: INFO,
      KV_keys: READ,
      KV_accounts: SCAN,
      ...guarded.reads,
    },
    writes: {
      keys: ['*'],
      accounts: ['*.reputation', '*.paused', '*.sources', '*.tries'],
      ...guarded.writes,
    },
  },
  projector: {
    consumes: [PROJECTOR],
    stores: { LEADS: READ, QUARANTINE: INFO, KV_keys: READ, ...guarded.reads },
    writes: { ...guarded.writes },
  },
  outcomes: {
    publishes: [OUTCOMES],
    consumes: ['outcomes'],
    // An erasure deletes the outcome that links the lead with a submission.
    stores: { LEADS: READ, QUARANTINE: INFO, PUBLIC: [...READ, 'erase'], KV_keys: READ },
  },
  refusals: {
    publishes: [OUTCOMES],
    consumes: ['refusals'],
    // The submission of an entry that has no copy of it.
    stores: { INTAKE: READ, QUARANTINE: READ, PUBLIC: READ },
  },
  webhooks: {
    // Its watch of the bucket is a consumer without a name.
    stores: { PUBLIC: READ, KV_webhooks: SCAN },
    writes: { webhooks: ['>'] },
  },
  crm: {
    consumes: ['crm'],
    stores: { LEADS: READ, QUARANTINE: INFO, KV_keys: READ, KV_crm: READ, ...guarded.reads },
    writes: { crm: ['*'], ...guarded.writes },
  },
  watch: {
    stores: {
      INTAKE: ['info', 'read', 'list'],
      FEEDBACK: ['info', 'read', 'list'],
      LEADS: ['info', 'read', 'list'],
      QUARANTINE: ['info', 'read', 'list'],
      PUBLIC: INFO,
      OPERATIONS: INFO,
      KV_accounts: READ,
      KV_guard: READ,
    },
  },
  console: {
    appends: ['operator'],
    redrives: true,
    // Imports of files.
    publishes: ['lead.created', 'quarantine.*', OPERATED],
    stores: {
      OPERATIONS: READ,
      LEADS: [...SCAN, 'list'],
      INTAKE: [...READ, 'list'],
      FEEDBACK: [...READ, 'list'],
      QUARANTINE: [...READ, 'list', 'erase'],
      KV_keys: [...READ, 'erase'],
      KV_guard: READ,
      KV_sequences: SCAN,
      KV_accounts: SCAN,
    },
    writes: { keys: ['*'], sequences: ['>'], accounts: ['*.paused', '*.sources'] },
  },
} as const satisfies Record<string, Rights>;

/** The commands of leadctl, by what they change. */
export const COMMANDS = {
  /** Commands on leads, sequences, quarantine, the account, imports, erasure, and the steps of a restore but `load`. */
  operator: {
    appends: ['operator'],
    redrives: true,
    asksVersions: true,
    lists: true,
    publishes: ['lead.created', 'quarantine.*', 'replay.>', OPERATED],
    stores: {
      ...everyStore('info', 'read', 'scan', 'list'),
      ...Object.fromEntries(
        (['INTAKE', 'FEEDBACK', 'LEADS', 'QUARANTINE', 'PUBLIC', 'KV_keys'] as const).map((name) => [
          name,
          ['info', 'read', 'scan', 'list', 'erase'],
        ]),
      ),
    },
    writes: { keys: ['*'], sequences: ['>'], accounts: ['>'], guard: ['>'], webhooks: ['>'] },
  },
  /** `verify`, `status`, `doctor`, `export`, and whatever else only shows. */
  reader: { asksVersions: true, lists: true, stores: everyStore('info', 'read', 'scan', 'list') },
  backup: { lists: true, stores: everyStore('info', 'read', 'snapshot') },
  /** `provision`: makes streams and buckets, and draws the epoch of a new log. */
  provision: {
    lists: true,
    stores: {
      ...everyStore('info', 'create'),
      KV_guard: ['info', 'read', 'create'],
      PUBLIC: ['info', 'create', 'lend'],
    },
    writes: { guard: [GUARD_KEY, PARTITIONS_KEY] },
  },
  /** `restore load`: the only right to delete a stream. */
  restore: {
    lists: true,
    stores: { ...everyStore('info', 'create', 'restore'), KV_guard: ['info', 'read', 'create', 'restore'] },
    writes: { guard: ['>'] },
  },
} as const satisfies Record<string, Rights>;

/** The tokens of the events that a writer appends. */
export const tokensOf = (writers: readonly Writer[]): string[] =>
  Object.values(catalogue)
    .filter(({ by }) => by.split(', ').some((word) => writers.some((writer) => writer === word)))
    .map(({ token }) => token);
