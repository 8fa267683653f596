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

export interface LogRange {
  /** The creation of the log. */
  stream: string;
  /** The place behind which it begins; that of the end is before it when there is nothing. */
  after: Place;
  upTo: Place;
}

/** The events stored between two times, or times ago; by default all that are there. */
export async function rangeOf(broker: Broker, since?: string, until?: string): Promise<LogRange> {
  if (since !== undefined && until !== undefined && !isBefore(timeOf(since), timeOf(until)))
    throw new Error(`no time lies between: ${until} is not after ${since}`);
  const { created, end } = await logEnd(broker);
  const after = since === undefined ? end.map(() => 0) : await placeBefore(broker, timeOf(since), end);
  const upTo = until === undefined ? end : await placeBefore(broker, timeOf(until), end);
  return { stream: created, after, upTo };
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
