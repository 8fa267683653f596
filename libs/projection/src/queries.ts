import type { Baseline } from '@leadstream/eventlog/log';
import type { Db, Filter } from 'mongodb';
import { EVER, HELD_OR_ACTIVE, liveLeads, type LeadCollection, type LeadDocument } from './collections.ts';

/** A due lead according to the read model, which may lag behind the log. */
export interface DueLead<S> extends Baseline<S> {
  leadId: string;
  nextActionAt: Date;
}

/** A position in the order of due leads: leads that are due at the same instant are ordered by id. */
export type Cursor = Pick<DueLead<unknown>, 'nextActionAt' | 'leadId'>;

/** The public document of a lead, without the deciders' baseline. */
export type ShownLead = Pick<
  LeadDocument,
  '_id' | 'history' | 'version' | 'lastSeq' | 'stateVersion' | 'createdAt' | 'updatedAt'
> & { [shown: string]: unknown };

/** A lead of which nothing was heard for long, according to the read model. */
export interface IdleLead<S> extends Baseline<S> {
  leadId: string;
  idleAt: Date;
}
export type IdleCursor = Pick<IdleLead<unknown>, 'idleAt' | 'leadId'>;

/** Leads that are under way in one version of a sequence, paused and parked ones included. */
export interface RunsUnderWay {
  sequence: string;
  version: number;
  leads: number;
}
const PAGE = 1_000;
const UNDER_WAY = { status: { $in: HELD_OR_ACTIVE }, phase: { $nin: ['none', 'completed'] } };

/** Beyond this, reading the log itself is faster. */
const BASELINE_TIMEOUT_MS = 500;
const QUERY_TIMEOUT_MS = 5_000;
const within = { timeoutMS: QUERY_TIMEOUT_MS };

/**
 * Queries of the live collection of the read model. Every query times out after 5 s, `baseline` after half a second.
 */
export class LeadQueries<S> {
  readonly #leads: LeadCollection;

  constructor(db: Db) {
    this.#leads = liveLeads(db);
  }

  /** The baseline of a decider. Throws when MongoDB does not answer soon: then the log is read. */
  async baseline(leadId: string): Promise<Baseline<S> | undefined> {
    // Not timeoutMS: the driver's first connect ignores it.
    const bounded = { signal: AbortSignal.timeout(BASELINE_TIMEOUT_MS) };
    const found = await (await this.#leads(bounded)).findOne({ _id: leadId }, { ...bounded, projection: BASELINE });
    return found ? baselineOf<S>(found) : undefined;
  }

  /** Like `baseline`, of several leads by one query, by id; a lead without a document has none. */
  async baselines(leadIds: readonly string[]): Promise<Map<string, Baseline<S>>> {
    const bounded = { signal: AbortSignal.timeout(BASELINE_TIMEOUT_MS) };
    const leads = await this.#leads(bounded);
    const found = leads.find({ _id: { $in: [...leadIds] } }, { ...bounded, projection: BASELINE });
    return new Map((await found.toArray()).map((lead) => [lead._id, baselineOf<S>(lead)]));
  }

  /**
   * Up to `limit` leads with `nextActionAt` at or before `now`, oldest first; with `after` only those behind the last
   * page's end, without those of `except`: some hundred at most.
   */
  async dueLeads(
    now: Temporal.Instant,
    limit: number,
    after?: Cursor,
    except: readonly string[] = [],
  ): Promise<DueLead<S>[]> {
    const projection = { ...BASELINE, nextActionAt: 1 };
    const sort = { nextActionAt: 1, _id: 1 } as const;
    const filter = { ...dueBy(now, after), ...(except.length > 0 ? { _id: { $nin: [...except] } } : {}) };
    const due = (await this.#leads(within)).find<LeadDocument & { nextActionAt: Date }>(filter, {
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

  /**
   * Up to `limit` leads that are lapsed at `now`, those of the longest silence first; with `after` only those behind
   * the last page's end.
   */
  async idleLeads(now: Temporal.Instant, limit: number, after?: IdleCursor): Promise<IdleLead<S>[]> {
    const $lte = new Date(now.epochMilliseconds);
    const idle = (await this.#leads(within)).find<LeadDocument & { idleAt: Date }>(
      after
        ? {
            idleAt: { $gte: after.idleAt, $lte },
            $or: [{ idleAt: { $gt: after.idleAt } }, { _id: { $gt: after.leadId } }],
          }
        : { idleAt: { $gte: EVER, $lte } },
      { ...within, projection: { ...BASELINE, idleAt: 1 }, sort: { idleAt: 1, _id: 1 }, limit },
    );
    return (await idle.toArray()).map((lead) => ({ leadId: lead._id, idleAt: lead.idleAt, ...baselineOf<S>(lead) }));
  }

  /** Ids of the leads of a phone number, by its keyed hash: their own, or one that a text of theirs went to. */
  async leadsOfNumber(hash: string): Promise<string[]> {
    const found = (await this.#leads(within)).find(
      { numbers: { $eq: hash, $type: 'string' } },
      { ...within, projection: { _id: 1 }, limit: PAGE },
    );
    return (await found.toArray()).map(({ _id }) => _id);
  }

  /** Number of leads whose action was due before `at`; with `max` none above it is counted. */
  async overdueCount(at: Temporal.Instant, max?: number): Promise<number> {
    const options = { ...within, ...(max === undefined ? {} : { limit: max }) };
    return (await this.#leads(within)).countDocuments(dueBy(at), options);
  }

  async lead(leadId: string): Promise<ShownLead | undefined> {
    return (
      (await (await this.#leads(within)).findOne({ _id: leadId }, { ...within, projection: { state: 0 } })) ?? undefined
    );
  }

  /**
   * Ids of the leads whose run waits for an operator, whatever else holds them, or that moved on from a send of unknown
   * outcome; those of the longest silence first, all or up to `limit`, without
   * those of a tag of `leftOut`.
   */
  async unsettledLeads({ limit, leftOut = [] }: { limit?: number; leftOut?: readonly string[] } = {}): Promise<
    string[]
  > {
    const unsettled = (await this.#leads(within)).find(
      {
        $or: [{ phase: 'parked' }, { unknownSends: { $gt: 0 } }],
        ...(leftOut.length > 0 ? { tags: { $nin: [...leftOut] } } : {}),
      },
      { ...within, projection: { _id: 1 }, sort: { updatedAt: 1 }, ...(limit === undefined ? {} : { limit }) },
    );
    return (await unsettled.toArray()).map(({ _id }) => _id);
  }

  /** By sequence and version; a lead whose run has ended or been stopped does not count. */
  async runsUnderWay(): Promise<RunsUnderWay[]> {
    const groups = (await this.#leads(within)).aggregate<{
      _id: { sequence: string; version: number };
      leads: number;
    }>(
      [
        { $match: { ...UNDER_WAY, sequence: { $ne: null } } },
        { $group: { _id: { sequence: '$sequence', version: '$sequenceVersion' }, leads: { $sum: 1 } } },
        { $sort: { '_id.sequence': 1, '_id.version': 1 } },
      ],
      within,
    );
    return (await groups.toArray()).map(({ _id, leads }) => ({ ..._id, leads }));
  }

  /** All leads under way in one version, a page at a time, by id. */
  async *runsIn(sequence: string, version: number): AsyncGenerator<Baseline<S> & { leadId: string }> {
    for (let after = ''; ;) {
      const page = await (
        await this.#leads(within)
      )
        .find<LeadDocument>(
          { ...UNDER_WAY, sequence, sequenceVersion: version, _id: { $gt: after } },
          { ...within, projection: BASELINE, sort: { _id: 1 }, limit: PAGE },
        )
        .toArray();
      for (const lead of page) yield { leadId: lead._id, ...baselineOf<S>(lead) };
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last._id;
    }
  }
}

function dueBy(now: Temporal.Instant, after?: Cursor): Filter<LeadDocument> {
  const $lte = new Date(now.epochMilliseconds);
  if (!after) return { nextActionAt: { $lte } };
  const { nextActionAt, leadId } = after;
  return { $or: [{ nextActionAt, _id: { $gt: leadId } }, { nextActionAt: { $gt: nextActionAt, $lte } }] };
}

const BASELINE = { state: 1, stateVersion: 1, version: 1, lastSeq: 1, lastId: 1, updatedAt: 1 } as const;

/** Our own text, valid only for its stateVersion, which the caller compares first. */
const baselineOf = <S>({ state, stateVersion, version, lastSeq, lastId, updatedAt }: LeadDocument): Baseline<S> => ({
  state: JSON.parse(state) as S,
  stateVersion,
  version,
  lastSeq,
  ...(lastId === undefined ? {} : { lastId }),
  lastAtMs: updatedAt.getTime(),
});
