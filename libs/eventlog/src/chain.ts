import { CE, LEAD_VERSION, parseRecorded } from '@leadstream/contracts/envelope';
import { begins, type Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import type { Broker } from './broker.ts';
import { HoleInChain, Unavailable } from './errors.ts';
import { lastOf, storedOf } from './lead-messages.ts';
import { open, type Keys } from './sealing.ts';

/** A position in a lead's chain: the start (0, 0), or an event and the number of events up to it. */
export interface ChainPosition {
  version: number;
  lastSeq: number;
  /**
   * The event's id. Without it the position is invalid: after a restore another event may have its sequence and
   * version.
   */
  lastId?: string;
  /** The event's time in ms since the epoch: an event that is made again after a restore has the lost one's id. */
  lastAtMs?: number;
}

/** The position of an event. */
export const positionOf = ({ version, seq, id, at }: Recorded): Required<ChainPosition> => ({
  version,
  lastSeq: seq,
  lastId: id,
  lastAtMs: Date.parse(at),
});

const isSame = (one: Required<ChainPosition>, from: ChainPosition): boolean =>
  one.lastSeq === from.lastSeq &&
  one.version === from.version &&
  one.lastId === from.lastId &&
  one.lastAtMs === (from.lastAtMs ?? one.lastAtMs);

/**
 * Reads one lead's events backwards along `lead-prev-seq`: the cost depends on the missing events, never on the size of
 * the log.
 */
export class Chain {
  readonly #broker: Broker;
  readonly #keys: Keys;

  constructor(broker: Broker, keys?: Keys) {
    this.#broker = broker;
    this.#keys = keys;
  }

  /**
   * The lead's events after `from`, oldest first, and whether `from` lies on this chain: if not (another log's place,
   * or one of a log that was restored), all of them. Throws HoleInChain when an event is missing that no erasure
   * deleted, KeyLost when one can't be opened, Unavailable when NATS does not respond.
   */
  async since(
    leadId: string,
    from: ChainPosition,
    leader: boolean,
    last?: Recorded,
  ): Promise<{ news: Recorded[]; onChain: boolean }> {
    let newest = last ?? (await this.last(leadId, leader));
    // A lagging follower looks just like a position of another log; only the leader is certain.
    if (!leader && (newest?.seq ?? 0) < from.lastSeq) newest = await this.last(leadId, true);
    const { news, onChain } = await this.#backwards(leadId, newest, (event) => this.#until(event, from));
    return { news: await this.#opened(news), onChain };
  }

  async #until(last: Recorded | undefined, from: ChainPosition): Promise<{ news: Recorded[]; onChain: boolean }> {
    const news: Recorded[] = [];
    const found = (onChain: boolean) => ({ news: news.reverse(), onChain });
    for (let event = last; event; event = await this.#previous(event)) {
      if (isSame(positionOf(event), from)) return found(true);
      news.push(event);
      // The same check, one read earlier; an event written before ids and times were chained can't decide it.
      const { prevSeq: lastSeq, prevId: lastId, prevAtMs: lastAtMs } = event;
      if (lastId !== undefined && lastAtMs !== undefined) {
        if (isSame({ version: event.version - 1, lastSeq, lastId, lastAtMs }, from)) return found(true);
      }
    }
    return found(from.lastSeq === 0);
  }

  /** The lead's events after `seq` on the leader, oldest first. Throws HoleInChain, KeyLost, Unavailable. */
  async after(leadId: string, seq: number): Promise<Recorded[]> {
    return this.#opened(await this.raw(leadId, seq));
  }

  /** Like `after`, with personal fields still sealed. */
  async raw(leadId: string, seq = 0): Promise<Recorded[]> {
    return this.#backwards(leadId, await this.last(leadId, true), async (last) => {
      const news: Recorded[] = [];
      for (let event = last; event && event.seq > seq;) {
        news.push(event);
        event = seq > 0 && event.prevSeq <= seq ? undefined : await this.#previous(event);
      }
      return news.reverse();
    });
  }

  /**
   * Reads from `last` back, and over a hole again from the leader's last event: an erasure is in the log before it
   * deletes what it forgets, so a reader that began before it finds a hole in a whole log. When the leader has the same
   * last event, events are missing: HoleInChain. When its last one is older, `last` was lost in a restore, and so were
   * the
   * events before it: Unavailable.
   */
  async #backwards<T>(
    leadId: string,
    last: Recorded | undefined,
    read: (last: Recorded | undefined) => Promise<T>,
  ): Promise<T> {
    for (let from = last; ;) {
      try {
        return await read(from);
      } catch (error) {
        if (!(error instanceof HoleInChain)) throw error;
        const newest = await this.last(leadId, true);
        const [seq, lastSeq] = [newest?.seq ?? 0, from?.seq ?? 0];
        if (seq < lastSeq)
          throw new Unavailable(`${leadId}: ${this.#streamOf(leadId)} ${lastSeq} is in no log any more`, {
            cause: error,
          });
        if (!newest || !from || isSame(positionOf(newest), positionOf(from))) throw error;
        from = newest;
      }
    }
  }

  /** The event with its personal fields, if this process may read them. Throws KeyLost, Unavailable. */
  async open(event: Recorded, isErased = false): Promise<Recorded> {
    return event.sealed === undefined ? event : await open(event, this.#keys, isErased);
  }

  /** Events of one lead, oldest first. Events before its erasure need no key and no marker. */
  async #opened(events: Recorded[]): Promise<Recorded[]> {
    if (events.every(({ sealed }) => sealed === undefined)) return events;
    const erasedSeq = events.findLast(({ type }) => type === 'lead.erased')?.seq ?? 0;
    return Promise.all(events.map((event) => this.open(event, event.seq < erasedSeq)));
  }

  /** The lead's last event, still sealed; with `leader` certainly the last acknowledged one. */
  async last(leadId: string, leader: boolean): Promise<Recorded | undefined> {
    const message = await lastOf(this.#broker, leadId, leader ? 'leader' : 'replica');
    return message ? recorded(message) : undefined;
  }

  /** Whether the lead's last event is the one at this position: an append's expectation has no id. */
  async isLast(leadId: string, from: ChainPosition): Promise<boolean> {
    const last = await lastOf(this.#broker, leadId, 'replica');
    // The check needs no body, which is the most expensive part to read.
    if (!last) return false;
    const { seq, header } = last;
    const version = Number(header.get(LEAD_VERSION));
    return isSame(
      { version, lastSeq: seq, lastId: header.get(CE.id), lastAtMs: Date.parse(header.get(CE.time)) },
      from,
    );
  }

  async #previous(event: Recorded): Promise<Recorded | undefined> {
    const { leadId, prevSeq: seq } = event;
    if (begins(event)) return undefined;
    if (seq === 0 && event.version === 1) return undefined;
    if (seq === 0 || seq >= event.seq) throw this.#hole(event, `is version ${event.version} and refers to ${seq}`);
    const place = { leadId, seq };
    const message = (await storedOf(this.#broker, place, 'replica')) ?? (await storedOf(this.#broker, place));
    if (!message) throw this.#hole(place, 'is missing');
    const previous = recorded(message);
    const { version, lastId, lastAtMs } = positionOf(previous);
    const isLinked = (event.prevId ?? lastId) === lastId && (event.prevAtMs ?? lastAtMs) === lastAtMs;
    if (version !== event.version - 1 || !isLinked)
      throw this.#hole(place, `is not version ${event.version - 1} of it`);
    return previous;
  }

  #hole({ leadId, seq }: Pick<Recorded, 'leadId' | 'seq'>, why: string): HoleInChain {
    return new HoleInChain(leadId, this.#streamOf(leadId), seq, why);
  }

  /** An operator asks nats for the event, or removes the lead's others, by the stream's own name. */
  #streamOf(leadId: string): string {
    return logOf(leadId, this.#broker.partitions).stream;
  }
}

const recorded = (message: {
  subject: string;
  seq: number;
  header: { get(name: string): string };
  data: Uint8Array;
}): Recorded =>
  parseRecorded({ subject: message.subject, seq: message.seq, headers: message.header, data: message.data });
