import { headers } from '@nats-io/transport-node';
import { CE, ContractError, describeIssues, LEAD_VERSION, TRACEPARENT } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { LEAD_SEQ, outcomes, outcomeSubject, PUBLIC_SOURCE, type Outcome } from '@leadstream/contracts/public';
import { leadToken } from '@leadstream/contracts/streams';
import { isConflict, reachable, type Broker } from './broker.ts';
import type { ChainPosition } from './chain.ts';
import { overwrite } from './overwrite.ts';

const STREAM = 'PUBLIC';

/** An outcome in PUBLIC. */
export interface Published {
  /** Sequence in PUBLIC. */
  seq: number;
  /** The position of its cause in LEADS. */
  cause: Required<ChainPosition>;
}

/** The time of a cause, and its id, which the outcome takes over. */
type Cause = Pick<Recorded, 'id' | 'at' | 'traceparent'> & { position?: { version: number; seq: number } };

/**
 * Stream PUBLIC. Each append expects the last outcome of its lead, so that two publishers append one after the other
 * and never the same outcome twice, however late a message is delivered again.
 */
export class PublicStream {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** The last outcome of a lead that is still kept. Throws Unavailable. */
  async last(leadId: string, leader: boolean): Promise<Published | undefined> {
    const { direct, streams } = await this.#broker.jsm();
    const query = { last_by_subj: ofLead(leadId) };
    const message = await reachable(() =>
      leader ? streams.getMessage(STREAM, query) : direct.getMessage(STREAM, query),
    );
    return message ? { seq: message.seq, cause: positionIn(message.header) } : undefined;
  }

  /**
   * The ids of all kept outcomes of a lead: what was published of a log that a restore replaced. From the leader: a
   * follower that lacks one has it published again. Throws Unavailable.
   */
  async ids(leadId: string): Promise<ReadonlySet<string>> {
    const { streams } = await this.#broker.jsm();
    const ids = new Set<string>();
    for (let seq = 1; ;) {
      // The client's type knows this query of a follower alone; the server answers it on the leader, too.
      const query = { seq, next_by_subj: ofLead(leadId) };
      const message = await reachable(() => streams.getMessage(STREAM, query));
      if (!message) return ids;
      ids.add(message.header.get(CE.id));
      seq = message.seq + 1;
    }
  }

  /**
   * Appends the outcome of an event after the lead's outcome at `afterSeq` (0: none); resolves to its sequence, or to
   * undefined when another outcome was appended since. Throws Unavailable: the outcome may or may not be stored.
   */
  append(
    { leadId, seq, version, ...event }: Recorded,
    outcome: Outcome,
    afterSeq: number,
  ): Promise<number | undefined> {
    const filter = ofLead(leadId);
    return this.#publish(
      outcomeSubject(outcome.type, leadId),
      outcome,
      { ...event, position: { version, seq } },
      {
        lastSubjectSequence: afterSeq,
        lastSubjectSequenceSubject: filter,
      },
    );
  }

  /** Appends a refusal, once. Throws Unavailable. */
  async refuse(cause: Omit<Cause, 'position'>, outcome: Outcome<'lead.refused'>): Promise<number | undefined> {
    return this.#publish(outcomeSubject('lead.refused', cause.id), outcome, cause, { lastSubjectSequence: 0 });
  }

  /** Deletes what names the submissions of an erased lead; false when there is nothing. Throws Unavailable. */
  async forget(leadId: string): Promise<boolean> {
    const { streams } = await this.#broker.jsm();
    const last_by_subj = outcomeSubject('lead.accepted', leadId);
    for (let found = false; ; found = true) {
      const message = await reachable(() => streams.getMessage(STREAM, { last_by_subj }));
      if (!message) return found;
      await overwrite(this.#broker, STREAM, message.seq);
    }
  }

  async #publish(
    subject: string,
    { type, data }: Outcome,
    { id, at, traceparent, position }: Cause,
    expected: { lastSubjectSequence: number; lastSubjectSequenceSubject?: string },
  ): Promise<number | undefined> {
    const { data: schema, version } = outcomes[type];
    const parsed = schema.safeParse(data);
    if (!parsed.success) throw new ContractError(`${type}: ${describeIssues(parsed.error)}`);
    const head = headers();
    const attributes = {
      [CE.specversion]: '1.0',
      [CE.id]: id,
      [CE.type]: type,
      [CE.source]: PUBLIC_SOURCE,
      [CE.time]: at,
      [CE.dataVersion]: String(version),
      ...(traceparent ? { [TRACEPARENT]: traceparent } : {}),
      ...(position ? { [LEAD_VERSION]: String(position.version), [LEAD_SEQ]: String(position.seq) } : {}),
      ...('leadId' in data ? { [CE.subject]: data.leadId } : {}),
    };
    for (const [name, value] of Object.entries(attributes)) head.set(name, value);
    const body = JSON.stringify(parsed.data);
    try {
      const expect = { streamName: STREAM, ...expected };
      return (await reachable(() => this.#broker.js().publish(subject, body, { headers: head, expect }))).seq;
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }
}

/** Throws for a lead id that is more than one token of a subject. */
const ofLead = (leadId: string): string => outcomeSubject('*', leadToken(leadId));

const positionIn = (header: { get(name: string): string }): Required<ChainPosition> => ({
  version: Number(header.get(LEAD_VERSION)),
  lastSeq: Number(header.get(LEAD_SEQ)),
  lastId: header.get(CE.id),
  lastAtMs: Date.parse(header.get(CE.time)),
});
