import { ContractError, NewerEvent, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { HoleInChain, KeyLost } from '@leadstream/eventlog/errors';
import type { EventLog } from '@leadstream/eventlog/log';
import { logInfo, readLog } from '@leadstream/eventlog/log-stream';
import type { WholeLog } from '@leadstream/projection/rebuild';
import { witnessedTail, type Advance } from '@leadstream/projection/witnessed';
import type { JsMsg } from '@nats-io/jetstream';
import { note } from './session.ts';

const BATCH_MAX = 1_000;

/** LEADS from its first event, in order, by an ephemeral consumer. `advance` is called before events are folded. */
export function wholeLog<S>(broker: Broker, leads: EventLog<S>, advance: Advance = () => Promise.resolve()): WholeLog {
  return {
    head: async () => (await logInfo(broker)).state.last_seq,
    async *read(afterSeq, upTo) {
      for await (const batch of read(broker, leads, afterSeq, upTo)) {
        const last = batch.events.at(-1);
        if (last) await advance(last);
        yield batch;
      }
    },
    tail: witnessedTail(leads, { advance }),
  };
}

async function* read<S>(
  broker: Broker,
  leads: EventLog<S>,
  afterSeq: number,
  upTo: number,
): AsyncGenerator<{ events: Recorded[]; seq: number }> {
  if (afterSeq >= upTo) return;
  let batch: JsMsg[] = [];
  for await (const message of readLog(broker, { from: afterSeq + 1, upTo })) {
    if (batch.push(message) < BATCH_MAX) continue;
    yield* opened(leads, batch);
    batch = [];
  }
  yield* opened(leads, batch);
}

async function* opened<S>(
  leads: EventLog<S>,
  batch: readonly JsMsg[],
): AsyncGenerator<{ events: Recorded[]; seq: number }> {
  const seq = batch.at(-1)?.seq;
  if (seq === undefined) return;
  const events = await Promise.all(batch.map((message) => parsed(leads, message)));
  yield { events: events.filter((event) => event !== undefined), seq };
}

/**
 * Skips invalid events, which the projector has quarantined already; a lead whose key is lost is reported, not folded.
 * Throws NewerEvent: a read model without a newer build's events would be wrong without a sign.
 */
async function parsed<S>(leads: EventLog<S>, message: JsMsg): Promise<Recorded | undefined> {
  try {
    return await leads.open(parseRecorded(message));
  } catch (error) {
    if (error instanceof NewerEvent) throw error;
    if (!(error instanceof ContractError || error instanceof KeyLost || error instanceof HoleInChain)) throw error;
    note(`LEADS ${message.seq} is left out: ${error.message}`);
    return undefined;
  }
}
