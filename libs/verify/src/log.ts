import { ContractError, NewerEvent, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { logStreams } from '@leadstream/contracts/streams';
import { streamFor } from '@leadstream/contracts/place';
import { messagesTo } from '@leadstream/eventlog/read';
import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';

/** The connection to a log, and the number of its streams. */
export interface LogAt {
  js(): JetStreamClient;
  jsm(): Promise<JetStreamManager>;
  partitions: number;
}

/** Unreadable parts of a log: their content is unknown. */
export interface Unreadable {
  unreadable: string;
  /** The stream that has them. */
  stream: string | undefined;
  leadId: string | null;
  seqs: number[];
  missing?: Missing;
}

/** Sequences that a stream of the log does not have, both ends inclusive. */
export interface Missing {
  stream: string;
  first: number;
  last: number;
}
export type Entry = Recorded | Unreadable;
/** Reads an event's personal fields, or returns the reason, in words, why they are unreadable. */
export type Open = (event: Recorded) => Promise<Recorded | string>;

/** A key is loaded once per lead, for this many leads at once. */
const OPENED_AT_ONCE = 200;

/**
 * The log from its beginning to its present end, each stream in its order, by consumers that leave nothing behind.
 * Missing sequences are reported as unreadable: one may have been a stop. Without `open` sealed fields stay sealed, and
 * no document can be compared.
 */
export async function* readLeads(
  log: LogAt,
  { signal, open }: { signal?: AbortSignal; open?: Open | undefined } = {},
): AsyncGenerator<Entry> {
  let waiting: Entry[] = [];
  for await (const entry of entries(log, signal)) {
    // An event in clear passes at once if no sealed one waits before it.
    if (waiting.length === 0 && !isSealed(entry)) {
      yield entry;
      continue;
    }
    waiting.push(entry);
    if (waiting.length < OPENED_AT_ONCE) continue;
    yield* await openAll(waiting, log, open);
    signal?.throwIfAborted();
    waiting = [];
  }
  yield* await openAll(waiting, log, open);
}

const isSealed = (entry: Entry): boolean => !('unreadable' in entry) && entry.sealed !== undefined;

async function openAll(waiting: readonly Entry[], log: LogAt, open: Open | undefined): Promise<Entry[]> {
  return (
    await Promise.all(
      waiting.map(async (entry): Promise<Entry[]> => {
        if (!open || 'unreadable' in entry || entry.sealed === undefined) return [entry];
        const read = await open(entry);
        const { leadId, seq } = entry;
        return typeof read === 'string'
          ? [{ unreadable: read, stream: streamFor(leadId, log.partitions), leadId, seqs: [seq] }, entry]
          : [read];
      }),
    )
  ).flat();
}

async function* entries(log: LogAt, signal?: AbortSignal): AsyncGenerator<Entry> {
  const { streams } = await log.jsm();
  for (const { stream } of logStreams(log.partitions)) {
    const head = (await streams.info(stream)).state.last_seq;
    let seq = 0;
    for await (const message of messagesTo(log.js(), stream, { upTo: head, ...(signal ? { signal } : {}) })) {
      yield* missing(stream, seq, message.seq);
      seq = message.seq;
      yield entryOf(message, stream, log.partitions);
    }
    signal?.throwIfAborted();
    yield* missing(stream, seq, head + 1);
  }
}

function* missing(stream: string, after: number, before: number): Generator<Unreadable> {
  const [first, last] = [after + 1, before - 1];
  if (first > last) return;
  yield absent({ stream, first, last });
}

export const absent = ({ stream, first, last }: Missing): Unreadable => ({
  unreadable: first === last ? `${stream} ${first} is missing` : `${stream} ${first} to ${last} are missing`,
  stream,
  leadId: null,
  seqs: first === last ? [first] : [first, last],
  missing: { stream, first, last },
});

/** Throws NewerEvent: a verifier that can't read a newer build's events proves nothing, and refutes nothing. */
function entryOf(message: JsMsg, stream: string, partitions: number): Entry {
  const leadId = message.subject.split('.')[1] ?? null;
  const unreadable = (says: string): Unreadable => ({
    unreadable: `${stream} ${message.seq} ${says}`,
    stream,
    leadId,
    seqs: [message.seq],
  });
  // Readers of one lead look only into the stream of its id.
  if (streamFor(leadId ?? '', partitions) !== stream) return unreadable('is of a lead of another partition');
  try {
    return timed(parseRecorded(message));
  } catch (error) {
    if (!(error instanceof ContractError) || error instanceof NewerEvent) throw error;
    return unreadable(`is no event: ${error.message}`);
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
