import type { Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { KeyLost } from '@leadstream/eventlog/errors';
import { mentionsPerson } from '@leadstream/lead/mentioned';
import type { Person } from './mentions.ts';
import { keyringOf, leadLog, note } from './session.ts';

/** The events that can be opened here; a lost key does not stop an erasure. */
export async function eventsToErase(
  broker: Broker,
  leadId: string,
  report: (problem: string) => void = note,
): Promise<Recorded[]> {
  const keys = keyringOf(broker);
  try {
    const events = await leadLog(broker, keys ?? 'blind').history(leadId);
    if (!keys && events.some(({ sealed }) => sealed) && !events.some(({ type }) => type === 'lead.erased'))
      report('leadctl: DATA_KEYS is not set, so personal fields that are sealed cannot be read');
    return events;
  } catch (error) {
    if (!(error instanceof KeyLost)) throw error;
    report(`leadctl: ${error.message}`);
    return leadLog(broker, 'blind').history(leadId);
  }
}

/** The fault of words that stay readable after the erasure; undefined: none. */
export function problemOf(
  person: Person,
  events: readonly Recorded[],
  { by, reason }: { by: string; reason?: string },
): string | undefined {
  if (person.isNamed(by)) return '--by stays readable, and names the person; give another name';
  if (reason !== undefined && (person.isNamed(reason) || mentionsPerson(events, reason)))
    return '--reason stays readable, and has something of the person in it; say it without';
  return undefined;
}
