import { randomUUID } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import type { KvEntry } from '@nats-io/kv';
import type { Esp } from '@leadstream/contracts/events';
import { operationSchema, type Operated, type Operation } from '@leadstream/contracts/operations';
import { ACCOUNTS_BUCKET } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { Bucket, Follows } from '@leadstream/eventlog/bucket';
import { describeError } from '@leadstream/eventlog/errors';
import { OperationsStream } from '@leadstream/eventlog/operations-stream';
import { z } from 'zod';
import type { EveryConfig } from './config.ts';
import { CONFIG } from './injected.ts';

const instant = z.iso.datetime({ offset: true });

const pauseSchema = z.object({
  why: z.string().max(500).describe('In words, for a person who asks why'),
  by: z.string().describe('A service, or an operator'),
  at: instant,
  until: instant.optional().describe('Absent: until somebody resumes it'),
  kind: z
    .enum(['reputation', 'refused'])
    .optional()
    .describe(
      'Too many bounces or complaints, or refused by the provider: tried now and then. Absent: a person decides',
    ),
});
/** The reason why mails of an account are held. */
export type AccountPause = z.infer<typeof pauseSchema>;

const paceSchema = z.object({
  fullAtMs: z
    .number()
    .describe(
      'When the bucket is full again, in milliseconds since 1970: the generic cell rate algorithm’s one number',
    ),
  day: z.string().describe('UTC'),
  calls: z.number().describe('On that day'),
  limits: z
    .object({ perSecond: z.number(), perDay: z.number(), warmup: z.string().optional() })
    .optional()
    .describe('Of the sender that wrote last; absent: none of this version has'),
});
/** The entries of an account. */
type Entry = 'paused' | 'pace' | 'reputation' | 'sources' | 'tries';

/** More paused sources at once count as a paused account: an entry is limited to 4 KiB. */
const SOURCES_PAUSED_MAX = 10;
const WHY_LENGTH_MAX = 120;
const sourcesSchema = z.record(z.string(), pauseSchema.pick({ why: true, by: true, at: true }));
/** Paused sources, by the names that their leads' bounces are counted under. */
export type PausedSources = z.infer<typeof sourcesSchema>;

/** The change that made an entry is stored with it, so that OPERATIONS gets each change, whoever dies meanwhile. */
const changeSchema = operationSchema.optional().catch(undefined);
/** Entries without a change are older. */
const pausedEntry = z.union([
  z.object({ pause: pauseSchema.nullable() }),
  pauseSchema.nullable().transform((pause) => ({ pause })),
]);
const sourcesEntry = z.union([
  z.object({ paused: sourcesSchema, change: z.unknown() }),
  sourcesSchema.transform((paused) => ({ paused })),
]);

/** Who resumes, and why where it is a service. */
export interface Resumed {
  by: string;
  why?: string;
}

/** An operator's pause outranks a service's, and one by bounces and complaints outranks the provider's. */
const RANK = { refused: 0, reputation: 1, person: 2 } as const;
const rankOf = ({ kind }: Pick<AccountPause, 'kind'>): number => RANK[kind ?? 'person'];

/** The pace and the number of calls of an account. */
export type PaceEntry = z.infer<typeof paceSchema>;

/**
 * The state of an ESP account shared by all its users, in the KV bucket `accounts`: `<account>.paused`,
 * `<account>.pace`, `<account>.reputation`, `<account>.sources`, `<account>.tries`.
 */
export class AccountStore {
  readonly account: string;
  readonly #broker: Broker;
  readonly #bucket: Bucket;
  readonly #operations: OperationsStream;
  readonly #follows = new Follows();
  /** The last change of each type that is recorded. */
  readonly #told = new Map<Operation['type'], string>();

  constructor(broker: Broker, replicas: number, account: string) {
    this.#broker = broker;
    this.#bucket = new Bucket(broker, ACCOUNTS_BUCKET, replicas);
    this.#operations = new OperationsStream(broker);
    this.account = account;
  }

  /** Calls `listener` with the pause, once it is known and then at each change, until shutdown. */
  follow(listener: (pause: AccountPause | null) => void): void {
    this.#follows.add({
      broker: this.#broker,
      what: 'account',
      bucket: this.#bucket,
      key: `${this.account}.paused`,
      read: async () => {
        const entry = await this.entry('paused');
        listener(pauseOf(entry));
        await this.#tell(changeIn(entry));
      },
      take: (_key, value) => listener(value === undefined ? null : parsePause(value)),
    });
  }

  /** Calls `listener` with the paused sources, now and at each change; undefined: the entry is unreadable. */
  followSources(listener: (sources: PausedSources | undefined) => void): void {
    this.#follows.add({
      broker: this.#broker,
      what: 'sources',
      bucket: this.#bucket,
      key: `${this.account}.sources`,
      read: async () => {
        const entry = await this.entry('sources');
        listener(sourcesOf(entry));
        await this.#tell(changeIn(entry));
      },
      take: (_key, value) => listener(value === undefined ? {} : parseSources(value)),
    });
  }

  onApplicationShutdown(): Promise<void> {
    return this.#follows.stop();
  }

  /** The pause, even after its end. Throws Unavailable. */
  async paused(): Promise<AccountPause | null> {
    const entry = await this.entry('paused');
    return pauseOf(entry);
  }

  /**
   * Holds all senders. A pause that may end by itself does not replace one that a person has to end, nor one under
   * test. Throws Unavailable.
   */
  async pause(pause: Omit<AccountPause, 'at'>): Promise<void> {
    await this.#changePause({ type: 'account.paused', ...pause }, (now, at) => {
      const isKept =
        now &&
        now.until === undefined &&
        (pause.until !== undefined || (pause.kind !== undefined && rankOf(now) >= rankOf(pause)));
      return isKept ? now : { ...pause, at };
    });
  }

  /**
   * Resumes all senders, whatever the pause; with `at` only from that pause. False: no such pause. Throws Unavailable.
   */
  resume(resumed: Resumed, at?: string): Promise<boolean> {
    return this.#changePause({ type: 'account.resumed', ...resumed }, (now) =>
      at !== undefined && now?.at !== at ? now : null,
    );
  }

  /** Records that the breaker of one sender has opened or closed, once; its loss is logged only. Never rejects. */
  breaker(state: 'opened' | 'closed', by: string): Promise<void> {
    return this.#tell(this.#operation({ type: `account.breaker-${state}`, by }, new Date().toISOString()));
  }

  /** The account's last operations, the newest first. Throws Unavailable. */
  history(max: number): Promise<Operation[]> {
    return this.#operations.last(this.account, max);
  }

  /** The paused sources; undefined: the entry is unreadable. Throws Unavailable. */
  async sources(): Promise<PausedSources | undefined> {
    return sourcesOf(await this.entry('sources'));
  }

  /**
   * Holds the mails to one source's leads; false at the limit of sources, where the account should be paused. Throws
   * Unavailable.
   */
  async pauseSource(name: string, pause: Pick<AccountPause, 'why' | 'by'>): Promise<boolean> {
    const { by } = pause;
    const why = pause.why.slice(0, WHY_LENGTH_MAX);
    return this.#changeSources({ type: 'account.source-paused', source: name, why, by }, (now, at) => {
      const next = { ...now, [name]: { why, by, at } };
      return Object.keys(next).length > SOURCES_PAUSED_MAX ? undefined : next;
    });
  }

  /** False when it was not paused. Throws Unavailable. */
  async resumeSource(name: string, resumed: Resumed): Promise<boolean> {
    return this.#changeSources({ type: 'account.source-resumed', source: name, ...resumed }, (now) => {
      const { [name]: paused, ...others } = now;
      return paused && others;
    });
  }

  /** The stored entry of the account; undefined when missing. Throws Unavailable. */
  entry(what: Entry): Promise<KvEntry | undefined> {
    return this.#bucket.entry(`${this.account}.${what}`);
  }

  /** Writes it as the next revision after `was`; false after a concurrent write. Throws Unavailable. */
  write(what: Entry, value: string, was: KvEntry | undefined): Promise<boolean> {
    return this.#bucket.replace(`${this.account}.${what}`, value, was);
  }

  /** False when nothing changes. */
  async #changeSources(
    operated: Operated,
    decide: (now: PausedSources, at: string) => PausedSources | undefined,
  ): Promise<boolean> {
    for (;;) {
      const was = await this.entry('sources');
      const at = new Date().toISOString();
      const paused = decide(sourcesOf(was) ?? {}, at);
      if (paused === undefined) return false;
      if (await this.#replace('sources', { paused }, was, this.#operation(operated, at))) return true;
    }
  }

  /** False when nothing changes. */
  async #changePause(
    operated: Operated,
    decide: (now: AccountPause | null, at: string) => AccountPause | null,
  ): Promise<boolean> {
    for (;;) {
      const was = await this.entry('paused');
      const now = pauseOf(was);
      const at = new Date().toISOString();
      const pause = decide(now, at);
      if (pause === now) return false;
      if (await this.#replace('paused', { pause }, was, this.#operation(operated, at))) return true;
    }
  }

  /** Records the change before the entry forgets it, then its own; false after a concurrent write. */
  async #replace(what: Entry, value: object, was: KvEntry | undefined, change: Operation): Promise<boolean> {
    await this.#tell(changeIn(was));
    if (!(await this.write(what, JSON.stringify({ ...value, change }), was))) return false;
    await this.#tell(change);
    return true;
  }

  #operation(operated: Operated, at: string): Operation {
    return operationSchema.parse({ ...operated, id: randomUUID(), at, account: this.account });
  }

  /** A pause must not wait for its record: the entry keeps a change until the next one, and the log has it then. */
  async #tell(change: Operation | undefined): Promise<void> {
    if (!change || change.id === this.#told.get(change.type)) return;
    try {
      await this.#operations.append(change);
      this.#told.set(change.type, change.id);
    } catch (error) {
      this.#broker.log.warn({ ...change, error: describeError(error) }, 'an operation is not in OPERATIONS yet');
    }
  }
}

/** An unreadable entry counts as a pause: fail closed. */
function parsePause(text: string): AccountPause | null {
  const parsed = pausedEntry.safeParse(parseJson(text));
  return parsed.success
    ? parsed.data.pause
    : { why: 'the account’s entry cannot be read', by: 'leadstream', at: new Date(0).toISOString() };
}

const parseSources = (text: string): PausedSources | undefined => sourcesEntry.safeParse(parseJson(text)).data?.paused;

/** A missing or deleted entry pauses none; undefined: unreadable. */
const sourcesOf = (entry: KvEntry | undefined): PausedSources | undefined =>
  entry?.operation === 'PUT' ? parseSources(entry.string()) : {};

/** The change that made the entry; undefined where it has none, or cannot be read. */
function changeIn(entry: KvEntry | undefined): Operation | undefined {
  const stored = z.looseObject({ change: changeSchema }).safeParse(entry && parseJson(entry.string()));
  return stored.data?.change;
}

/** A missing or deleted entry is not a pause. */
const pauseOf = (entry: KvEntry | undefined): AccountPause | null =>
  entry?.operation === 'PUT' ? parsePause(entry.string()) : null;

/** The pace of an account; an unreadable entry counts as unused. */
export const readPace = (entry: KvEntry | undefined): PaceEntry =>
  (entry && paceSchema.safeParse(parseJson(entry.string())).data) ?? { fullAtMs: 0, day: '', calls: 0 };

/** A stored entry's JSON; undefined when it is invalid. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The account of the configured ESP, for services with `ESP` in their configuration. */
export const provideAccount: Provider = {
  provide: AccountStore,
  inject: [Broker, CONFIG],
  useFactory: (broker: Broker, config: EveryConfig & { ESP: Esp }) =>
    new AccountStore(broker, config.STREAM_REPLICAS, config.ESP),
};
