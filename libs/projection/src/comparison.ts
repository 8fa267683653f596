import type { Fold } from '@leadstream/eventlog/log';
import type { Db } from 'mongodb';
import { liveLeads, type LeadCollection, type LeadDocument, type View } from './collections.ts';
import { Projection, type Tail } from './projection.ts';

/** Leads whose document lacked an event at two looks: `failed` with the reason could not be brought up to date. */
export interface Compared {
  repaired: string[];
  failed: ReadonlyMap<string, unknown>;
}

type Shown = Pick<LeadDocument, '_id' | 'lastSeq' | 'stateVersion'>;

/**
 * Compares documents with the log, whatever left them behind: a lost write, an older database, an older build. Projectors
 * write meanwhile, so a document counts as behind only when it lacks the same event at two looks in a row.
 */
export class Comparison<S> {
  readonly #db: Db;
  readonly #fold: Fold<S>;
  readonly #view: (state: S) => View;
  readonly #tail: Tail;
  readonly #leads: LeadCollection;
  /** By lead, what its document lacked at the look before. */
  #lacking = new Map<string, number>();

  constructor(db: Db, fold: Fold<S>, view: (state: S) => View, tail: Tail) {
    this.#db = db;
    this.#fold = fold;
    this.#view = view;
    this.#tail = tail;
    this.#leads = liveLeads(db);
  }

  /** `newest` has by lead the sequence of an event that a projector has been given. Throws when MongoDB does. */
  async look(newest: ReadonlyMap<string, number>): Promise<Compared> {
    const before = this.#lacking;
    const wanted = new Map(newest);
    for (const [leadId, seq] of before) wanted.set(leadId, Math.max(seq, wanted.get(leadId) ?? 0));
    const shown = await this.#shown([...wanted.keys()]);
    const lacks = (leadId: string, seq: number) => this.#isStale(shown.get(leadId)) || (shown.get(leadId)?.lastSeq ?? 0) < seq;
    const behind = [...before].filter(([leadId, seq]) => lacks(leadId, seq)).map(([leadId]) => leadId);
    this.#lacking = new Map([...wanted].filter(([leadId, seq]) => !behind.includes(leadId) && lacks(leadId, seq)));
    return this.#repair(behind, shown);
  }

  /** By a projection that remembers nothing: what another one believes to be written may be what was lost. */
  async #repair(leadIds: readonly string[], shown: ReadonlyMap<string, Shown>): Promise<Compared> {
    const projection = new Projection(this.#db, this.#fold, this.#view);
    const repaired: string[] = [];
    const failed = new Map<string, unknown>();
    for (const leadId of leadIds) {
      try {
        const document = shown.get(leadId);
        const events = await this.#tail(leadId, this.#isStale(document) ? 0 : document?.lastSeq ?? 0);
        // Nothing: the event was taken out of the log.
        if (events.length === 0) continue;
        const applied = await projection.apply(events, this.#tail);
        if (applied.failed.has(leadId)) failed.set(leadId, applied.failed.get(leadId));
        else repaired.push(leadId);
      } catch (error) {
        failed.set(leadId, error);
      }
    }
    return { repaired, failed };
  }

  /** A document of an older build is folded anew; a newer build's is left to it. */
  #isStale(document: Shown | undefined): boolean {
    return document !== undefined && document.stateVersion < this.#fold.stateVersion;
  }

  async #shown(leadIds: string[]): Promise<Map<string, Shown>> {
    const leads = await this.#leads();
    const found = await leads.find<Shown>({ _id: { $in: leadIds } }, { projection: { lastSeq: 1, stateVersion: 1 } }).toArray();
    return new Map(found.map((document) => [document._id, document]));
  }
}
