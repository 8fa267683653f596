import { ContractError, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { streamFor, type Place } from '@leadstream/contracts/place';
import type { Broker } from '@leadstream/eventlog/broker';
import { Chain } from '@leadstream/eventlog/chain';
import { logEnd, placeAfter, readLog } from '@leadstream/eventlog/log-stream';
import type { Keys } from '@leadstream/eventlog/sealing';
import { countsFor } from '@leadstream/lead/canary';
import type { LeadState } from '@leadstream/lead/state';
import type { JsMsg } from '@nats-io/jetstream';
import { isOfLead, statesAfter } from './folding.ts';
import { LeadStates } from './states.ts';

const BATCH_MAX = 1_000;
/** The others are counted. */
const NOTED_MAX = 20;

/**
 * Events with the state after each, without those of the canary. `messages` were read for them; `unreadable` of these
 * are no event, or of a lost lead.
 */
export interface Folded {
  after: { event: Recorded; state: LeadState }[];
  messages: number;
  unreadable: number;
  /** The place behind the last of them. */
  place: Place;
}

type Ids = Pick<ReadonlySet<string>, 'has'>;

/** The log as exports read it, with the states of leads known so far. */
export class LogSource implements Disposable {
  readonly #broker: Broker;
  readonly #chain: Chain;
  readonly #states = new LeadStates();
  readonly #note: (text: string) => void;
  #noted = 0;

  constructor(broker: Broker, keys: Keys, note: (text: string) => void) {
    this.#broker = broker;
    this.#chain = new Chain(broker, keys);
    this.#note = note;
  }

  [Symbol.dispose](): void {
    this.#states[Symbol.dispose]();
  }

  /** Throws unless the log is the one that was created then. */
  async checkIs(stream: string): Promise<void> {
    const { created } = await logEnd(this.#broker);
    if (created !== stream) throw new Error(`LEADS of ${stream} was replaced by that of ${created} during the export`);
  }

  /** The leads that are erased by now, each with the sequence at which. */
  async erased(): Promise<Map<string, number>> {
    const places = new Map<string, number>();
    for await (const { subject, seq } of readLog(this.#broker, { types: ['lead.erased'] }))
      places.set(subject.split('.')[1] ?? '', seq);
    return places;
  }

  /** The log behind one place and up to another, stream after stream, without the leads of `without`. */
  async *folded(after: Place, upTo: Place, without: Ids): AsyncGenerator<Folded> {
    let place = after;
    let batch: JsMsg[] = [];
    for await (const message of readLog(this.#broker, { after, upTo })) {
      place = placeAfter(this.#broker, place, message);
      if (batch.push(message) < BATCH_MAX) continue;
      yield { ...(await this.#fold(batch, without)), place };
      batch = [];
    }
    if (batch.length > 0) yield { ...(await this.#fold(batch, without)), place };
  }

  async #fold(batch: readonly JsMsg[], without: Ids): Promise<Omit<Folded, 'place'>> {
    const wanted = batch.filter(({ subject }) => !without.has(subject.split('.')[1] ?? ''));
    const read = await Promise.all(wanted.map((message) => this.#event(message)));
    const events = read.filter((event) => event !== undefined);
    const states = await statesAfter(events, this.#states, this.#chain, (leadId, error) =>
      this.#leftOut(leadId, error),
    );
    const readable = states.flatMap(([event, state]) => (state ? [{ event, state }] : []));
    const after = readable.filter(({ state }) => countsFor('export', state));
    return { after, messages: batch.length, unreadable: wanted.length - readable.length };
  }

  #leftOut(name: string, error: Error): void {
    if (++this.#noted <= NOTED_MAX) this.#note(`leadctl: ${name} is left out: ${error.message}`);
    else if (this.#noted === NOTED_MAX + 1) this.#note('leadctl: more are left out, and counted at the end');
  }

  async #event(message: JsMsg): Promise<Recorded | undefined> {
    const { stream } = message.info;
    try {
      // Readers of one lead look only into the stream of its id.
      if (streamFor(message.subject.split('.')[1] ?? '', this.#broker.partitions) !== stream)
        throw new ContractError('is of a lead of another partition');
      return await this.#chain.open(parseRecorded(message));
    } catch (error) {
      if (!isOfLead(error)) throw error;
      this.#leftOut(`${stream} ${message.seq}`, error);
      return undefined;
    }
  }
}
