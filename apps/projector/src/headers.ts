import type { JsMsg } from '@nats-io/jetstream';
import { MsgImpl } from '@nats-io/nats-core/internal';

/**
 * The client (3.4.0) keeps the headers that it has decoded, 3 KB, for as long as the message. Those of a batch wait for
 * MongoDB, and the garbage collector copies all that waits. They are decoded again when somebody reads them again.
 */
export function forgetHeaders(message: JsMsg): void {
  const { msg } = message as JsMsg & { msg?: { _headers?: unknown } };
  if (msg instanceof MsgImpl) msg._headers = undefined;
}
