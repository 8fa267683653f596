import { outcomeSubject } from '@leadstream/contracts/public';
import { hasCode, reachable, type Broker } from '@leadstream/eventlog/broker';
import { overwrite } from '@leadstream/eventlog/overwrite';
import { messagesTo } from '@leadstream/eventlog/read';
import { JetStreamApiCodes } from '@nats-io/jetstream';
import type { Person } from './mentions.ts';

const STREAM = 'PUBLIC';
const REFUSAL = outcomeSubject('lead.refused', '');

/**
 * The refusals in PUBLIC whose submission has an id that names the person: its publisher made it of the address. What a
 * lead's events have caused there has the lead's id, or is deleted by the projector.
 */
export async function refusalsTold(broker: Broker, person: Person): Promise<number[]> {
  const { streams } = await broker.jsm();
  const found: number[] = [];
  try {
    await reachable(() => streams.info(STREAM));
    // Without a filter: its consumer keeps messages as pending that a second operator deletes meanwhile.
    for await (const { seq, subject, data } of messagesTo(broker.js(), STREAM))
      if (subject.startsWith(REFUSAL) && person.isNamed(new TextDecoder().decode(data))) found.push(seq);
  } catch (error) {
    // An upgrade may not have made PUBLIC yet.
    if (!hasCode(error, JetStreamApiCodes.StreamNotFound) && !isWithoutStream(error)) throw error;
  }
  return found;
}

const isWithoutStream = (error: unknown): boolean =>
  error instanceof Error && hasCode(error.cause, JetStreamApiCodes.StreamNotFound);

/** Deletes them; returns their number. */
export async function forgetRefusals(broker: Broker, person: Person): Promise<number> {
  let deleted = 0;
  for (const seq of await refusalsTold(broker, person)) if (await overwrite(broker, STREAM, seq)) deleted++;
  return deleted;
}
