import { begins, catalogue, lostPlacesOf, type Recorded } from '@leadstream/contracts/events';
import type { Fold } from '@leadstream/eventlog/log';
import { LRUCache } from 'lru-cache';
import { MongoBulkWriteError, type Collection, type Db, type Filter } from 'mongodb';
import { DUPLICATE_KEY, writtenNames } from './alias.ts';
import type { LeadDocument, View } from './collections.ts';
import { searchKeysOf } from './search.ts';

/** A lead's events after `afterSeq`, oldest first, read along the chain on the leader; throws when one is missing. */
export type Tail = (leadId: string, afterSeq: number) => Promise<Recorded[]>;

export interface ProjectionOptions {
  /** `leads_<n>` while it is being rebuilt. Default: the live collection, and one that is about to become it. */
  collection?: string;
  /** One line of a lead's history. Default: the catalogue's description of the event. */
  summary?: (event: Recorded) => string;
}

export interface Applied {
  /** Number of events folded and written. */
  applied: number;
  /** Number of events already included. */
  skipped: number;
  /** Number of leads read from the log: an event came out of order, or the document has another stateVersion. */
  gaps: number;
  /** Leads that are not up to date, with the reason. Their messages must not be acked; all others may. */
  failed: ReadonlyMap<string, unknown>;
}

interface Total extends Applied {
  failed: Map<string, unknown>;
}

/** A document read or folded here. A skip counts only against one that `isWritten`. */
interface Known<S, D extends Base = Base> {
  document: D;
  /** The state in the document, if it was folded here: saves parsing its text. */
  state?: S;
  isWritten: boolean;
}

interface Folded<S> {
  leadId: string;
  /** The document or state that this was folded from. */
  met: Known<S> | undefined;
  /** The result of the fold; undefined when `met` includes all of it. */
  next: Known<S, LeadDocument> | undefined;
  applied: number;
  skipped: number;
}

const HISTORY_MAX = 50;
/** The fields that a fold continues from; all others are computed anew. */
const BASE = { state: 1, stateVersion: 1, history: 1, lastSeq: 1, lastId: 1, createdAt: 1, updatedAt: 1 } as const;
type Base = Pick<LeadDocument, '_id' | keyof typeof BASE>;
/** The end of a document, or of the events folded so far. */
interface End {
  seq: number;
  id: string | undefined;
  atMs: number | undefined;
}
const BEGINNING: End = { seq: 0, id: undefined, atMs: undefined };

const LATEST = {
  max: 2_000,
  maxSize: 8 * 1024 * 1024,
  sizeCalculation: ({ document }: Known<unknown, LeadDocument>) => document.state.length,
};

/** The only writer of the read model. Safe to run over the same events again, in any order, and beside another one. */
export class Projection<S> {
  readonly #fold: Fold<S>;
  readonly #view: (state: S) => View;
  readonly #targets: () => Promise<Collection<LeadDocument>[]>;
  readonly #summary: (event: Recorded) => string;
  /**
   * The documents of the last folds, written or waiting for their write: they save a read, and the write's guard
   * verifies them.
   */
  readonly #latest = new LRUCache<string, Known<S, LeadDocument>>(LATEST);
  readonly #folding = inOrder();
  readonly #writing = inOrder();

  constructor(db: Db, fold: Fold<S>, view: (state: S) => View, options: ProjectionOptions = {}) {
    const { collection, summary = (event: Recorded) => catalogue[event.type].says } = options;
    this.#fold = fold;
    this.#view = view;
    this.#targets = async () =>
      (collection ? [collection] : await writtenNames(db)).map((name) => db.collection<LeadDocument>(name));
    this.#summary = summary;
  }

  /** Clears the cache after a possible restore: its folds can be of the lost log, and would count as written. */
  forget(): void {
    this.#latest.clear();
  }

  /**
   * Brings every lead of `events` at least to those events, in each collection that must have them at the end: a
   * concurrent swap loses nothing. The next call may begin before this one has ended: it folds while MongoDB is busy
   * with this one's write. Throws when MongoDB does, or when `mayWrite`, called before each write, returns false: then
   * no message may be acked. Otherwise each lead that is not in `failed` is written, by this call, an earlier one or
   * another projector.
   */
  async apply(events: readonly Recorded[], tail: Tail, mayWrite: () => boolean = () => true): Promise<Applied> {
    const leads = Map.groupBy(
      events.toSorted((a, b) => a.seq - b.seq),
      ({ leadId }) => leadId,
    );
    const total = { applied: 0, skipped: 0, gaps: 0, failed: new Map<string, unknown>() };
    for (const written = new Set<string>(); ;) {
      const target = (await this.#folding(this.#targets)).find(({ collectionName }) => !written.has(collectionName));
      if (!target) return total;
      await this.#converge(target, leads, tail, total, mayWrite);
      written.add(target.collectionName);
    }
  }

  /**
   * Folds up to `limit` leads of another stateVersion with ids above `after` again, from their whole chains. `last` is
   * the next page's `after`; undefined after the last page.
   */
  async refold(limit: number, tail: Tail, after = ''): Promise<Applied & { last?: string | undefined }> {
    const total = { applied: 0, skipped: 0, gaps: 0, failed: new Map<string, unknown>() };
    const [live] = await this.#targets();
    if (!live) return total;
    const stale = await live
      .find(
        { _id: { $gt: after }, stateVersion: { $ne: this.#fold.stateVersion } },
        { projection: { _id: 1 }, sort: { _id: 1 }, limit },
      )
      .toArray();
    await this.#converge(live, new Map(stale.map(({ _id }) => [_id, []])), tail, total);
    return { ...total, last: stale.length === limit ? stale.at(-1)?._id : undefined };
  }

  /** Reads, folds and writes; a lead that is not certainly written after that is read and folded again, until it is. */
  async #converge(
    collection: Collection<LeadDocument>,
    leads: ReadonlyMap<string, Recorded[]>,
    tail: Tail,
    total: Total,
    mayWrite: () => boolean = () => true,
  ): Promise<void> {
    for (let pending = leads, missed: ReadonlySet<string> = new Set(); pending.size > 0;) {
      // The write is queued before the next fold begins, so writes keep the order of the folds that they are based on.
      const { writing } = await this.#folding(async () => {
        const folded = await this.#foldAll(await this.#known(collection, pending, missed), pending, tail, total);
        for (const { leadId, next } of folded) if (next) this.#latest.set(keyOf(collection, leadId), next);
        return { writing: this.#writing(() => this.#write(collection, folded, total, mayWrite)) };
      });
      missed = await writing;
      pending = new Map([...pending].filter(([leadId]) => missed.has(leadId)));
    }
  }

  async #foldAll(
    known: ReadonlyMap<string, Known<S>>,
    leads: ReadonlyMap<string, Recorded[]>,
    tail: Tail,
    total: Total,
  ): Promise<Folded<S>[]> {
    const folded: Folded<S>[] = [];
    for (const [leadId, events] of leads) {
      try {
        folded.push(await this.#foldLead(leadId, known.get(leadId), events, tail, total));
      } catch (error) {
        total.failed.set(leadId, error);
      }
    }
    return folded;
  }

  /**
   * A lead whose events come from its first one on is taken for one without a document: a write that finds one misses,
   * and it is read after that.
   */
  async #known(
    collection: Collection<LeadDocument>,
    leads: ReadonlyMap<string, Recorded[]>,
    missed: ReadonlySet<string>,
  ): Promise<Map<string, Known<S>>> {
    const known = new Map<string, Known<S>>();
    const unknown: string[] = [];
    for (const [leadId, events] of leads) {
      const latest = this.#latest.get(keyOf(collection, leadId));
      const isNew = isFromFirst(events) && !missed.has(leadId);
      if (latest) known.set(leadId, latest);
      else if (!isNew) unknown.push(leadId);
    }
    if (unknown.length === 0) return known;
    // Majority: another projector's write that a failover can still roll back is not written yet.
    const found = await collection
      .find<Base>({ _id: { $in: unknown } }, { projection: BASE, readConcern: 'majority' })
      .toArray();
    for (const document of found) known.set(document._id, { document, isWritten: true });
    return known;
  }

  /**
   * Returns the leads that are not certainly written. Writes of earlier folds have settled by now, so `isWritten` is
   * final.
   */
  async #write(
    collection: Collection<LeadDocument>,
    folded: readonly Folded<S>[],
    total: Total,
    mayWrite: () => boolean,
  ): Promise<Set<string>> {
    const writes = folded.flatMap(({ leadId, met, next }) =>
      next ? [{ leadId, met: endOf(met?.document), next }] : [],
    );
    let missed = new Set(writes.map(({ leadId }) => leadId));
    try {
      if (!mayWrite()) throw new Error('the log was judged again since these events were read');
      missed = await write(collection, writes);
    } finally {
      for (const leadId of missed) this.#latest.delete(keyOf(collection, leadId));
    }
    for (const { leadId, next } of writes) if (!missed.has(leadId)) next.isWritten = true;
    for (const { leadId, met, next, applied, skipped } of folded) {
      if (!next && met?.isWritten === false) missed.add(leadId);
      if (missed.has(leadId)) continue;
      total.applied += applied;
      total.skipped += skipped;
    }
    return missed;
  }

  async #foldLead(
    leadId: string,
    met: Known<S> | undefined,
    events: Recorded[],
    tail: Tail,
    total: Total,
  ): Promise<Folded<S>> {
    const metSeq = met?.document.lastSeq ?? 0;
    const stale = met !== undefined && met.document.stateVersion !== this.#fold.stateVersion;
    let base = stale ? undefined : met?.document;
    let news = stale ? undefined : chained(endOf(base), events);
    if (!news) {
      total.gaps++;
      const after = base?.lastSeq ?? 0;
      // With the event at the document's end: an older build's next one names it without its time.
      const read = await tail(leadId, Math.max(0, after - 1));
      news = chained(endOf(base), read);
      const whole = after === 0 ? read : news?.length ? [] : await tail(leadId, 0);
      const isForeign = met !== undefined && isOfLostLog(met.document, whole);
      if (isForeign) [base, news] = [undefined, chained(BEGINNING, whole)];
      // A projector has acknowledged the events in a document: a new fold includes at least those.
      const [got, wanted] = [news?.at(-1)?.seq ?? 0, Math.max(events.at(-1)?.seq ?? 0, isForeign ? 0 : metSeq)];
      if (!news || got < wanted)
        throw new Error(`${leadId}: the log's chain after ${after} does not lead to ${wanted}`);
    }
    const lastSeq = base?.lastSeq ?? 0;
    const skipped = events.filter(({ seq }) => seq <= lastSeq).length;
    const next =
      news.length === 0 ? undefined : { ...this.#folded(leadId, base, news, base && met?.state), isWritten: false };
    return { leadId, met, next, applied: news.length, skipped };
  }

  /** `was`: the state in the document `before`. */
  #folded(leadId: string, before: Base | undefined, all: Recorded[], was?: S): { document: LeadDocument; state: S } {
    // The fold of a fresh reader of the log, in which events before an erasure are missing.
    const start = all.findLastIndex(begins);
    const [base, news] = start < 0 ? [before, all] : [undefined, all.slice(start)];
    const from = base ? (was ?? (JSON.parse(base.state) as S)) : this.#fold.initial;
    const state = news.reduce((folded, event) => this.#fold.evolve(folded, event), from);
    const history = news.map((event) => ({
      seq: event.seq,
      version: event.version,
      type: event.type,
      at: new Date(event.at),
      summary: this.#summary(event),
    }));
    const { seq, version, id } = news.at(-1) ?? { seq: 0, version: 0, id: '' };
    const updatedAt = history.at(-1)?.at ?? new Date(0);
    const view = this.#view(state);
    const document = {
      ...dated(view),
      searchKeys: searchKeysOf(view, base),
      _id: leadId,
      state: JSON.stringify(state),
      history: [...(base?.history ?? []), ...history].slice(-HISTORY_MAX),
      version,
      lastSeq: seq,
      lastId: id,
      stateVersion: this.#fold.stateVersion,
      createdAt: base?.createdAt ?? history[0]?.at ?? updatedAt,
      updatedAt,
    };
    return { document, state };
  }
}

/** Runs the given functions one after the other. */
function inOrder(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

/** Each event of a chain, from the first one on; one that came twice makes the answer no. */
const isFromFirst = (events: readonly Recorded[]): boolean =>
  events.length > 0 && events.every(({ version }, index) => version === index + 1);

const keyOf = (collection: Collection<LeadDocument>, leadId: string): string =>
  `${collection.collectionName}/${leadId}`;

function dated(view: View): View {
  const shown: Record<string, unknown> = { ...view };
  for (const name in view) {
    const value = view[name];
    if (typeof value === 'string' && name.endsWith('At')) shown[name] = new Date(value);
  }
  return shown;
}

/**
 * The document is of a log that an operator's confirm has ended: the chain names its position, or has another event
 * there.
 */
const isOfLostLog = (document: Base, whole: readonly Recorded[]): boolean => {
  const end = endOf(document);
  return (
    end.id !== undefined && whole.some((event) => (event.seq === end.seq ? isOther(event, end) : replaces(event, end)))
  );
};

/** Whether another event than the one at the end has its sequence: also the same one, made again at another time. */
const isOther = (event: Recorded, end: End): boolean => event.seq === end.seq && !isEnd(endAfter(event), end);

/** Whether both are one event; what is not known of either does not count. */
const isEnd = (one: End, other: End): boolean =>
  one.seq === other.seq &&
  (one.id ?? other.id) === (other.id ?? one.id) &&
  (one.atMs ?? other.atMs) === (other.atMs ?? one.atMs);

const endAfter = ({ seq, id, at }: Recorded): End => ({ seq, id, atMs: Date.parse(at) });

const replaces = (event: Recorded, { seq, id }: End): boolean =>
  lostPlacesOf(event).some(({ lastSeq, lastId }) => lastSeq === seq && lastId === id);

const endOf = (base: Base | undefined): End =>
  base ? { seq: base.lastSeq, id: base.lastId, atMs: base.updatedAt.getTime() } : BEGINNING;

/**
 * Those of `events` (ascending) after `end`, or undefined when one between them is missing, or when another event is
 * now at `end`.
 */
function chained(end: End, events: readonly Recorded[]): Recorded[] | undefined {
  const news: Recorded[] = [];
  for (const event of events) {
    const last = news.at(-1);
    const at = last ? endAfter(last) : end;
    if (isOther(event, at) || replaces(event, end)) return undefined;
    if (event.seq <= at.seq) continue;
    const before = { seq: event.prevSeq, id: event.prevId, atMs: event.prevAtMs };
    if (!isEnd(before, at) && !begins(event)) return undefined;
    news.push(event);
  }
  return news;
}

interface Write {
  leadId: string;
  /**
   * The end of the document that `next` was folded from, 0 without one: the guard. With its id and time: otherwise a
   * late write of a lost log would match.
   */
  met: End;
  next: Known<unknown, LeadDocument>;
}

const guardOf = ({ seq, id, atMs }: End): Filter<LeadDocument> => ({
  lastSeq: seq,
  ...(id === undefined ? {} : { lastId: id }),
  ...(atMs === undefined ? {} : { updatedAt: new Date(atMs) }),
});

/** Writes durably, if the stored document is still the one it was folded from; returns the leads where it is not. */
async function write(collection: Collection<LeadDocument>, writes: readonly Write[]): Promise<Set<string>> {
  if (writes.length === 0) return new Set();
  // An upsert whose guard misses collides on _id, like an insert, so every miss is an error that names its lead. An
  // insert needs no plan and no search.
  const operations = writes.map(({ leadId, met, next: { document } }) =>
    met.seq === 0
      ? { insertOne: { document } }
      : { replaceOne: { filter: { _id: leadId, ...guardOf(met) }, replacement: document, upsert: true } },
  );
  try {
    // An acked message is gone from the queue, so the write must be on disk: majority alone does not guarantee that on
    // a standalone server.
    await collection.bulkWrite(operations, {
      ordered: false,
      ignoreUndefined: true,
      writeConcern: { w: 'majority', j: true },
    });
    return new Set();
  } catch (error) {
    const errors = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
    if (errors.length === 0 || errors.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
    return new Set(errors.map(({ index }) => writes[index]?.leadId ?? ''));
  }
}
