import { parseRecorded } from '@leadstream/contracts/envelope';
import { lostPlacesOf, type Nothing, type Recorded } from '@leadstream/contracts/events';
import { isInClear } from '@leadstream/contracts/personal';
import type { Broker } from '@leadstream/eventlog/broker';
import { eraseOf, storedOf } from '@leadstream/eventlog/lead-messages';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import type { Clock } from './clock.ts';
import { giveCommand } from './commands.ts';

export type Erasure = Recorded<'lead.erased'>;
const isErasure = (event: Recorded): event is Erasure => event.type === 'lead.erased';

interface Erasing {
  /** The service or command that is asked for it. */
  source?: string;
  /** The lead's version that the caller has read. */
  expectVersion?: number | undefined;
  /** Aborts while the log gives no answer. */
  signal?: AbortSignal;
}

/**
 * Records, once, that the lead is erased, and that its earlier events are to be deleted if any of them holds personal
 * data in clear. `destroyKey` and `forget` then destroy the data; all three may be repeated after a crash. `nothing`:
 * there is no such lead. `moved-on`: with `expectVersion`, the lead has another version and is not erased. Throws
 * Unavailable.
 */
export async function appendErasure(
  broker: Broker,
  now: Clock,
  leadId: string,
  who: { by: string; reason?: string },
  { source = 'leadctl', expectVersion, signal }: Erasing = {},
): Promise<{ erasure: Erasure; isNew: boolean } | Nothing | { refused: 'moved-on'; expectVersion: number }> {
  // Blind: an erasure reads no personal data, and succeeds also when the key is lost.
  const options = { source, now, keys: 'blind' as const, ...(signal ? { signal } : {}) };
  const log = new EventLog<LeadState>(broker, leadFold, options);
  for (;;) {
    const events = await log.history(leadId);
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last) return { nothing: 'unknown-lead' };
    const forgets = (await hasClear(broker, events))
      ? [...(isErasure(first) ? (first.data.forgets ?? []) : []), ...events.map(({ seq }) => seq)]
      : undefined;
    const done = events.findLast(isErasure);
    if (done && !forgets) return { erasure: done, isNew: false };
    if (!done && expectVersion !== undefined && last.version !== expectVersion)
      return { refused: 'moved-on', expectVersion };
    // For exactly these events: a later one may hold personal data in clear, too.
    const replaces = forgets ? events.flatMap(lostPlacesOf) : [];
    const command = {
      kind: 'erase' as const,
      ...who,
      ...(forgets ? { forgets } : {}),
      ...(replaces.length > 0 ? { replaces } : {}),
    };
    const given = await giveCommand(log, leadId, command, { expectVersion: last.version });
    if ('event' in given && isErasure(given.event)) return { erasure: given.event, isNew: true };
    if ('refused' in given && given.refused === 'decided') return { nothing: given.nothing, detail: given.detail };
  }
}

async function hasClear(broker: Broker, events: readonly Recorded[]): Promise<boolean> {
  for (const event of events) {
    const message = await storedOf(broker, event);
    if (message && isInClear(event.type, message.json())) return true;
  }
  return false;
}

/** The lead's events still in the log, oldest first, with those its erasure forgets until `forget` deletes them. */
export async function remaining(broker: Broker, now: Clock, erasure: Erasure): Promise<Recorded[]> {
  const log = new EventLog<LeadState>(broker, leadFold, { source: 'leadctl', now, keys: 'blind' });
  return [...(await forgotten(broker, erasure)), ...(await log.history(erasure.leadId))];
}

/** Deletes the events that the erasure forgets and overwrites them on the disk; returns their number. */
export async function forget(broker: Broker, erasure: Erasure): Promise<number> {
  let deleted = 0;
  for (const event of await forgotten(broker, erasure)) if (await eraseOf(broker, event)) deleted++;
  return deleted;
}

/** The listed events that still exist; a sequence number of another lead's event is skipped. */
async function forgotten(broker: Broker, { leadId, data: { forgets = [] } }: Erasure): Promise<Recorded[]> {
  const there: Recorded[] = [];
  for (const seq of forgets) {
    const message = await storedOf(broker, { leadId, seq });
    if (message)
      there.push(parseRecorded({ subject: message.subject, seq, headers: message.header, data: message.data }));
  }
  return there;
}
