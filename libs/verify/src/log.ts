import { ContractError, NewerEvent, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { messagesTo } from '@leadstream/eventlog/read';
import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';

/** Unreadable parts of a log: their content is unknown. `missing`: from and to, both inclusive. */
export interface Unreadable {
  unreadable: string;
  leadId: string | null;
  seqs: number[];
  missing?: [number, number];
}
export type Entry = Recorded | Unreadable;
/** Reads an event's personal fields, or returns the reason, in words, why they are unreadable. */
export type Open = (event: Recorded) => Promise<Recorded | string>;

/** A key is loaded once per lead, for this many leads at once. */
const OPENED_AT_ONCE = 200;

/**
 * LEADS from its first sequence to its present last one, in order, by a consumer that leaves nothing behind. Missing
 * sequences are reported as unreadable: one may have been a stop. Without `open` sealed fields stay sealed, and no
 * document can be compared.
 */
export async function* readLeads(
  js: JetStreamClient,
  jsm: JetStreamManager,
  signal?: AbortSignal,
  open?: Open,
): AsyncGenerator<Entry> {
  let waiting: Entry[] = [];
  for await (const entry of entries(js, jsm, signal)) {
    // An event in clear passes at once if no sealed one waits before it.
    if (waiting.length === 0 && !isSealed(entry)) {
      yield entry;
      continue;
    }
    waiting.push(entry);
    if (waiting.length < OPENED_AT_ONCE) continue;
    yield* await openAll(waiting, open);
    signal?.throwIfAborted();
    waiting = [];
  }
  yield* await openAll(waiting, open);
}

const isSealed = (entry: Entry): boolean => !('unreadable' in entry) && entry.sealed !== undefined;

async function openAll(waiting: readonly Entry[], open: Open | undefined): Promise<Entry[]> {
  return (
    await Promise.all(
      waiting.map(async (entry): Promise<Entry[]> => {
        if (!open || 'unreadable' in entry || entry.sealed === undefined) return [entry];
        const read = await open(entry);
        return typeof read === 'string'
          ? [{ unreadable: read, leadId: entry.leadId, seqs: [entry.seq] }, entry]
          : [read];
      }),
    )
  ).flat();
}

async function* entries(js: JetStreamClient, jsm: JetStreamManager, signal?: AbortSignal): AsyncGenerator<Entry> {
  const head = (await jsm.streams.info('LEADS')).state.last_seq;
  let seq = 0;
  for await (const message of messagesTo(js, 'LEADS', { upTo: head, ...(signal ? { signal } : {}) })) {
    yield* missing(seq, message.seq);
    seq = message.seq;
    yield entryOf(message);
  }
  signal?.throwIfAborted();
  yield* missing(seq, head + 1);
}

function* missing(after: number, before: number): Generator<Unreadable> {
  const [first, last] = [after + 1, before - 1];
  if (first > last) return;
  yield absent(first, last);
}

/** Sequences from `first` to `last` that the stream does not have. */
export const absent = (first: number, last: number): Unreadable => ({
  unreadable: first === last ? `LEADS ${first} is missing` : `LEADS ${first} to ${last} are missing`,
  leadId: null,
  seqs: first === last ? [first] : [first, last],
  missing: [first, last],
});

/** Throws NewerEvent: a verifier that can't read a newer build's events proves nothing, and refutes nothing. */
function entryOf(message: JsMsg): Entry {
  try {
    return timed(parseRecorded(message));
  } catch (error) {
    if (!(error instanceof ContractError) || error instanceof NewerEvent) throw error;
    return {
      unreadable: `LEADS ${message.seq} is no event: ${error.message}`,
      leadId: message.subject.split('.')[1] ?? null,
      seqs: [message.seq],
    };
  }
}

/** Checks the event's time, which judging needs. */
export function timed(event: Recorded): Recorded {
  try {
    Temporal.Instant.from(event.at);
    return event;
  } catch (cause) {
    throw new ContractError(`${event.type}: its time is no RFC 3339 instant`, { cause });
  }
}
