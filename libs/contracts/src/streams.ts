/** The streams and buckets of Leadstream, their subjects, and how long they keep what. Retention: architecture.md. */
const DAY_MS = 86_400_000;

export interface StreamDefinition {
  subjects: readonly string[];
  /** 0: for ever. */
  maxAgeMs: number;
  duplicateWindowMs: number;
  /** How many messages of one subject are kept; absent: all. */
  perSubjectMax?: number;
  /** A message may have an age of its own, or none: `leadctl quarantine keep`. */
  messageTtl?: boolean;
}

export const streams = {
  /** What the outside world says: untrusted CloudEvents. */
  INTAKE: { subjects: ['lead.created'], maxAgeMs: 14 * DAY_MS, duplicateWindowMs: 10 * 60_000 },
  /** What the ESP says, stored raw before it is answered with 2xx. */
  FEEDBACK: { subjects: ['feedback.*.*'], maxAgeMs: 30 * DAY_MS, duplicateWindowMs: 2 * 60_000 },
  /** The log. Written only through `@leadstream/eventlog`, never expired. */
  LEADS: { subjects: ['leads.*.*'], maxAgeMs: 0, duplicateWindowMs: 2 * 60_000 },
  /** What a consumer gave up on, with its reason. */
  QUARANTINE: { subjects: ['quarantine.*'], maxAgeMs: 30 * DAY_MS, duplicateWindowMs: 10 * 60_000, messageTtl: true },
  /**
   * The KV bucket `keys`: of each lead the key of its personal data, wrapped, by its id. A stream of its own making: a
   * client's bucket denies the deletion that overwrites. The second revision is the one before a rotation, until it is
   * deleted.
   */
  KV_keys: { subjects: ['$KV.keys.>'], maxAgeMs: 0, duplicateWindowMs: 2 * 60_000, perSubjectMax: 2 },
} as const satisfies Record<string, StreamDefinition>;

export type StreamName = keyof typeof streams;

/** The NATS server must be configured with it: a webhook batch or a long mail has to fit into one message. */
export const PAYLOAD_BYTES_MAX = 8 * 1024 * 1024;
/** A quarantined body up to this size is copied; a larger one is referred to by stream and sequence. */
export const QUARANTINE_BODY_BYTES_MAX = 64 * 1024;

export const SEQUENCES_BUCKET = 'sequences';
/** What all senders of one ESP account share: whether it is paused, and its pace. */
export const ACCOUNTS_BUCKET = 'accounts';
/** Which log this is, whether it is held, and that somebody lives: `guard.ts`. */
export const GUARD_BUCKET = 'guard';

export const KEYS = 'KV_keys';
export const keySubject = (leadId: string): string => `$KV.keys.${leadId}`;

/** Recent counts by mailbox and domain of strangers' submissions, under a keyed hash. */
export const MAILBOXES_BUCKET = 'mailboxes';

/** `leads.<leadId>.<token>`: all that ever happened to one lead matches `leadSubject(id, '>')`. */
export const leadSubject = (leadId: string, token: string): string => `leads.${leadId}.${token}`;
export const quarantineSubject = (consumer: string): string => `quarantine.${consumer}`;
