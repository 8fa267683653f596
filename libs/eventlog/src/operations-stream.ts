import { operationSchema, operationSubject, type Operation } from '@leadstream/contracts/operations';
import { JetStreamApiCodes, type StoredMsg, type StreamAPI, type StreamState } from '@nats-io/jetstream';
import { hasCode, isConflict, reachable, type Broker } from './broker.ts';

const STREAM = 'OPERATIONS';
/** The messages that one reading looks at: other accounts' are among them. */
const LOOKED_AT_MAX = 500;

/** Stream OPERATIONS. Its methods throw Unavailable. */
export class OperationsStream {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Stores the event once: each has a subject of its own, which must have no message yet. */
  async append(operation: Operation): Promise<void> {
    const body = JSON.stringify(operationSchema.parse(operation));
    const expect = { streamName: STREAM, lastSubjectSequence: 0 };
    try {
      await reachable(() =>
        this.#broker.js().publish(operationSubject(operation.account, operation.id), body, { expect }),
      );
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  /**
   * The last `max` operations on an account, the newest first. None where the stream is missing: an upgrade may not
   * have made it yet. What a newer build wrote, and cannot be read here, is left out.
   */
  async last(account: string, max: number): Promise<Operation[]> {
    const { direct, streams } = await this.#broker.jsm();
    const state = await reachable(() => stateOf(streams));
    const found: Operation[] = [];
    if (!state) return found;
    const oldest = Math.max(state.first_seq, state.last_seq - LOOKED_AT_MAX + 1, 1);
    for (let seq = state.last_seq; seq >= oldest && found.length < max; seq--) {
      const message = await reachable(() => direct.getMessage(STREAM, { seq }));
      if (!message?.subject.startsWith(operationSubject(account, ''))) continue;
      const parsed = operationSchema.safeParse(jsonOf(message));
      if (parsed.success) found.push(parsed.data);
    }
    return found;
  }
}

function jsonOf(message: StoredMsg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}

async function stateOf(streams: StreamAPI): Promise<StreamState | undefined> {
  try {
    return (await streams.info(STREAM)).state;
  } catch (error) {
    if (hasCode(error, JetStreamApiCodes.StreamNotFound)) return undefined;
    throw error;
  }
}
