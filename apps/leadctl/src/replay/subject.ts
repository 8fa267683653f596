import { REPLAY } from '@leadstream/contracts/envelope';
import type { Broker } from '@leadstream/eventlog/broker';
import type { JsMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { Due } from './paced.ts';

const SUBJECT = /^replay\.([a-z0-9][a-z0-9-]*)\.>$/;

/**
 * Publishes messages of the log as `replay.<name>.<leadId>.<event>`, marked as replayed: no stream of Leadstream has
 * these subjects, and no reader of events takes a marked one.
 */
export class ReplaySubject {
  readonly #broker: Broker;
  readonly #prefix: string;

  /** Throws for any other subject than `replay.<name>.>`. */
  constructor(broker: Broker, subject: string) {
    const name = SUBJECT.exec(subject)?.[1];
    if (name === undefined) throw new Error(`--subject: must be replay.<name>.>, as replay.tuesday.>, not ${subject}`);
    [this.#broker, this.#prefix] = [broker, `replay.${name}`];
  }

  async take({ messages }: Due): Promise<void> {
    const connection = this.#broker.connection();
    for (const message of messages)
      connection.publish(`${this.#prefix}.${message.subject.replace(/^leads(-\d+)?\./, '')}`, message.data, {
        headers: marked(message),
      });
    await connection.flush();
  }
}

/** Without the headers of the server: an expectation is about the place in LEADS. */
function marked({ headers: original, seq }: JsMsg): MsgHdrs {
  const head = headers();
  for (const name of original?.keys() ?? [])
    if (!name.toLowerCase().startsWith('nats-')) head.set(name, original?.get(name) ?? '');
  head.set(REPLAY, String(seq));
  return head;
}
