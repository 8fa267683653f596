import { ContractError, NewerEvent, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { seqFor } from '@leadstream/contracts/place';
import type { Chain } from '@leadstream/eventlog/chain';
import { leadFold } from '@leadstream/lead/evolve';
import { view, type LeadState } from '@leadstream/lead/state';
import { Projection } from '@leadstream/projection/projection';
import type { JsMsg } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import type { Due } from './paced.ts';

/** Not `leads_<n>`: those are the read model's. */
const NAME = /^leads_[a-z][a-z0-9_]*$/;

/** Folds batches of the log into a collection of their own, as the projector would. */
export class ReplayInto {
  readonly #projection: Projection<LeadState>;
  readonly #chain: Chain;
  readonly #note: (text: string) => void;

  private constructor(projection: Projection<LeadState>, chain: Chain, note: (text: string) => void) {
    [this.#projection, this.#chain, this.#note] = [projection, chain, note];
  }

  /** Throws for a name that is the read model's, and for a collection that exists. */
  static async open(db: Db, name: string, chain: Chain, note: (text: string) => void): Promise<ReplayInto> {
    if (!NAME.test(name)) throw new Error(`--into: ${name} is no name for it: leads_ and letters, as leads_tuesday`);
    if ((await db.listCollections({ name }).toArray()).length > 0)
      throw new Error(`--into: there is a collection ${name}; drop it, or name another one`);
    return new ReplayInto(new Projection(db, leadFold, view, { collection: name }), chain, note);
  }

  async take({ messages, place }: Due): Promise<void> {
    const events = (await Promise.all(messages.map((message) => this.#event(message)))).filter(
      (event) => event !== undefined,
    );
    // A lead that began before the range is read back along its chain, and no further than the replay has come.
    const tail = async (leadId: string, afterSeq: number) =>
      (await this.#chain.after(leadId, afterSeq)).filter(({ seq }) => seq <= seqFor(place, leadId));
    const { failed } = await this.#projection.apply(events, tail);
    for (const [leadId, error] of failed)
      this.#note(`leadctl: ${leadId} is not folded: ${error instanceof Error ? error.message : String(error)}`);
  }

  async #event(message: JsMsg): Promise<Recorded | undefined> {
    try {
      return await this.#chain.open(parseRecorded(message));
    } catch (error) {
      if (!(error instanceof ContractError) || error instanceof NewerEvent) throw error;
      this.#note(`leadctl: ${message.info.stream} ${message.seq} is left out: ${error.message}`);
      return undefined;
    }
  }
}
