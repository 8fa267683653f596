import { ContractError, NewerEvent, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { HoleInChain, KeyLost } from '@leadstream/eventlog/errors';
import type { EventLog } from '@leadstream/eventlog/log';
import { logEnd, placeAfter, readLog } from '@leadstream/eventlog/log-stream';
import { covers, type Place } from '@leadstream/contracts/place';
import type { WholeLog } from '@leadstream/projection/rebuild';
import { witnessedTail, type Advance } from '@leadstream/projection/witnessed';
import type { JsMsg } from '@nats-io/jetstream';
import { note } from './session.ts';

const BATCH_MAX = 1_000;

interface Batch {
  events: Recorded[];
  place: Place;
}

/**
 * The log from its beginning, each stream in its order, by ephemeral consumers. `advance` is called before events are
 * folded.
 */
export function wholeLog<S>(broker: Broker, leads: EventLog<S>, advance: Advance = () => Promise.resolve()): WholeLog {
  return {
    head: async () => (await logEnd(broker)).end,
    async *read({ after, upTo }) {
      for await (const batch of read(broker, leads, after ?? upTo.map(() => 0), upTo)) {
        await advance(batch.events);
        yield batch;
      }
    },
    tail: witnessedTail(leads, { advance }),
  };
}

/** A batch is of one stream. */
async function* read<S>(broker: Broker, leads: EventLog<S>, after: Place, upTo: Place): AsyncGenerator<Batch> {
  if (covers(after, upTo)) return;
  let place = after;
  let batch: JsMsg[] = [];
  for await (const message of readLog(broker, { after, upTo })) {
    const isOther = batch.at(-1)?.info.stream !== message.info.stream;
    if (batch.length > 0 && (isOther || batch.length === BATCH_MAX)) {
      yield { events: await opened(leads, batch), place };
      batch = [];
    }
    batch.push(message);
    place = placeAfter(broker, place, message);
  }
  if (batch.length > 0) yield { events: await opened(leads, batch), place };
}

async function opened<S>(leads: EventLog<S>, batch: readonly JsMsg[]): Promise<Recorded[]> {
  const events = await Promise.all(batch.map((message) => parsed(leads, message)));
  return events.filter((event) => event !== undefined);
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
    note(`${message.info.stream} ${message.seq} is left out: ${error.message}`);
    return undefined;
  }
}
