import type { Baseline } from '@leadstream/eventlog/log';
import type { Db, Filter } from 'mongodb';
import { CASE_INSENSITIVE, liveLeads, type LeadCollection, type LeadDocument } from './collections.ts';

/** A lead whose time has come, as the read model knows it: the log may know better. */
export interface DueLead<S> extends Baseline<S> {
  leadId: string;
  nextActionAt: Date;
}

/** In the order of their turn: leads that are due at the same instant by their ids. */
export type Place = Pick<DueLead<unknown>, 'nextActionAt' | 'leadId'>;

/** A lead as people see it: without the text that deciders start from. */
export type ShownLead = Pick<
  LeadDocument,
  '_id' | 'history' | 'version' | 'lastSeq' | 'stateVersion' | 'createdAt' | 'updatedAt'
> & { [shown: string]: unknown };

/** Longer, and reading the log itself is the shorter way. */
const BASELINE_TIMEOUT_MS = 500;
const QUERY_TIMEOUT_MS = 5_000;
const within = { timeoutMS: QUERY_TIMEOUT_MS };

/** Reads the live collection of the read model. Every question gives up after 5 s, `baseline` after half a second. */
export class LeadQueries<S> {
  readonly #leads: LeadCollection;

  constructor(db: Db) {
    this.#leads = liveLeads(db);
  }

  /** Where a decider starts from. Throws when MongoDB does not answer soon: the log answers then. */
  async baseline(leadId: string): Promise<Baseline<S> | undefined> {
    // Not timeoutMS: the driver's first connect does not keep to it.
    const bounded = { signal: AbortSignal.timeout(BASELINE_TIMEOUT_MS) };
    const found = await (
      await this.#leads(bounded)
    ).findOne(
      { _id: leadId },
      { ...bounded, projection: { state: 1, stateVersion: 1, version: 1, lastSeq: 1, lastId: 1 } },
    );
    return found ? baselineOf<S>(found) : undefined;
  }

  /**
   * Up to `limit` leads with `nextActionAt` at or before `now`, oldest first; only those `after` a place, where the
   * last page ended.
   */
  async dueLeads(now: Temporal.Instant, limit: number, after?: Place): Promise<DueLead<S>[]> {
    const projection = { state: 1, stateVersion: 1, version: 1, lastSeq: 1, lastId: 1, nextActionAt: 1 };
    const sort = { nextActionAt: 1, _id: 1 } as const;
    const due = (await this.#leads(within)).find<LeadDocument & { nextActionAt: Date }>(dueBy(now, after), {
      ...within,
      projection,
      sort,
      limit,
    });
    return (await due.toArray()).map((lead) => ({
      leadId: lead._id,
      nextActionAt: lead.nextActionAt,
      ...baselineOf<S>(lead),
    }));
  }

  /** How many leads should have been acted on before `at`. */
  async overdueCount(at: Temporal.Instant): Promise<number> {
    return (await this.#leads(within)).countDocuments(dueBy(at), within);
  }

  async lead(leadId: string): Promise<ShownLead | undefined> {
    return (
      (await (await this.#leads(within)).findOne({ _id: leadId }, { ...within, projection: { state: 0 } })) ?? undefined
    );
  }

  /** Leads that were written with this address; its case does not matter. */
  async byEmail(email: string): Promise<ShownLead[]> {
    return (await this.#leads(within))
      .find({ email }, { ...within, projection: { state: 0 }, collation: CASE_INSENSITIVE, limit: 100 })
      .toArray();
  }

  /**
   * Ids of the leads whose run waits for an operator, whatever else holds them, or that went on without knowing what
   * became of a send.
   */
  async unsettledLeads(): Promise<string[]> {
    const unsettled = (await this.#leads(within)).find(
      { $or: [{ phase: 'parked' }, { unknownSends: { $gt: 0 } }] },
      { ...within, projection: { _id: 1 }, sort: { updatedAt: 1 } },
    );
    return (await unsettled.toArray()).map(({ _id }) => _id);
  }

  /** Up to `limit` leads, the last changed first. */
  async list(where: { status?: string; tag?: string }, limit: number): Promise<ShownLead[]> {
    const filter: Filter<LeadDocument> = {
      ...(where.status ? { status: where.status } : {}),
      ...(where.tag ? { tags: where.tag } : {}),
    };
    return (await this.#leads(within))
      .find(filter, { ...within, projection: { state: 0 }, sort: { updatedAt: -1 }, limit })
      .toArray();
  }
}

function dueBy(now: Temporal.Instant, after?: Place): Filter<LeadDocument> {
  const $lte = new Date(now.epochMilliseconds);
  if (!after) return { nextActionAt: { $lte } };
  const { nextActionAt, leadId } = after;
  return { $or: [{ nextActionAt, _id: { $gt: leadId } }, { nextActionAt: { $gt: nextActionAt, $lte } }] };
}

/** Our own text, and worth what its stateVersion says: whoever starts from it compares that first. */
const baselineOf = <S>({ state, stateVersion, version, lastSeq, lastId }: LeadDocument): Baseline<S> => ({
  state: JSON.parse(state) as S,
  stateVersion,
  version,
  lastSeq,
  ...(lastId === undefined ? {} : { lastId }),
});
