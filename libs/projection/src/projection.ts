import { catalogue, type Recorded } from '@leadstream/contracts/events';
import type { Fold } from '@leadstream/eventlog/log';
import { LRUCache } from 'lru-cache';
import { MongoBulkWriteError, type Collection, type Db } from 'mongodb';
import { DUPLICATE_KEY, writtenNames } from './alias.ts';
import type { LeadDocument, View } from './collections.ts';

/** A lead's events after `afterSeq`, oldest first, read along the chain as the leader has it; throws when one is missing. */
export type Tail = (leadId: string, afterSeq: number) => Promise<Recorded[]>;

export interface ProjectionOptions {
  /** `leads_<n>` while it is being rebuilt. Default: the live collection, and one that is about to become it. */
  collection?: string;
  /** One line of a lead's history. Default: what the catalogue says of the event. */
  summary?: (event: Recorded) => string;
}

export interface Applied {
  /** Events that were folded and written. */
  applied: number;
  /** Events that were in already. */
  skipped: number;
  /** Leads that had to be read from the log: something came out of order, or the document has another stateVersion. */
  gaps: number;
  /** Leads that are not up to date, and why. Their messages must not be acked; all others may. */
  failed: ReadonlyMap<string, unknown>;
}

interface Total extends Applied {
  failed: Map<string, unknown>;
}

interface Folded {
  leadId: string;
  /** `lastSeq` of the document this was folded from, 0 without one: the guard of the write. */
  metSeq: number;
  document: LeadDocument;
  applied: number;
}

const HISTORY_MAX = 50;
/** What a document is folded on from; the rest of it is made anew. */
const BASE = { state: 1, stateVersion: 1, history: 1, lastSeq: 1, createdAt: 1 } as const;
type Base = Pick<LeadDocument, '_id' | keyof typeof BASE>;

const LATEST = { max: 2_000, maxSize: 8 * 1024 * 1024, sizeCalculation: ({ state }: LeadDocument) => state.length };

/** The only writer of the read model. Safe to run over the same events again, in any order, and beside another one. */
export class Projection<S> {
  readonly #fold: Fold<S>;
  readonly #view: (state: S) => View;
  readonly #targets: () => Promise<Collection<LeadDocument>[]>;
  readonly #summary: (event: Recorded) => string;
  /** What was folded here lately, written or about to be, and is not read again. Whatever it is worth, the write's guard finds out. */
  readonly #latest = new LRUCache<string, LeadDocument>(LATEST);
  readonly #folding = inOrder();
  readonly #writing = inOrder();
  readonly #applying = new Set<Promise<Applied>>();

  constructor(db: Db, fold: Fold<S>, view: (state: S) => View, options: ProjectionOptions = {}) {
    const { collection, summary = (event: Recorded) => catalogue[event.type].says } = options;
    this.#fold = fold;
    this.#view = view;
    this.#targets = async () => (collection ? [collection] : await writtenNames(db)).map((name) => db.collection<LeadDocument>(name));
    this.#summary = summary;
  }

  /**
   * Brings every lead of `events` at least as far as they go, in each collection that has to have them once that is done:
   * a swap meanwhile loses nothing. What comes next may be applied before this has ended: it is folded while MongoDB is
   * still busy with this. Throws when MongoDB does, with this or with what came just before: then nothing may be acked.
   */
  async apply(events: readonly Recorded[], tail: Tail): Promise<Applied> {
    const before = [...this.#applying];
    const applying = this.#apply(events, tail);
    this.#applying.add(applying);
    try {
      const applied = await applying;
      // What was skipped as in already may be in what they write.
      await Promise.all(before);
      return applied;
    } finally {
      this.#applying.delete(applying);
    }
  }

  async #apply(events: readonly Recorded[], tail: Tail): Promise<Applied> {
    const leads = Map.groupBy(events.toSorted((a, b) => a.seq - b.seq), ({ leadId }) => leadId);
    const total = { applied: 0, skipped: 0, gaps: 0, failed: new Map<string, unknown>() };
    for (const written = new Set<string>(); ;) {
      const target = (await this.#folding(this.#targets)).find(({ collectionName }) => !written.has(collectionName));
      if (!target) return total;
      await this.#converge(target, leads, tail, total);
      written.add(target.collectionName);
    }
  }

  /** Folds up to `limit` leads of another stateVersion again, from their whole chains. Done when none is applied. */
  async refold(limit: number, tail: Tail): Promise<Applied> {
    const total = { applied: 0, skipped: 0, gaps: 0, failed: new Map<string, unknown>() };
    const [live] = await this.#targets();
    if (!live) return total;
    const stale = await live.find({ stateVersion: { $ne: this.#fold.stateVersion } }, { projection: { _id: 1 }, limit }).toArray();
    await this.#converge(live, new Map(stale.map(({ _id }) => [_id, []])), tail, total);
    return total;
  }

  /** Reads, folds and writes; a lead whose document had moved on meanwhile is read and folded again, until none has. */
  async #converge(collection: Collection<LeadDocument>, leads: ReadonlyMap<string, Recorded[]>, tail: Tail, total: Total): Promise<void> {
    for (let pending = leads; pending.size > 0;) {
      const folded = await this.#folding(() => this.#foldAll(collection, pending, tail, total));
      const missed = await this.#writing(() => this.#write(collection, folded));
      for (const { leadId, applied } of folded) if (!missed.has(leadId)) total.applied += applied;
      pending = new Map([...pending].filter(([leadId]) => missed.has(leadId)));
    }
  }

  async #foldAll(collection: Collection<LeadDocument>, leads: ReadonlyMap<string, Recorded[]>, tail: Tail, total: Total): Promise<Folded[]> {
    const documents = await this.#documents(collection, [...leads.keys()]);
    const folded: Folded[] = [];
    for (const [leadId, events] of leads) {
      try {
        const lead = await this.#foldLead(leadId, documents.get(leadId), events, tail, total);
        if (lead) folded.push(lead);
      } catch (error) {
        total.failed.set(leadId, error);
      }
    }
    for (const { leadId, document } of folded) this.#latest.set(keyOf(collection, leadId), document);
    return folded;
  }

  async #documents(collection: Collection<LeadDocument>, leadIds: readonly string[]): Promise<Map<string, Base>> {
    const documents = new Map<string, Base>();
    const unknown = leadIds.filter((leadId) => {
      const latest = this.#latest.get(keyOf(collection, leadId));
      if (latest) documents.set(leadId, latest);
      return !latest;
    });
    if (unknown.length === 0) return documents;
    const found = await collection.find<Base>({ _id: { $in: unknown } }, { projection: BASE }).toArray();
    for (const document of found) documents.set(document._id, document);
    return documents;
  }

  /** Returns the leads that were not written; nobody folds on from them. */
  async #write(collection: Collection<LeadDocument>, folded: readonly Folded[]): Promise<Set<string>> {
    let missed = new Set(folded.map(({ leadId }) => leadId));
    try {
      missed = await write(collection, folded);
      return missed;
    } finally {
      for (const leadId of missed) this.#latest.delete(keyOf(collection, leadId));
    }
  }

  /** Nothing when the document has all of it already. */
  async #foldLead(leadId: string, document: Base | undefined, events: Recorded[], tail: Tail, total: Total): Promise<Folded | undefined> {
    const stale = document !== undefined && document.stateVersion !== this.#fold.stateVersion;
    const base = stale ? undefined : document;
    const lastSeq = base?.lastSeq ?? 0;
    let news = stale ? undefined : chained(lastSeq, events);
    if (!news) {
      total.gaps++;
      news = chained(lastSeq, await tail(leadId, lastSeq));
      const [got, wanted] = [news?.at(-1)?.seq ?? 0, events.at(-1)?.seq ?? 0];
      if (!news || got < wanted) throw new Error(`${leadId}: the log's chain after ${lastSeq} does not lead to ${wanted}`);
    }
    total.skipped += events.filter(({ seq }) => seq <= lastSeq).length;
    if (news.length === 0) return undefined;
    return { leadId, metSeq: document?.lastSeq ?? 0, document: this.#document(leadId, base, news), applied: news.length };
  }

  #document(leadId: string, base: Base | undefined, news: Recorded[]): LeadDocument {
    const from = base ? (JSON.parse(base.state) as S) : this.#fold.initial;
    const state = news.reduce((folded, event) => this.#fold.evolve(folded, event), from);
    const history = news.map((event) => ({ seq: event.seq, version: event.version, type: event.type, at: new Date(event.at), summary: this.#summary(event) }));
    const { seq, version } = news.at(-1) ?? { seq: 0, version: 0 };
    const updatedAt = history.at(-1)?.at ?? new Date(0);
    return {
      ...dated(this.#view(state)), _id: leadId, state: JSON.stringify(state), history: [...base?.history ?? [], ...history].slice(-HISTORY_MAX),
      version, lastSeq: seq, stateVersion: this.#fold.stateVersion, createdAt: base?.createdAt ?? history[0]?.at ?? updatedAt, updatedAt,
    };
  }
}

/** Runs what it is given one after the other. */
function inOrder(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
}

const keyOf = (collection: Collection<LeadDocument>, leadId: string): string => `${collection.collectionName}/${leadId}`;

const dated = (view: View): View =>
  Object.fromEntries(Object.entries(view).map(([name, value]) => [name, name.endsWith('At') && typeof value === 'string' ? new Date(value) : value]));

/** Those of `events` (ascending) that come after `lastSeq`, or undefined when one between them is missing. */
function chained(lastSeq: number, events: readonly Recorded[]): Recorded[] | undefined {
  const news: Recorded[] = [];
  for (const event of events) {
    const at = news.at(-1)?.seq ?? lastSeq;
    if (event.seq <= at) continue;
    if (event.prevSeq !== at) return undefined;
    news.push(event);
  }
  return news;
}

/** Writes what met the document it was folded from, durably; returns the leads that did not. */
async function write(collection: Collection<LeadDocument>, folded: readonly Folded[]): Promise<Set<string>> {
  if (folded.length === 0) return new Set();
  // An upsert whose guard misses collides on _id, so every miss is an error that says whose it is.
  const operations = folded.map(({ leadId, metSeq, document }) => ({
    replaceOne: { filter: { _id: leadId, lastSeq: metSeq }, replacement: document, upsert: true },
  }));
  try {
    // Acked means gone from the queue, so it has to be on disk: majority alone does not say that on a standalone server.
    await collection.bulkWrite(operations, { ordered: false, ignoreUndefined: true, writeConcern: { w: 'majority', j: true } });
    return new Set();
  } catch (error) {
    const errors = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
    if (errors.length === 0 || errors.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
    return new Set(errors.map(({ index }) => folded[index]?.leadId ?? ''));
  }
}
