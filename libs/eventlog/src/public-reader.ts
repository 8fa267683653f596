import type { StoredMsg } from '@nats-io/jetstream';
import { CE, dataVersionOf, LEAD_VERSION } from '@leadstream/contracts/envelope';
import { isOutcomeType, LEAD_SEQ, outcomeSubject, type OutcomeType } from '@leadstream/contracts/public';
import { reachable, type Broker } from './broker.ts';

const STREAM = 'PUBLIC';

/** A message of PUBLIC, as a reader outside gets it. */
export interface ToldEvent {
  /** Sequence in PUBLIC. */
  seq: number;
  /** The lead's id; of a refusal, which has no lead, its own id: the last token of the subject. */
  key: string;
  id: string;
  type: OutcomeType;
  at: string;
  /** The event as CloudEvents JSON, in structured mode. */
  json: string;
}

/**
 * Reads PUBLIC one message at a time, and keeps none. It asks the leader: a follower may lack a message that was read
 * before, and a place moves past what is missing. Its methods throw Unavailable.
 */
export class PublicReader {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** The stream's last sequence; 0: it is empty, or missing. */
  async lastSeq(): Promise<number> {
    const { streams } = await this.#broker.jsm();
    return (await reachable(() => streams.info(STREAM))).state.last_seq;
  }

  /** The first sequence that the stream still has, or will have next. */
  async firstSeq(): Promise<number> {
    const { streams } = await this.#broker.jsm();
    return (await reachable(() => streams.info(STREAM))).state.first_seq;
  }

  /** The next message at or after `seq`, of all leads and refusals. */
  next(seq: number): Promise<ToldEvent | undefined> {
    return this.#read(seq, outcomeSubject('*', '*'));
  }

  /** The next message of a lead at or after `seq`; an erasure may have deleted the one at `seq`. */
  nextOf(key: string, seq: number): Promise<ToldEvent | undefined> {
    return this.#read(seq, outcomeSubject('*', key));
  }

  /** The message at `seq`. */
  async at(seq: number): Promise<ToldEvent | undefined> {
    const found = await this.next(seq);
    return found?.seq === seq ? found : undefined;
  }

  async #read(seq: number, next_by_subj: string): Promise<ToldEvent | undefined> {
    const { streams } = await this.#broker.jsm();
    for (let from = Math.max(1, seq); ;) {
      // The client's type has this request of direct gets alone; the server answers it in both.
      const query = { seq: from, next_by_subj };
      const message = await reachable(() => streams.getMessage(STREAM, query));
      if (!message) return undefined;
      const told = toldIn(message);
      if (told) return told;
      // An outcome of a newer build, whose type is unknown here.
      from = message.seq + 1;
    }
  }
}

function toldIn({ seq, subject, header, data }: StoredMsg): ToldEvent | undefined {
  const type = header.get(CE.type);
  if (!isOutcomeType(type)) return undefined;
  const at = header.get(CE.time);
  const about = header.get(CE.subject);
  const [version, leadSeq] = [header.get(LEAD_VERSION), header.get(LEAD_SEQ)];
  const event = {
    specversion: '1.0',
    id: header.get(CE.id),
    source: header.get(CE.source),
    type,
    time: at,
    ...(about ? { subject: about } : {}),
    datacontenttype: 'application/json',
    dataversion: dataVersionOf(header),
    ...(version ? { leadversion: Number(version), leadseq: Number(leadSeq) } : {}),
    data: JSON.parse(new TextDecoder().decode(data)) as unknown,
  };
  return { seq, key: subject.split('.')[3] ?? '', id: event.id, type, at, json: JSON.stringify(event) };
}
