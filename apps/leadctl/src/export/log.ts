import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { exportedData, type Withheld } from '@leadstream/contracts/exported';
import { covers, lengthOf, placeJson, placeOf, seqFor, type Place } from '@leadstream/contracts/place';
import type { DuckDBConnection } from '@duckdb/node-api';
import { EVENT_COLUMNS, rowOf } from './columns.ts';
import { makeTables } from './derived.ts';
import {
  hasTables,
  manifestIn,
  partsSum,
  rangesOf,
  replaced,
  writeManifest,
  type Manifest,
  type Range,
  type Wish,
} from './folder.ts';
import { FILES, jsonRows, literal, storable } from './formats.ts';
import { lastNumber } from './number.ts';
import type { LogSource } from './source.ts';
import { quoted } from './duck.ts';

export interface Exporting {
  source: LogSource;
  duck: DuckDBConnection;
  folder: string;
  wish: Wish;
  /** Sequences of the log's streams that are done, those of whole parts among them. */
  onProgress?: (seqs: number, rows: number) => void;
}

/**
 * Brings the export in a folder up to `upTo`: makes the parts that are missing, not whole, or have a lead that was
 * erased meanwhile, and then the derived tables, if a part changed. Killed at any moment, the next call continues after
 * the last whole part, to the same bytes. Throws for a log that is not the one of the folder, or ends before it.
 */
export async function exportLog(exporting: Exporting, upTo: Place): Promise<Manifest> {
  const { source, duck, folder, wish } = exporting;
  const made = await manifestIn(folder, wish, upTo);
  // Those after `upTo` too: an export of a past time has none of them either.
  const erased = await source.erased();
  // The borders of row groups, and so the bytes, depend on the number of threads.
  await duck.run('SET threads = 1');
  const stale = await partsWith(erased, exporting, made);
  for (const range of rangesOf(made, upTo)) {
    const there = made.parts[range.name];
    const isThere = there && covers(placeOf(there.upTo), range.upTo) && existsSync(`${folder}/events/${range.name}`);
    if (isThere && !stale.has(range.name)) continue;
    made.parts[range.name] = await makePart(exporting, range, erased);
    await writeManifest(folder, made);
  }
  made.upTo = placeJson(upTo);
  const sum = partsSum(made);
  if (made.tables !== sum || !hasTables(folder, made)) {
    const events = Object.values(made.parts).reduce((sum, { rows }) => sum + rows, 0);
    await makeTables({ duck, folder, format: wish.format, events, last: lastNumber(upTo) });
    made.tables = sum;
  }
  await writeManifest(folder, made);
  await duck.run('RESET threads');
  return made;
}

/** Names of the parts that hold a row of a lead that was erased after the export was whole. */
async function partsWith(
  erased: ReadonlyMap<string, number>,
  { duck, folder, wish: { format } }: Exporting,
  { parts, upTo }: Manifest,
): Promise<Set<string>> {
  const stale = new Set<string>();
  const ids = [...erased].flatMap(([id, seq]) => (seq > seqFor(placeOf(upTo), id) ? [id] : []));
  if (ids.length === 0) return stale;
  await duck.run('CREATE OR REPLACE TEMP TABLE erased (lead_id VARCHAR)');
  while (ids.length > 0)
    await duck.run(
      `INSERT INTO erased VALUES ${ids
        .splice(0, 1_000)
        .map((id) => `(${quoted(id)})`)
        .join()}`,
    );
  for (const name of Object.keys(parts).filter((part) => existsSync(`${folder}/events/${part}`))) {
    const rows = FILES[format].rows(`${literal(folder)}/events/${name}`, EVENT_COLUMNS);
    const found = await duck.runAndReadAll(`SELECT 1 FROM (${rows}) SEMI JOIN erased USING (lead_id) LIMIT 1`);
    if (found.currentRowCount > 0) stale.add(name);
  }
  return stale;
}

async function makePart(
  { source, duck, folder, wish, onProgress }: Exporting,
  { name, after: begin, upTo }: Range,
  erased: ReadonlyMap<string, number>,
): Promise<Manifest['parts'][string]> {
  const part = { upTo: placeJson(upTo), messages: 0, rows: 0, unreadable: 0 };
  const named = new Set<Withheld>(wish.with);
  const lines = `${folder}/events/.${name}.lines`;
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(lines, { force: true }));
  const out = opened.use(await open(lines, 'w', 0o600));
  for await (const { after, messages, unreadable, place } of source.folded(begin, upTo, erased)) {
    const text = after.map(({ event, state }) =>
      lineOf(rowOf({ event, state, streams: upTo.length, data: exportedData(event.type, event.data, named) })),
    );
    await out.writeFile(text.join(''));
    part.messages += messages;
    part.rows += after.length;
    part.unreadable += unreadable;
    onProgress?.(lengthOf(place), after.length);
  }
  // One that was made again during the read has other events at these places.
  await source.checkIs(wish.stream);
  const select = `SELECT ${storable(wish.format, EVENT_COLUMNS)} FROM (${jsonRows(literal(lines), EVENT_COLUMNS)})`;
  await replaced(`${folder}/events/${name}`, (path) => duck.run(FILES[wish.format].copy(select, path)));
  return part;
}

/** JSON prints half a surrogate pair as an escape, which a form may send and DuckDB refuses. */
const HALF_PAIR = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

function lineOf(row: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(row);
  return `${text.includes('\\ud') ? text.replaceAll(HALF_PAIR, '$1\ufffd') : text}\n`;
}
