import type { Recorded } from '@leadstream/contracts/events';
import { lengthOf, type Place } from '@leadstream/contracts/place';
import type { Db } from 'mongodb';
import { aliases, liveName } from './alias.ts';
import { provisionLeads } from './collections.ts';
import { Lease } from './lease.ts';
import type { Projection, Tail } from './projection.ts';

/** The log of all leads on the leader. */
export interface WholeLog {
  /** Its end. */
  head(): Promise<Place>;
  /** The events between two places, those of a lead in their order, in batches; `place` is the end of a batch. */
  read(range: { after?: Place | undefined; upTo: Place }): AsyncIterable<{ events: Recorded[]; place: Place }>;
  tail: Tail;
}

export interface RemakeOptions {
  /** After each batch: sequences of the log, of partitions their sum. */
  onProgress?: (progress: { seq: number; head: number; events: number }) => void;
  /** Swap although some leads could not be folded; they are missing or old there until their next event. */
  withoutFailed?: boolean;
  /** Called when the new collection is ready, which may be hours after the start; what it throws prevents the swap. */
  beforeSwap?: () => Promise<void>;
  leaseMs?: number;
}

export interface Remade {
  collection: string;
  previous: string;
  events: number;
  failed: ReadonlyMap<string, unknown>;
}

/** Leads whose events can't be folded; no swap took place. */
export class NotFolded extends Error {
  override readonly name = 'NotFolded';
  readonly code = 'NOT_FOLDED';
  readonly failed: ReadonlyMap<string, unknown>;
  constructor(failed: ReadonlyMap<string, unknown>) {
    super(
      `${failed.size} leads could not be folded, nothing was swapped: ${[...failed.keys()].slice(0, 5).join(', ')}`,
    );
    this.failed = failed;
  }
}

const NAME = /^leads_(\d+)$/;

/**
 * Folds the log from its first event into a new collection and makes that the live one, while the present one is read
 * and written. `into` creates the projection that writes a collection of that name. Killed at any moment, it has
 * swapped wholly or not at all; the next one starts over.
 */
export async function rebuildLeads<S>(
  db: Db,
  into: (collection: string) => Projection<S>,
  log: WholeLog,
  options: RemakeOptions = {},
): Promise<Remade> {
  const name = await unusedName(db);
  return remake(db, name, into(name), log, options);
}

/**
 * Goes back to the previous collection: brings it up to date first, then swaps as a rebuild does. Throws without one.
 */
export async function rollbackLeads<S>(
  db: Db,
  into: (collection: string) => Projection<S>,
  log: WholeLog,
  options: RemakeOptions = {},
): Promise<Remade> {
  const {
    previous: [name],
  } = await leadCollections(db);
  if (!name) throw new Error('there is no collection to go back to');
  return remake(db, name, into(name), log, options);
}

async function remake<S>(
  db: Db,
  name: string,
  projection: Projection<S>,
  log: WholeLog,
  options: RemakeOptions,
): Promise<Remade> {
  await using lease = await Lease.take(db, name, options.leaseMs);
  await dropOthers(db);
  const previous = await liveName(db);
  const catchUp = new CatchUp(projection, log, options);
  await catchUp.to(await log.head());
  // After the load: building an index is faster than maintaining it.
  await provisionLeads(db, name);
  await catchUp.to(await log.head());
  await lease.follow();
  // Events that the projector acknowledged before it wrote this collection are in the log by now; it writes later ones
  // itself.
  await catchUp.to(await log.head());
  const failed = await catchUp.retryFailed();
  if (failed.size > 0 && !options.withoutFailed) throw new NotFolded(failed);
  await options.beforeSwap?.();
  await lease.swap(name);
  await dropOthers(db);
  return { collection: name, previous, events: catchUp.events, failed };
}

/** Follows the log with one collection, up to a given place. */
class CatchUp<S> {
  events = 0;
  readonly #projection: Projection<S>;
  readonly #log: WholeLog;
  readonly #options: RemakeOptions;
  /** The newest event of each lead that could not be folded. */
  readonly #behind = new Map<string, Recorded>();
  #place: Place | undefined;

  constructor(projection: Projection<S>, log: WholeLog, options: RemakeOptions) {
    this.#projection = projection;
    this.#log = log;
    this.#options = options;
  }

  async to(upTo: Place): Promise<void> {
    for await (const { events, place } of this.#log.read({ after: this.#place, upTo })) {
      await this.#apply(events);
      this.events += events.length;
      this.#place = place;
      this.#options.onProgress?.({ seq: lengthOf(place), head: lengthOf(upTo), events: this.events });
    }
  }

  /** Retries leads whose log was unavailable for a moment. */
  retryFailed(): Promise<ReadonlyMap<string, unknown>> {
    return this.#apply([...this.#behind.values()]);
  }

  async #apply(events: readonly Recorded[]): Promise<ReadonlyMap<string, unknown>> {
    const { failed } = await this.#projection.apply(events, this.#log.tail);
    for (const event of events) {
      if (failed.has(event.leadId)) this.#behind.set(event.leadId, event);
      else this.#behind.delete(event.leadId);
    }
    return failed;
  }
}

export interface LeadCollections {
  live: string;
  /** Kept for a rollback, the latest first. */
  previous: string[];
  /** The collection that another process is making. */
  making?: string;
  /** By collection name, from MongoDB's metadata. */
  documents: Record<string, number>;
}

export async function leadCollections(db: Db): Promise<LeadCollections> {
  const alias = await aliases(db).findOne({ _id: 'leads' });
  const there = new Set(await names(db));
  const live = alias?.collection ?? (await liveName(db));
  const previous = (alias?.previous ?? []).filter((name) => there.has(name));
  const making = alias?.making && alias.making.until > new Date() ? alias.making.collection : undefined;
  const shown = [live, ...previous, ...(making ? [making] : [])];
  const counts = await Promise.all(
    shown.map(async (name) => [name, await db.collection(name).estimatedDocumentCount()] as const),
  );
  return { live, previous, ...(making ? { making } : {}), documents: Object.fromEntries(counts) };
}

const names = async (db: Db): Promise<string[]> =>
  (await db.listCollections({}, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter((name) => NAME.test(name));

/** Never a recently used name: an abandoned rebuild may still resume and write there. */
async function unusedName(db: Db): Promise<string> {
  const alias = await aliases(db).findOne({ _id: 'leads' });
  const used = [
    ...(await names(db)),
    await liveName(db),
    ...(alias?.previous ?? []),
    ...(alias?.making ? [alias.making.collection] : []),
  ];
  return `leads_${Math.max(...used.map((name) => Number(NAME.exec(name)?.[1] ?? 0))) + 1}`;
}

/**
 * Drops collections that are neither live, nor kept, nor under construction: left by a killed rebuild, or too old for a
 * rollback.
 */
async function dropOthers(db: Db): Promise<void> {
  // In this order: every rebuild that has begun by now was announced before.
  const there = await names(db);
  const alias = await aliases(db).findOne({ _id: 'leads' });
  if (!alias) return;
  const kept = [alias.collection, ...(alias.previous ?? []), alias.making?.collection];
  for (const name of there) if (!kept.includes(name)) await db.dropCollection(name);
}
