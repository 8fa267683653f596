import type { Place } from '@leadstream/contracts/place';
import type { Broker } from '@leadstream/eventlog/broker';
import { logEnd, readStream } from '@leadstream/eventlog/log-stream';
import { instantOf } from '@leadstream/lead/at';
import { messageOf } from './follow.ts';

/** A time with its zone, or a duration back from now. Throws for another text, with examples of both. */
export function timeOf(text: string): string {
  if (!/^P/i.test(text))
    try {
      return instantOf(text);
    } catch (cause) {
      throw new Error(`${messageOf(cause)}, or P30D for thirty days ago`, { cause });
    }
  try {
    return Temporal.Now.zonedDateTimeISO('UTC').subtract(Temporal.Duration.from(text)).toInstant().toString();
  } catch (cause) {
    throw new Error(`"${text}" is no duration: give P30D for thirty days ago, PT12H for twelve hours`, { cause });
  }
}

/** Identity and last sequence of LEADS. Throws for a log of partitions. */
export async function streamOf(broker: Broker): Promise<{ created: string; head: number }> {
  const { created, end } = await logEnd(broker);
  return { created, head: oneOf(end) };
}

/** The sequence of a place, for exports: rows of theirs are joined by it. Throws for a log of partitions. */
function oneOf(place: Place): number {
  const [seq = 0, ...others] = place;
  if (others.length === 0) return seq;
  throw new Error(`an export reads a log of one stream, and this one has ${place.length} partitions`);
}

export interface LogRange {
  /** The creation of the log. */
  stream: string;
  /** The place behind which it begins; that of the end is before it when there is nothing. */
  after: Place;
  upTo: Place;
}

/** What was stored between two times, or times ago; by default all that is there. */
export async function rangeOf(broker: Broker, since?: string, until?: string): Promise<LogRange> {
  if (since !== undefined && until !== undefined && !isBefore(timeOf(since), timeOf(until)))
    throw new Error(`no time lies between: ${until} is not after ${since}`);
  const { created, end } = await logEnd(broker);
  const after = since === undefined ? end.map(() => 0) : await placeBefore(broker, timeOf(since), end);
  const upTo = until === undefined ? end : await placeBefore(broker, timeOf(until), end);
  return { stream: created, after, upTo };
}

/** The same in sequences, both ends inclusive. Throws for a log of partitions. */
export async function seqsOf(...args: Parameters<typeof rangeOf>) {
  const { stream, after, upTo } = await rangeOf(...args);
  return { stream, from: oneOf(after) + 1, upTo: oneOf(upTo) };
}

const isBefore = (one: string, other: string): boolean =>
  Temporal.Instant.compare(Temporal.Instant.from(one), Temporal.Instant.from(other)) < 0;

/** The place before the first messages that were stored at or after the instant, up to `end`. */
const placeBefore = (broker: Broker, since: string, end: Place): Promise<Place> =>
  Promise.all(
    end.map(async (last, index) => {
      for await (const { seq } of readStream(broker, index, { since, upTo: end })) return seq - 1;
      return last;
    }),
  );
