import type { Recorded } from '@leadstream/contracts/events';
import { leadFold } from '@leadstream/lead/evolve';
import { liveLeads, type LeadCollection } from '@leadstream/projection/collections';
import { seqFor, type Place } from '@leadstream/contracts/place';
import type { Db } from 'mongodb';
import type { Finding } from './finding.ts';
import { documentFaults, missingDocument } from './projection.ts';
import type { Partition } from './partitions.ts';

export interface ReadModelTotals {
  documents: number;
  /** Documents whose log continues after their last event. */
  behind: number;
  /** Folded by another release: only their position in the log was compared. */
  ofOtherFold: number;
}

interface ReadModelSource {
  db: Db;
  /** The projector's acknowledged place, read before all other data. */
  projected: Place;
  /** A lead's whole chain at present: a document may be ahead of the events read. */
  history: (leadId: string) => Promise<Recorded[]>;
}

/** Compares the live collection with the log, while both change. */
export class ReadModel {
  readonly totals: ReadModelTotals = { documents: 0, behind: 0, ofOtherFold: 0 };
  readonly #source: ReadModelSource;
  readonly #leads: LeadCollection;

  constructor(source: ReadModelSource) {
    this.#source = source;
    this.#leads = liveLeads(source.db);
  }

  async *faults({ from, to, leads }: Partition): AsyncGenerator<Finding> {
    const waiting = new Map(leads);
    const range = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) };
    for await (const document of (await this.#leads()).find(Object.keys(range).length > 0 ? { _id: range } : {})) {
      const { _id: leadId, lastSeq } = document;
      const read = leads.get(leadId) ?? [];
      waiting.delete(leadId);
      const events = (read.at(-1)?.seq ?? 0) < lastSeq ? await this.#source.history(leadId) : read;
      this.totals.documents++;
      if ((events.at(-1)?.seq ?? 0) > lastSeq) this.totals.behind++;
      if (document.stateVersion !== leadFold.stateVersion) this.totals.ofOtherFold++;
      yield* documentFaults(document, events);
      yield* missingDocument(document, read, seqFor(this.#source.projected, leadId));
    }
    for (const [leadId, events] of waiting)
      yield* missingDocument(undefined, events, seqFor(this.#source.projected, leadId));
  }
}
