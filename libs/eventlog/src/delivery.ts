import type { JsMsg } from '@nats-io/jetstream';
import { BaseRpcContext } from '@nestjs/microservices';
import type { Cause } from './ids.ts';

/** A stored message as a handler may see it; how it is answered is the transport's business. */
export type Message = Pick<JsMsg, 'subject' | 'seq' | 'headers' | 'data'>;

/** One handing over of a message to its handlers: Nest's `@Ctx()`. */
export class Delivery extends BaseRpcContext<[Message]> {
  /** What ids of events that this message causes derive from. */
  readonly cause: Cause;
  /** 1 for the first; 0 for a redrive. */
  readonly deliveries: number;
  /** Aborted when the process stops: time to leave a wait, not to drop what is begun. */
  readonly signal: AbortSignal;

  constructor(message: Message, stream: string, deliveries: number, signal: AbortSignal) {
    super([message]);
    this.cause = { stream, seq: message.seq };
    this.deliveries = deliveries;
    this.signal = signal;
  }

  /** Whether an operator asked for it after it was quarantined. */
  get isRedrive(): boolean {
    return this.deliveries === 0;
  }

  get message(): Message {
    return this.args[0];
  }
}
