import { DatabaseSync } from 'node:sqlite';
import type { DuckDBConnection } from '@duckdb/node-api';
import { catalogue, type Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { DarkTimes, type DarkTime } from '@leadstream/sequences/what-if/dark-times';
import { readExport } from '@leadstream/verify/export';
import { openDuck } from '../export/duck.ts';
import { openExport } from '../export/queried.ts';
import { filled, OF_EVENT, recordedOf } from '../export/recorded.ts';
import { leadLog } from '../session.ts';
import { wholeLog } from '../whole-log.ts';

const NOTED_EVERY = 10_000;

/**
 * The events of a log, lead by lead, in the memory of one lead: all are in a file without a name, which the operating
 * system removes with the process.
 */
export class LeadEvents implements Disposable {
  events = 0;
  untilMs = -Infinity;
  dark: DarkTime[] = [];
  readonly #file = new DatabaseSync('');

  /** Reads events in any order. */
  static async read(events: AsyncIterable<Recorded>, onProgress: (events: number) => void): Promise<LeadEvents> {
    const read = new LeadEvents();
    const file = read.#file;
    file.exec(
      'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ' +
        'CREATE TABLE event (lead TEXT, seq INTEGER, type TEXT, at INTEGER, body TEXT)',
    );
    file.exec('BEGIN');
    const put = file.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?)');
    for await (const event of events) {
      const atMs = Date.parse(event.at);
      read.untilMs = Math.max(read.untilMs, atMs);
      put.run(event.leadId, event.seq, event.type, atMs, JSON.stringify(event));
      if (++read.events % NOTED_EVERY === 0) onProgress(read.events);
    }
    file.exec('COMMIT');
    read.dark = read.#darkTimes();
    return read;
  }

  /** By time: a log of partitions is read stream after stream, and a file may have its events in any order. */
  #darkTimes(): DarkTime[] {
    const dark = new DarkTimes();
    const types = DarkTimes.types.map((type) => `'${type}'`).join();
    const rows = this.#file.prepare(`SELECT body FROM event WHERE type IN (${types}) ORDER BY at, rowid`);
    for (const { body } of rows.iterate()) dark.add(JSON.parse(String(body)) as Recorded);
    return dark.found;
  }

  get leads(): number {
    return Number(this.#file.prepare('SELECT count(DISTINCT lead) AS leads FROM event').get()?.['leads']);
  }

  *byLead(): Generator<Recorded[]> {
    let events: Recorded[] = [];
    for (const { body } of this.#file.prepare('SELECT body FROM event ORDER BY lead, seq').iterate()) {
      const event = JSON.parse(String(body)) as Recorded;
      if (events.length > 0 && events[0]?.leadId !== event.leadId) {
        yield events;
        events = [];
      }
      events.push(event);
    }
    if (events.length > 0) yield events;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The log; personal data that cannot be read has stand-ins, on which no mail depends but one for a field. */
export async function* eventsOfLog(broker: Broker): AsyncGenerator<Recorded> {
  const log = wholeLog(broker, leadLog(broker));
  for await (const { events } of log.read({ upTo: await log.head() }))
    for (const event of events) yield event.sealed === undefined ? event : whole(event);
}

/** A folder of `leadctl export`, or the lines that `verify --file` reads. */
export async function* eventsOfExport(path: string): AsyncGenerator<Recorded> {
  if (path.endsWith('.ndjson') || path === '-') {
    yield* readExport(path);
    return;
  }
  using opened = new DisposableStack();
  const duck = await openDuck(opened);
  await openExport(duck, path);
  yield* rowsOf(duck);
}

async function* rowsOf(duck: DuckDBConnection): AsyncGenerator<Recorded> {
  const result = await duck.stream(`SELECT ${OF_EVENT.join(', ')} FROM events ORDER BY seq`);
  for await (const rows of result.yieldRowObjectJson()) for (const row of rows) yield recordedOf(row);
}

function whole(event: Recorded): Recorded {
  const { success } = catalogue[event.type].data.safeParse(event.data);
  return success ? event : ({ ...event, data: filled({ ...event.data }) } as Recorded);
}
