import type { Broker } from '@leadstream/eventlog/broker';
import { logInfo, readLog } from '@leadstream/eventlog/log-stream';
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

/** Identity and last sequence of LEADS. */
export async function streamOf(broker: Broker): Promise<{ created: string; head: number }> {
  const { created, state } = await logInfo(broker);
  return { created, head: state.last_seq };
}

export interface LogRange {
  /** The creation of the stream. */
  stream: string;
  /** Both inclusive; `upTo` is below `from` when there is nothing. */
  from: number;
  upTo: number;
}

/** The sequences that were stored between two times, or times ago; by default all that are there. */
export async function rangeOf(broker: Broker, since?: string, until?: string): Promise<LogRange> {
  if (since !== undefined && until !== undefined && !isBefore(timeOf(since), timeOf(until)))
    throw new Error(`no time lies between: ${until} is not after ${since}`);
  const { created, head } = await streamOf(broker);
  const from = since === undefined ? 1 : ((await firstSince(broker, timeOf(since), head)) ?? head + 1);
  const after = until === undefined ? undefined : await firstSince(broker, timeOf(until), head);
  return { stream: created, from, upTo: after === undefined ? head : after - 1 };
}

const isBefore = (one: string, other: string): boolean =>
  Temporal.Instant.compare(Temporal.Instant.from(one), Temporal.Instant.from(other)) < 0;

/** The sequence of the first message that was stored at or after the instant, up to `head`; undefined: none. */
async function firstSince(broker: Broker, instant: string, head: number): Promise<number | undefined> {
  for await (const { seq } of readLog(broker, { since: instant, upTo: [head] })) return seq;
  return undefined;
}
