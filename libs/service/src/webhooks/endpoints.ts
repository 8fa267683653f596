import { isOutcomeType, outcomes, type OutcomeType } from '@leadstream/contracts/public';
import { WEBHOOKS_BUCKET } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from '@leadstream/eventlog/broker';
import { Bucket, keysOf, type Follower } from '@leadstream/eventlog/bucket';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import { z } from 'zod';
import { parseJson } from '../account.ts';
import type { Sealer } from './secrets.ts';

const instant = z.iso.datetime({ offset: true });
const URL_LENGTH_MAX = 2_000;
const SECRETS_MAX = 3;
export const ENDPOINTS_MAX = 100;

export const endpointNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be at most 40 lower-case letters, digits and hyphens');

/** Why a URL cannot be an endpoint's; undefined: it can. */
export function urlProblem(text: string): string | undefined {
  if (text.length > URL_LENGTH_MAX) return `has more than ${URL_LENGTH_MAX} characters`;
  const url = URL.parse(text);
  if (!url) return 'is no URL';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://';
  if (url.username || url.password) return 'must have no user name or password: the signature proves the sender';
  return url.hash ? 'must have no fragment' : undefined;
}

const typeSchema = z.custom<OutcomeType>((type) => typeof type === 'string' && isOutcomeType(type));
export const OUTCOME_TYPES = Object.keys(outcomes) as OutcomeType[];

const secretSchema = z.object({
  /** By a secret of DATA_KEYS. */
  sealed: z.string().max(500),
  at: instant,
  /** The end of a rotated secret; absent in the newest one. */
  until: instant.optional(),
});

const endpointSchema = z.object({
  name: endpointNameSchema,
  /** Drawn at `add`: an endpoint that is added again begins anew. */
  generation: z.uuid(),
  url: z.string().max(URL_LENGTH_MAX),
  types: z.array(typeSchema).min(1),
  secrets: z.array(secretSchema).min(1).max(SECRETS_MAX),
  by: z.string().max(100),
  addedAt: instant,
  /** The last sequence of PUBLIC at that time: only later events are delivered. */
  after: z.number().int().min(0),
  /** The event there, by which a PUBLIC that was replaced before the first delivery is noticed. */
  afterId: z.string().optional(),
  paused: z.object({ why: z.string().max(300), by: z.string().max(100), at: instant }).optional(),
  /** The last `resume`: what waits is tried at once. */
  resumedAt: instant.optional(),
});
export type Endpoint = z.infer<typeof endpointSchema>;

/** A lead whose events wait at the endpoint, for the event at `seq` of PUBLIC. */
const heldSchema = z.object({
  seq: z.number().int(),
  /** Failed attempts. */
  attempts: z.number().int(),
  dueMs: z.number(),
  firstMs: z.number(),
});
export type Held = z.infer<typeof heldSchema>;

const stateSchema = z.object({
  generation: z.uuid(),
  /** Up to this sequence of PUBLIC all is delivered, a dead letter, not wanted, or of a held lead. */
  cursor: z.number().int(),
  /** The event at the cursor, by which a PUBLIC that a restore replaced is noticed. */
  lastId: z.string().optional(),
  /**
   * PUBLIC was replaced, and its sequences are others: what happened before the endpoint was added is told by its time.
   */
  isReplaced: z.boolean().optional(),
  held: z.record(z.string(), heldSchema),
  /** Failures since the last success. */
  failures: z.number().int(),
  failingSince: instant.optional(),
  /** The last failure, in words. */
  problem: z.string().max(300).optional(),
  deliveredAt: instant.optional(),
  resumedAt: instant.optional(),
});
/** The place of an endpoint in PUBLIC; written by the service `webhooks` alone. */
export type EndpointState = z.infer<typeof stateSchema>;

const deadSchema = z.object({
  endpoint: endpointNameSchema,
  generation: z.uuid(),
  seq: z.number().int(),
  id: z.string(),
  type: z.string(),
  leadId: z.string().optional(),
  attempts: z.number().int(),
  at: instant,
  why: z.string().max(300),
  /** Asked for by an operator, and not tried yet. */
  again: instant.optional(),
});
/** An event that was given up; PUBLIC still has it, for 30 days. */
export type DeadLetter = z.infer<typeof deadSchema>;

export const newState = (endpoint: Endpoint): EndpointState => ({
  generation: endpoint.generation,
  cursor: endpoint.after,
  ...(endpoint.afterId === undefined ? {} : { lastId: endpoint.afterId }),
  held: {},
  failures: 0,
});

/**
 * The endpoints of webhooks, in the KV bucket `webhooks`: `<name>.endpoint` (leadctl; the service pauses),
 * `<name>.state` and `<name>.dead.<seq>` (the service; leadctl asks for another attempt), `lease`. Its methods throw
 * Unavailable.
 */
export class Endpoints {
  readonly bucket: Bucket;
  readonly #broker: Broker;

  constructor(broker: Broker, replicas: number) {
    this.#broker = broker;
    this.bucket = new Bucket(broker, WEBHOOKS_BUCKET, replicas);
  }

  /** Those that can be read. */
  async list(): Promise<Endpoint[]> {
    return (await this.all()).readable;
  }

  /** All of them; of an entry that cannot be read, such as one of a newer build, the name. */
  async all(): Promise<{ readable: Endpoint[]; unreadable: string[] }> {
    const names = (await this.#keys()).flatMap((key) => nameIn(key, 'endpoint')).toSorted();
    const readable: Endpoint[] = [];
    const unreadable: string[] = [];
    for (const [index, found] of (await Promise.all(names.map((name) => this.#stored(name)))).entries()) {
      if (found === 'unreadable') unreadable.push(names[index] ?? '');
      else if (found) readable.push(found);
    }
    return { readable, unreadable };
  }

  async find(name: string): Promise<Endpoint | undefined> {
    const found = await this.#stored(name);
    return found === 'unreadable' ? undefined : found;
  }

  async #stored(name: string): Promise<Endpoint | 'unreadable' | undefined> {
    const entry = await this.bucket.entry(`${name}.endpoint`);
    return entry?.operation === 'PUT' ? endpointIn(entry.string()) : undefined;
  }

  /** Adds an endpoint; false when there is one of that name. */
  async add(endpoint: Endpoint): Promise<boolean> {
    const key = `${endpoint.name}.endpoint`;
    const was = await this.bucket.entry(key);
    if (was?.operation === 'PUT') return false;
    return this.bucket.replace(key, JSON.stringify(endpointSchema.parse(endpoint)), was);
  }

  /** Changes an endpoint as `decide` says; false when there is none, or `decide` returns undefined. */
  async change(name: string, decide: (now: Endpoint) => Endpoint | undefined): Promise<boolean> {
    for (;;) {
      const was = await this.#read(`${name}.endpoint`, endpointSchema);
      const next = was && decide(was.value);
      if (!next) return false;
      if (await this.bucket.replace(`${name}.endpoint`, JSON.stringify(endpointSchema.parse(next)), was.entry))
        return true;
    }
  }

  /** Removes the endpoint, its place and its dead letters; false when there is none. */
  async remove(name: string): Promise<boolean> {
    if (!(await this.#stored(name))) return false;
    const kv = await this.bucket.open();
    const keys = (await this.#keys()).filter((key) => key.startsWith(`${name}.`));
    // The endpoint first: without it the service makes no new entries.
    for (const key of keys.toSorted((a, b) => Number(b.endsWith('.endpoint')) - Number(a.endsWith('.endpoint'))))
      await kv.delete(key);
    return true;
  }

  /** The place of an endpoint; undefined before its first event. */
  async state({ name, generation }: Endpoint): Promise<EndpointState | undefined> {
    const state = (await this.#read(`${name}.state`, stateSchema))?.value;
    return state?.generation === generation ? state : undefined;
  }

  write(name: string, state: EndpointState): Promise<void> {
    return this.bucket.put(`${name}.state`, JSON.stringify(state));
  }

  async deadLetters(endpoint: Endpoint): Promise<DeadLetter[]> {
    const ofIt = (await this.#keys()).filter((key) => key.startsWith(`${endpoint.name}.dead.`));
    const found = await Promise.all(ofIt.map((key) => this.#read(key, deadSchema)));
    return found
      .flatMap((one) => (one?.value.generation === endpoint.generation ? [one.value] : []))
      .toSorted((one, other) => one.seq - other.seq);
  }

  bury(letter: DeadLetter): Promise<void> {
    return this.bucket.put(deadKey(letter), JSON.stringify(letter));
  }

  async unbury(letter: DeadLetter): Promise<void> {
    await (await this.bucket.open()).delete(deadKey(letter));
  }

  /** Calls `endpoint` and `dead` with each entry, now and at each change; without a value once it is removed. */
  follower(
    endpoint: (name: string, value: Endpoint | 'unreadable' | undefined) => void,
    dead: (key: string, value: DeadLetter | undefined) => void,
  ): Follower {
    return {
      broker: this.#broker,
      what: 'webhooks',
      bucket: this.bucket,
      // The watch begins with all entries.
      read: () => Promise.resolve(),
      take: (key, text) => {
        for (const name of nameIn(key, 'endpoint')) endpoint(name, text === undefined ? undefined : endpointIn(text));
        if (/^[^.]+\.dead\./.test(key))
          dead(key, text === undefined ? undefined : deadSchema.safeParse(parseJson(text)).data);
      },
    };
  }

  /** Seals all secrets anew with the first of DATA_KEYS: how many were, and how many no secret of it opens. */
  async reseal(sealer: Sealer): Promise<{ wrapped: number; lost: number; unreadable: string[] }> {
    const { readable, unreadable } = await this.all();
    const counts = { wrapped: 0, lost: 0, unreadable };
    for (const { name, secrets } of readable) {
      const older = secrets.filter(({ sealed }) => !sealer.isCurrent(sealed));
      const opened = new Map(older.map(({ sealed }) => [sealed, sealer.open(sealed, name)]));
      const anew = (sealed: string) => {
        const secret = opened.get(sealed);
        return secret === undefined ? sealed : sealer.seal(secret, name);
      };
      const lost = [...opened.values()].filter((secret) => secret === undefined).length;
      counts.lost += lost;
      counts.wrapped += opened.size - lost;
      if (opened.size > lost)
        await this.change(name, (now) => ({
          ...now,
          secrets: now.secrets.map((one) => ({ ...one, sealed: anew(one.sealed) })),
        }));
    }
    return counts;
  }

  /** None where the bucket is missing: who only looks does not create it. */
  async #keys(): Promise<string[]> {
    try {
      return await reachable(() => keysOf(this.#broker, WEBHOOKS_BUCKET));
    } catch (error) {
      if (error instanceof Error && hasCode(error.cause ?? error, JetStreamApiCodes.StreamNotFound)) return [];
      throw error;
    }
  }

  async #read<T>(key: string, schema: z.ZodType<T>) {
    const entry = await this.bucket.entry(key);
    if (entry?.operation !== 'PUT') return undefined;
    const { data: value } = schema.safeParse(parseJson(entry.string()));
    return value === undefined ? undefined : { value, entry };
  }
}

const endpointIn = (text: string): Endpoint | 'unreadable' =>
  endpointSchema.safeParse(parseJson(text)).data ?? 'unreadable';

const deadKey = ({ endpoint, seq }: DeadLetter): string => `${endpoint}.dead.${seq}`;

const nameIn = (key: string, kind: string): string[] => {
  const [name = '', what, ...more] = key.split('.');
  return what === kind && more.length === 0 ? [name] : [];
};
