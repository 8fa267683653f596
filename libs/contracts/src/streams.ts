/** The streams and buckets of Leadstream, and their retention; docs/architecture.md shows these tables. */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const KIB = 1_024;

/** The content, the writers and the readers of a stream or bucket, in the words of the documents. */
interface Described {
  holds: string;
  by: string;
  readBy: string;
}

export interface StreamDefinition extends Described {
  subjects: readonly string[];
  /** 0: for ever. */
  maxAgeMs: number;
  duplicateWindowMs: number;
  /** Maximum messages per subject; absent: no limit. */
  perSubjectMax?: number;
  /** Whether a message may have a TTL of its own, or none: `leadctl quarantine keep`. */
  messageTtl?: boolean;
}

export const streams = {
  INTAKE: {
    subjects: ['lead.created'],
    maxAgeMs: 14 * DAY_MS,
    duplicateWindowMs: 10 * 60_000,
    holds: 'CloudEvents from outside, untrusted',
    by: 'ingest, other teams',
    readBy: 'triage',
  },
  FEEDBACK: {
    subjects: ['feedback.*.*'],
    maxAgeMs: 30 * DAY_MS,
    duplicateWindowMs: 2 * 60_000,
    holds: '`feedback.<provider>.<kind>`: one webhook request a message, raw, stored before it is answered with 2xx',
    by: 'inbound',
    readBy: 'inbound',
  },
  /** Written only through `@leadstream/eventlog`. */
  LEADS: {
    subjects: ['leads.*.*'],
    maxAgeMs: 0,
    duplicateWindowMs: 2 * 60_000,
    holds: 'the log: `leads.<leadId>.<event>`',
    by: 'triage, scheduler, sender, inbound; leadctl',
    readBy: 'scheduler, sender, projector, crm',
  },
  QUARANTINE: {
    subjects: ['quarantine.*'],
    maxAgeMs: 30 * DAY_MS,
    duplicateWindowMs: 10 * 60_000,
    messageTtl: true,
    holds: '`quarantine.<consumer>`: what a consumer gave up on, or ingest refused of a known caller, with the reason',
    by: 'all consumers, ingest',
    readBy: 'people, by leadctl',
  },
  /** Kept as long as QUARANTINE: its refusals and this stream's end together. */
  PUBLIC: {
    subjects: ['lead.outcome.*.*'],
    maxAgeMs: 30 * DAY_MS,
    duplicateWindowMs: 2 * 60_000,
    holds: '`lead.outcome.<what>.<leadId>`: what other teams are told of the leads that they publish; no personal data',
    by: 'projector',
    readBy: 'other teams',
  },
  /** Small: pauses, and changes of a breaker's state. */
  OPERATIONS: {
    subjects: ['operations.*.*.*'],
    maxAgeMs: 0,
    duplicateWindowMs: 2 * 60_000,
    holds:
      '`operations.account.<account>.<id>`: who paused or resumed an account or a source, when and why; its breakers',
    by: 'sender, inbound, console; leadctl',
    readBy: 'people, by leadctl and the console',
  },
  /**
   * A stream of its own making: a client's bucket denies the deletion that overwrites. The second revision is the one
   * before a rotation, until it is deleted.
   */
  KV_keys: {
    subjects: ['$KV.keys.>'],
    maxAgeMs: 0,
    duplicateWindowMs: 2 * 60_000,
    perSubjectMax: 2,
    holds: 'of each lead the key of its personal data, wrapped, until the lead is erased',
    by: 'triage, sender, inbound; leadctl',
    readBy: 'triage, sender, inbound, projector, crm; leadctl',
  },
} as const satisfies Record<string, StreamDefinition>;

export type StreamName = keyof typeof streams;

/** The NATS server must allow this size: a webhook batch or a long mail has to fit into one message. */
export const PAYLOAD_BYTES_MAX = 8 * 1024 * 1024;
/** A quarantined body up to this size is copied; a larger one is referred to by stream and sequence. */
export const QUARANTINE_BODY_BYTES_MAX = 64 * 1024;

export interface BucketDefinition extends Described {
  keys: string;
  /** Maximum bytes of a value. */
  valueBytesMax: number;
  /** 0: for ever. */
  maxAgeMs: number;
}

/** The KV buckets; that of leads' keys is the stream `KV_keys`. */
export const buckets = {
  mailboxes: {
    keys: '`leads.<hash>`, `domain.<hash>`, `mails.<hash>`',
    /** The longest list that can be configured. */
    valueBytesMax: 128 * KIB,
    /** An hour more than a place counts (`PLACE_MS`). */
    maxAgeMs: 26 * HOUR_MS,
    holds: 'what strangers made of a mailbox or domain in the last day; the hashes are keyed',
    by: 'triage, sender',
    readBy: 'triage, sender',
  },
  accounts: {
    keys: 'of an ESP account: pause, paused sources, tries, pace',
    valueBytesMax: 4 * KIB,
    maxAgeMs: 0,
    holds: 'what all senders of the account share',
    by: 'sender, inbound; leadctl',
    readBy: 'sender, inbound; leadctl',
  },
  guard: {
    keys: '`log`, `partitions`, heartbeats',
    /** Some fifty confirms. */
    valueBytesMax: 64 * KIB,
    maxAgeMs: 0,
    holds: 'which log this is, and whether it is held',
    by: 'all but ingest and triage; leadctl',
    readBy: 'the same',
  },
  webhooks: {
    keys: '`<name>.endpoint`, `<name>.state`, `<name>.dead.<sequence>`, `lease`',
    /** A thousand leads that wait at one endpoint. */
    valueBytesMax: 512 * KIB,
    maxAgeMs: 0,
    holds: 'endpoints of signed webhooks, their sealed secrets, their places in PUBLIC, their dead letters',
    by: 'webhooks; leadctl',
    readBy: 'webhooks; leadctl',
  },
  crm: {
    keys: '`<leadId>`',
    valueBytesMax: KIB,
    maxAgeMs: 0,
    holds: 'of each lead a digest of what HubSpot was told, and what became of it; lost, it costs repetitions',
    by: 'crm',
    readBy: 'crm; leadctl',
  },
  sequences: {
    keys: '`<id>.<version>`, `<id>.history`, `<id>.active`',
    valueBytesMax: 1_024 * KIB,
    maxAgeMs: 0,
    holds: 'deployed definitions',
    by: 'leadctl; scheduler, once',
    readBy: 'triage, scheduler, sender; leadctl',
  },
} as const satisfies Record<string, BucketDefinition>;

export type BucketName = keyof typeof buckets;
export const SEQUENCES_BUCKET = 'sequences' satisfies BucketName;
export const ACCOUNTS_BUCKET = 'accounts' satisfies BucketName;
export const GUARD_BUCKET = 'guard' satisfies BucketName;
export const MAILBOXES_BUCKET = 'mailboxes' satisfies BucketName;
export const WEBHOOKS_BUCKET = 'webhooks' satisfies BucketName;
export const CRM_BUCKET = 'crm' satisfies BucketName;

export const KEYS = 'KV_keys';
export const keySubject = (leadId: string): string => `$KV.keys.${leadId}`;

/** A wildcard in place of an id would apply an expectation, and a read, to other leads' events: throws TypeError. */
export function leadToken(leadId: string): string {
  if (/^[\w-]+$/.test(leadId)) return leadId;
  throw new TypeError('a lead id is one subject token of letters, digits, _ and -');
}

/** A stream of the log, with all events of each of its leads. */
export interface LogStream {
  readonly stream: string;
  /** `*` for any lead, or any event; `>` for all events of a lead. */
  readonly subject: (leadId: string, token: string) => string;
}

/** `leads.<leadId>.<token>`. */
export const leadSubject = (leadId: string, token: string): string => `leads.${leadId}.${token}`;

/** Each consumer exists once a stream, and so does its pull. */
export const PARTITIONS_MAX = 32;

/** By the number of partitions: asked for at each event. */
const logs = new Map<number, readonly LogStream[]>([[1, [{ stream: 'LEADS', subject: leadSubject }]]]);

/** One stream, or partitions whose names have their number: a process that has another number appends nothing. */
export function logStreams(partitions: number): readonly LogStream[] {
  const known = logs.get(partitions);
  if (known) return known;
  const made = Array.from({ length: partitions }, (_, partition): LogStream => ({
    stream: `LEADS-${partition}of${partitions}`,
    subject: (leadId, token) => `leads-${partition}.${leadId}.${token}`,
  }));
  logs.set(partitions, made);
  return made;
}

/** The name of a stream of the log, with its number of partitions where it has several. */
export const LOG_STREAM = /^LEADS(?:-\d{1,2}of([1-9]\d?))?$/;

/** The number of partitions that the name of a stream of the log tells; undefined for another stream. */
export function partitionsIn(stream: string): number | undefined {
  const found = LOG_STREAM.exec(stream);
  return found ? Number(found[1] ?? 1) : undefined;
}

/**
 * The index of the stream that has a lead's events; NaN for an id without one. A lead's id is a keyed hash: its first
 * digits spread leads evenly.
 */
export const partitionOf = (leadId: string, partitions: number): number =>
  partitions === 1 ? 0 : parseInt(leadId.slice(0, 8), 16) % partitions;

/**
 * The events of one lead: the stream that has them, the subject of each, the filter of all. Throws TypeError for an id
 * that is no subject token, or has no partition.
 */
export function logOf(leadId: string, partitions: number) {
  const id = leadToken(leadId);
  const log = logStreams(partitions)[partitionOf(id, partitions)];
  if (!log) throw new TypeError('a lead id begins with 8 hexadecimal digits where the log has partitions');
  return { stream: log.stream, subject: (token: string) => log.subject(id, token), filter: log.subject(id, '>') };
}

export const quarantineSubject = (consumer: string): string => `quarantine.${consumer}`;
