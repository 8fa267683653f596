import { CRM_BUCKET } from '@leadstream/contracts/streams';
import { hasCode, reachable, type Broker } from '@leadstream/eventlog/broker';
import { Bucket, keysOf } from '@leadstream/eventlog/bucket';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import { z } from 'zod';
import { parseJson } from '../account.ts';
import { TOLD } from './words.ts';

const at = z.iso.datetime({ offset: true });
const toldSchema = z.union([
  /** A call of this process may be under way. */
  z.object({ by: z.uuid(), at }),
  z.object({ digest: z.string().max(100), outcome: z.enum(TOLD), why: z.string().max(300).optional(), at }),
]);
export type Told = z.infer<typeof toldSchema>;

/** `revision` 0: there is no entry. An entry that cannot be read has a revision and is told anew. */
export interface ToldEntry {
  revision: number;
  told?: Told;
}

/** The records of the service `crm`, one a lead. The methods throw Unavailable. */
export interface ToldStore {
  read(leadId: string): Promise<ToldEntry>;
  /** The revision written after `revision`; undefined after a concurrent write. */
  write(leadId: string, told: Told, revision: number): Promise<number | undefined>;
}

/** They are in the KV bucket `crm`. */
export class ToldLeads implements ToldStore {
  readonly #broker: Broker;
  readonly #bucket: Bucket;

  constructor(broker: Broker, replicas: number) {
    this.#broker = broker;
    this.#bucket = new Bucket(broker, CRM_BUCKET, replicas);
  }

  /** Creates the bucket where it is missing. */
  async open(): Promise<void> {
    await this.#bucket.open();
  }

  /** From the leader: a record of a follower may be older, and equal to a state that has come back since. */
  async read(leadId: string): Promise<ToldEntry> {
    const { streams } = await this.#broker.jsm();
    const found = await reachable(async () =>
      streams.getMessage(`KV_${CRM_BUCKET}`, { last_by_subj: `$KV.${CRM_BUCKET}.${leadId}` }),
    );
    if (!found) return { revision: 0 };
    const told = toldSchema.safeParse(parseJson(found.string())).data;
    return { revision: found.seq, ...(told ? { told } : {}) };
  }

  write(leadId: string, told: Told, revision: number): Promise<number | undefined> {
    return this.#bucket.putAfter(leadId, JSON.stringify(told), revision);
  }

  /** Of all leads, some hundred at a time; none where the bucket is missing. */
  async *all(): AsyncGenerator<[leadId: string, Told | undefined]> {
    const leadIds = await this.#leadIds();
    for (let from = 0; from < leadIds.length; from += READ_AT_ONCE)
      yield* await Promise.all(
        leadIds
          .slice(from, from + READ_AT_ONCE)
          .map(async (leadId): Promise<[string, Told | undefined]> => [leadId, (await this.read(leadId)).told]),
      );
  }

  async #leadIds(): Promise<string[]> {
    try {
      return await reachable(() => keysOf(this.#broker, CRM_BUCKET));
    } catch (error) {
      if (error instanceof Error && hasCode(error.cause ?? error, JetStreamApiCodes.StreamNotFound)) return [];
      throw error;
    }
  }
}

const READ_AT_ONCE = 200;
