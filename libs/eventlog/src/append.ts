import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { propagation, type Attributes } from '@opentelemetry/api';
import {
  bodyOf,
  CE,
  LEAD_PREV_ID,
  LEAD_PREV_OUTCOME,
  LEAD_PREV_SEQ,
  LEAD_PREV_TIME,
  LEAD_SPAN,
  LEAD_VERSION,
  TRACEPARENT,
} from '@leadstream/contracts/envelope';
import { catalogue, type EventType, type Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { isConflict, type Broker } from './broker.ts';
import type { ChainPosition } from './chain.ts';
import type { Sealed } from './sealing.ts';
import { firstSpan, headerSetter, inAppend } from './spans.ts';

export interface Appendable {
  leadId: string;
  at: ChainPosition;
  type: EventType;
  /** Of its type's shape. */
  data: Recorded['data'];
  id: string;
  source: string;
  now: Temporal.Instant;
  prevOutcome?: string | undefined;
}

/** The place in the sequence that an event is about, as attributes. */
const placeOf = (data: Recorded['data']): Attributes => ({
  ...('sequence' in data && typeof data.sequence === 'string' ? { 'lead.sequence': data.sequence } : {}),
  ...('stepId' in data ? { 'lead.step': data.stepId } : {}),
  ...('planned' in data ? { 'lead.step': data.planned.id, 'lead.planned_at': data.planned.at } : {}),
});

/**
 * One event, ready to be appended at one position of one lead's chain. Repeating the append is always safe: it succeeds
 * only while the expectation still holds, and then only once.
 */
export class Append {
  readonly #broker: Broker;
  readonly #it: Appendable;
  readonly #log: ReturnType<typeof logOf>;
  readonly #subject: string;
  /** The event's data in clear. */
  readonly #json: string;
  readonly #body: string;

  /** `sealed`: the body in parts, where personal fields are sealed. */
  constructor(broker: Broker, it: Appendable, sealed?: Sealed) {
    this.#broker = broker;
    this.#it = it;
    this.#log = logOf(it.leadId, broker.partitions);
    this.#subject = this.#log.subject(catalogue[it.type].token);
    this.#json = JSON.stringify(it.data);
    this.#body = sealed ? bodyOf(sealed.clear, sealed.sealed) : this.#json;
  }

  /** The event as recorded, or undefined when the chain has moved on, possibly by this very event. */
  send(): Promise<Recorded | undefined> {
    const { leadId, at, type, data, id, source: service } = this.#it;
    const { stream, filter } = this.#log;
    const event = {
      'lead.id': leadId,
      'cloudevents.event_type': type,
      'cloudevents.event_id': id,
      ...placeOf(data),
    };
    const message = {
      'messaging.system': 'nats',
      'messaging.operation.name': 'append',
      'messaging.operation.type': 'send',
      'messaging.destination.name': stream,
      'messaging.message.id': id,
    };
    return inAppend({ service, type, event, message }, async (spanId) => {
      const head = this.#headers(spanId);
      try {
        const ack = await this.#broker.js().publish(this.#subject, this.#body, {
          headers: head,
          expect: {
            streamName: stream,
            lastSubjectSequence: at.lastSeq,
            lastSubjectSequenceSubject: filter,
          },
        });
        if (ack.stream !== stream) throw new Error(`${this.#subject} was stored in ${ack.stream}`);
        // Without a message id the server can't report a duplicate; if it does, it refers to another write.
        return ack.duplicate ? undefined : this.#recorded(head, ack.seq);
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    });
  }

  /**
   * The event as its readers get it: converted through JSON, and not parsed again, because it was parsed before the
   * append.
   */
  #recorded(head: MsgHdrs, seq: number): Recorded {
    const { leadId, at, type, id, source, prevOutcome } = this.#it;
    const traceparent = head.get(TRACEPARENT);
    const span = head.get(LEAD_SPAN);
    const prevId = head.get(LEAD_PREV_ID);
    const prevTime = head.get(LEAD_PREV_TIME);
    return {
      type,
      data: JSON.parse(this.#json) as Recorded['data'],
      id,
      leadId,
      seq,
      version: at.version + 1,
      prevSeq: at.lastSeq,
      at: head.get(CE.time),
      source,
      ...(prevId ? { prevId } : {}),
      ...(prevTime ? { prevAtMs: Number(prevTime) } : {}),
      ...(prevOutcome ? { prevOutcome } : {}),
      ...(traceparent ? { traceparent, ...(span ? { span } : {}) } : {}),
    } as Recorded;
  }

  #headers(spanId: string): MsgHdrs {
    const { leadId, at, type, id, source, now, prevOutcome } = this.#it;
    const head = headers();
    propagation.inject(firstSpan(), head, headerSetter);
    const attributes = {
      [CE.specversion]: '1.0',
      [CE.id]: id,
      [CE.type]: type,
      [CE.source]: source,
      [CE.time]: now.toString(),
      [CE.subject]: leadId,
      [CE.dataVersion]: String(catalogue[type].version),
      [LEAD_VERSION]: String(at.version + 1),
      [LEAD_PREV_SEQ]: String(at.lastSeq),
      ...(head.has(TRACEPARENT) ? { [LEAD_SPAN]: spanId } : {}),
      ...(at.lastSeq > 0 && at.lastId ? { [LEAD_PREV_ID]: at.lastId } : {}),
      ...(at.lastSeq > 0 && at.lastAtMs !== undefined ? { [LEAD_PREV_TIME]: String(at.lastAtMs) } : {}),
      ...(prevOutcome ? { [LEAD_PREV_OUTCOME]: prevOutcome } : {}),
    };
    for (const [name, value] of Object.entries(attributes)) head.append(name, value);
    return head;
  }
}
