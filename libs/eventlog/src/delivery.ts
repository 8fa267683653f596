import type { JsMsg } from '@nats-io/jetstream';
import { BaseRpcContext } from '@nestjs/microservices';
import { reachable, type Broker } from './broker.ts';
import { Poison } from './errors.ts';
import type { Cause } from './ids.ts';

/** A stored message as a handler may see it; the transport answers it. */
export type Message = Pick<JsMsg, 'subject' | 'seq' | 'headers' | 'data'>;

/** The message at the place that an entry of QUARANTINE names. Throws Poison when it is gone, and Unavailable. */
export async function messageAt(broker: Broker, stream: string, seq: number): Promise<Message> {
  const { streams } = await broker.jsm();
  const stored = await reachable(() => streams.getMessage(stream, { seq }));
  if (!stored) throw new Poison(`${stream} ${seq} is not there any more`);
  return { subject: stored.subject, seq, headers: stored.header, data: stored.data };
}

/** One delivery of a message to its handlers: Nest's `@Ctx()`. */
export class Delivery extends BaseRpcContext<[Message]> {
  /** The cause from which the ids of resulting events derive. */
  readonly cause: Cause;
  /** 1 for the first; 0 for a redrive. */
  readonly deliveries: number;
  /** Aborted when the process stops: handlers end their waits and finish the work they began. */
  readonly signal: AbortSignal;

  constructor(message: Message, stream: string, deliveries: number, signal: AbortSignal) {
    super([message]);
    this.cause = { stream, seq: message.seq };
    this.deliveries = deliveries;
    this.signal = signal;
  }

  /** Whether an operator requested this delivery after a quarantine. */
  get isRedrive(): boolean {
    return this.deliveries === 0;
  }

  get message(): Message {
    return this.args[0];
  }
}
