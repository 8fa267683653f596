import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { leadCreated, type LeadCreated } from '@leadstream/contracts/lead-created';
import { clean } from '@leadstream/lead/hygiene';
import { leadId } from '@leadstream/lead/identity';
import type { ArrivalGroup } from '@leadstream/projection/arrivals';
import type { Folder } from '@leadstream/sequences/folder';
import type { Arrival } from '@leadstream/sequences/simulator/simulate-crowd';
import { stableDraw } from '@leadstream/sequences/stable-draw';
import { routed } from '@leadstream/sequences/submission';
import { columnsOf, judged, readTable } from '@leadstream/service/import/rows';

/** The simulated time, and what triage needs beside the folder. */
export interface Place {
  fromMs: number;
  untilMs: number;
  seed: number;
  folder: Folder;
  defaultRegion: string;
  defaultTimeZone: string;
  /** Gives the ids, and with them the draws, of the deployment. */
  leadIdSecret: string;
}

/** The event loop gets a turn after so many arrivals, for Ctrl-C. */
const TURN = 200;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Four weeks, so that each hour is replayed on its own day of the week. */
export const HISTORY_MS = 28 * DAY_MS;

/** Triage's submission of a form. Text: the reason of its refusal. */
function arrivalOf(created: LeadCreated, atMs: number, count: number, place: Place): Arrival | string {
  const { folder, defaultTimeZone, leadIdSecret } = place;
  const cleaned = clean(created, place);
  if ('refused' in cleaned) return cleaned.refused.reason;
  if (!folder.routes) throw new Error('the folder has no initial-triage/routes.yaml');
  const at = Temporal.Instant.fromEpochMilliseconds(atMs);
  return {
    leadId: leadId(leadIdSecret, cleaned.contact.address),
    atMs,
    submission: {
      ...routed(cleaned, { routes: folder.routes, sequences: folder.sequences, defaultTimeZone, at }),
      intake: { seq: count, key: `simulated/${count}`, source: 'simulator' },
      trusted: true,
      ...(cleaned.contact.phone === undefined ? {} : { number: cleaned.contact.phone }),
    },
    again: false,
  };
}

/**
 * The rows of a file: each at its own submission time if that is in the simulated time, the others from the start on.
 */
export async function* ofFile(
  file: string,
  options: { source?: string; map: string[]; perSecond: number },
  place: Place,
  refused: () => void,
): AsyncGenerator<Arrival> {
  const table = readTable(await readFile(file));
  const outcomes = judged(table, columnsOf(table.header, options.map), {
    source: options.source,
    defaultRegion: place.defaultRegion,
  });
  const rows = outcomes
    .flatMap((one) => {
      if (one.outcome !== 'refused') return one;
      refused();
      return [];
    })
    .map(({ lead, address }, index) => {
      const saidMs = Date.parse(lead.leadData.submissionTimestamp ?? '');
      const isOwn = saidMs >= place.fromMs && saidMs <= place.untilMs;
      return { lead, address, atMs: isOwn ? saidMs : place.fromMs + Math.floor((index / options.perSecond) * 1_000) };
    })
    .sort((a, b) => a.atMs - b.atMs);
  const last = new Map(rows.map(({ address }, index) => [address, index]));
  for (const [index, { lead, address, atMs }] of rows.entries()) {
    if (index % TURN === 0) await setImmediate();
    const arrival = arrivalOf(lead, atMs, index + 1, place);
    if (typeof arrival === 'string') refused();
    else yield { ...arrival, again: last.get(address) !== index };
  }
}

/**
 * The arrivals of the last four weeks, moved to the simulated time by their hour of the week and begun again after four
 * weeks. Made-up people: only the hour, the source and the zone are of the record.
 */
export async function* likeLastMonth(
  historyFromMs: number,
  groups: (fromMs: number, untilMs: number) => AsyncIterable<ArrivalGroup>,
  place: Place,
): AsyncGenerator<Arrival> {
  let count = 0;
  let atMs = place.fromMs;
  while (atMs < place.untilMs) {
    const offsetMs = modulo(atMs - historyFromMs, HISTORY_MS);
    const [sinceMs, endMs] = [historyFromMs + offsetMs, historyFromMs + HISTORY_MS];
    const shiftMs = atMs - sinceMs;
    for await (const hour of byHour(groups(sinceMs, endMs)))
      for (const one of hour.flatMap((group) => peopleOf(group, shiftMs, place.seed)).sort((a, b) => a.atMs - b.atMs)) {
        if (one.atMs > place.untilMs) return;
        if (count % TURN === 0) await setImmediate();
        const arrival = arrivalOf(madeUp(++count, one), one.atMs, count, place);
        if (typeof arrival === 'string') throw new Error(`a made-up lead is refused: ${arrival}`);
        yield arrival;
      }
    atMs += endMs - sinceMs;
  }
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

interface MadeUp {
  source: string;
  timeZone: string | null;
  atMs: number;
}

function peopleOf({ hourMs, source, timeZone, leads }: ArrivalGroup, shiftMs: number, seed: number): MadeUp[] {
  return Array.from({ length: leads }, (_, index) => {
    const draw = stableDraw(`${hourMs}/${source}/${timeZone}/${index}`, `simulate/${seed}/arrives`);
    return { source, timeZone, atMs: hourMs + shiftMs + Math.floor(draw * HOUR_MS) };
  });
}

const madeUp = (count: number, { source, timeZone }: MadeUp): LeadCreated =>
  leadCreated.parse({
    email: `lead-${count}@simulated.example.com`,
    ...(timeZone === null ? {} : { timeZone }),
    leadData: { source },
  });

/** Groups in the order of their hours, an hour at a time. */
async function* byHour(groups: AsyncIterable<ArrivalGroup>): AsyncGenerator<ArrivalGroup[]> {
  let hour: ArrivalGroup[] = [];
  for await (const group of groups) {
    if (hour[0] && hour[0].hourMs !== group.hourMs) {
      yield hour;
      hour = [];
    }
    hour.push(group);
  }
  if (hour.length > 0) yield hour;
}
