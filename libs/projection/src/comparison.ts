import { parseRecorded } from '@leadstream/contracts/envelope';
import { catalogue, lostPlacesOf } from '@leadstream/contracts/events';
import type { Fold } from '@leadstream/eventlog/log';
import type { Db } from 'mongodb';
import { liveLeads, type LeadCollection, type LeadDocument, type View } from './collections.ts';
import { Projection, type Tail } from './projection.ts';

/** Leads whose document lacked an event at two checks: `failed`, with the reason, could not be brought up to date. */
export interface Compared {
  repaired: string[];
  failed: ReadonlyMap<string, unknown>;
}

type Shown = Pick<LeadDocument, '_id' | 'lastSeq' | 'lastId' | 'stateVersion'>;
interface Spot {
  lastSeq: number;
  lastId?: string | undefined;
}

/** An event of a lead that its document must include, and positions of a lost log where it may no longer be. */
export interface Wanted {
  seq: number;
  lost: readonly Spot[];
}

type Message = Parameters<typeof parseRecorded>[0];

/**
 * The requirements on documents from messages of the log, by lead: the newest event, and no position of a lost log
 * that the messages replace.
 */
export function wantedBy(messages: readonly Message[]): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const message of messages) {
    const [, leadId = '', token] = message.subject.split('.');
    want(wanted, leadId, { seq: message.seq, lost: REPLACING.has(token) ? replacedBy(message) : [] });
  }
  return wanted;
}

const REPLACING = new Set<string | undefined>([catalogue['lead.recovered'].token, catalogue['lead.erased'].token]);

function replacedBy(message: Message): readonly Spot[] {
  try {
    return lostPlacesOf(parseRecorded(message));
  } catch {
    // The projector reports unreadable messages; they imply nothing about other leads' documents.
    return [];
  }
}

export function want(all: Map<string, Wanted>, leadId: string, { seq, lost }: Wanted): void {
  const known = all.get(leadId);
  all.set(leadId, { seq: Math.max(seq, known?.seq ?? 0), lost: [...(known?.lost ?? []), ...lost] });
}

/**
 * Compares documents with the log, whatever the cause of a lag: a lost write, an older database, an older build, a lost
 * log. Projectors write meanwhile, so a document counts as behind only when it lacks the same event at two checks in a
 * row.
 */
export class Comparison<S> {
  readonly #db: Db;
  readonly #fold: Fold<S>;
  readonly #view: (state: S) => View;
  readonly #tail: Tail;
  readonly #leads: LeadCollection;
  /** By lead, the events that its document lacked at the previous check. */
  #lacking = new Map<string, Wanted>();

  constructor(db: Db, fold: Fold<S>, view: (state: S) => View, tail: Tail) {
    this.#db = db;
    this.#fold = fold;
    this.#view = view;
    this.#tail = tail;
    this.#leads = liveLeads(db);
  }

  /**
   * `newest`: the requirements on each document, from events delivered to a projector. `mayRepair` is called before
   * each repair and each write; from a false on, documents wait for a later check. Throws when MongoDB does.
   */
  async look(newest: ReadonlyMap<string, Wanted>, mayRepair: () => boolean = () => true): Promise<Compared> {
    const before = this.#lacking;
    const wanted = new Map(newest);
    for (const [leadId, one] of before) want(wanted, leadId, one);
    const shown = await this.#shown([...wanted.keys()]);
    const lacks = (leadId: string, { seq, lost }: Wanted) => {
      const document = shown.get(leadId);
      return this.#isStale(document) || (document?.lastSeq ?? 0) < seq || lost.some((spot) => isAt(document, spot));
    };
    const behind = [...before].filter(([leadId, one]) => lacks(leadId, one)).map(([leadId]) => leadId);
    this.#lacking = new Map([...wanted].filter(([leadId, one]) => !behind.includes(leadId) && lacks(leadId, one)));
    return this.#repair(behind, before, shown, mayRepair);
  }

  /** Uses a projection without a cache: another one's cache may count a lost write as written. */
  async #repair(
    leadIds: readonly string[],
    wanted: ReadonlyMap<string, Wanted>,
    shown: ReadonlyMap<string, Shown>,
    mayRepair: () => boolean,
  ): Promise<Compared> {
    const projection = new Projection(this.#db, this.#fold, this.#view);
    const repaired: string[] = [];
    const failed = new Map<string, unknown>();
    for (const leadId of leadIds) {
      if (!mayRepair()) break;
      try {
        const document = shown.get(leadId);
        const isWhole = this.#isStale(document) || wanted.get(leadId)?.lost.some((spot) => isAt(document, spot));
        const events = await this.#tail(leadId, isWhole ? 0 : (document?.lastSeq ?? 0));
        // No event: it was deleted from the log.
        if (events.length === 0) continue;
        const applied = await projection.apply(events, this.#tail, mayRepair);
        if (applied.failed.has(leadId)) failed.set(leadId, applied.failed.get(leadId));
        else repaired.push(leadId);
      } catch (error) {
        if (!mayRepair()) break;
        failed.set(leadId, error);
      }
    }
    return { repaired, failed };
  }

  /** A document of an older build is folded anew; a newer build's is left to that build. */
  #isStale(document: Shown | undefined): boolean {
    return document !== undefined && document.stateVersion < this.#fold.stateVersion;
  }

  async #shown(leadIds: string[]): Promise<Map<string, Shown>> {
    const leads = await this.#leads();
    const found = await leads
      .find<Shown>({ _id: { $in: leadIds } }, { projection: { lastSeq: 1, lastId: 1, stateVersion: 1 } })
      .toArray();
    return new Map(found.map((document) => [document._id, document]));
  }
}

const isAt = (document: Shown | undefined, { lastSeq, lastId }: Spot): boolean =>
  document?.lastSeq === lastSeq && document.lastId === lastId;
