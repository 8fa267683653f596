import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Recorded } from '@leadstream/contracts/events';
import { evolve } from '@leadstream/lead/evolve';
import type { By } from '@leadstream/lead/at';
import { initial, type LeadState } from '@leadstream/lead/state';
import { EVENT_COLUMNS, STATE_COLUMNS } from './columns.ts';
import { quoted } from './duck.ts';
import { jsonRows } from './formats.ts';
import { OF_EVENT, recordedOf } from './recorded.ts';

/** A lead as it stood at an instant. */
export interface Stood {
  _id: string;
  status: string;
  sequence: string | null;
  step: number | null;
  nextActionAt: string | null;
  tags: string[];
  /** Of its last event the column `seq`. */
  lastSeq: number;
}
export interface Filter {
  status?: string;
  sequence?: string;
  tag?: string;
}

const SHOWN = [
  'status',
  'in_sequence',
  'at_step',
  'next_action_at',
  'tags',
] as const satisfies (keyof typeof STATE_COLUMNS)[];
const COLUMNS = Object.fromEntries((['lead_id', 'seq', ...SHOWN] as const).map((name) => [name, EVENT_COLUMNS[name]]));
const AFTER = 'standing';

/**
 * The leads of an export as they stood at an instant, the newest first: by the events that were recorded by then, or by
 * those whose facts had happened by then, which are folded again.
 */
export async function stoodAt(
  duck: DuckDBConnection,
  instant: string,
  by: By,
  filter: Filter = {},
  limit = Infinity,
): Promise<Stood[]> {
  if (by === 'said') await foldSaid(duck, instant);
  else await duck.run(`CREATE OR REPLACE TEMP TABLE ${AFTER} AS ${knownAt(instant)}`);
  const conditions = [
    ...(filter.status === undefined ? [] : [`status = ${quoted(filter.status)}`]),
    ...(filter.sequence === undefined ? [] : [`in_sequence = ${quoted(filter.sequence)}`]),
    ...(filter.tag === undefined ? [] : [`list_contains(tags, ${quoted(filter.tag)})`]),
  ];
  const rows = await duck.runAndReadAll(
    `SELECT ${AFTER}.* FROM ${AFTER}
    JOIN (SELECT lead_id, min(time) AS born, min(seq) AS born_seq FROM events GROUP BY lead_id) USING (lead_id)
    ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
    ORDER BY born DESC, born_seq DESC ${Number.isFinite(limit) ? `LIMIT ${limit}` : ''}`,
  );
  return rows.getRowObjectsJson().map(stoodOf);
}

const knownAt = (instant: string): string =>
  `SELECT lead_id, seq, ${SHOWN.join(', ')} FROM events
  SEMI JOIN (SELECT max(seq) AS seq FROM events WHERE time <= ${quoted(instant)} GROUP BY lead_id) USING (seq)`;

/** The table from the events whose facts had happened by then. */
async function foldSaid(duck: DuckDBConnection, instant: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'leadctl-as-of-'));
  try {
    const lines = join(folder, 'standing.ndjson');
    await writeFile(lines, saidBy(duck, instant));
    await duck.run(`CREATE OR REPLACE TEMP TABLE ${AFTER} AS ${jsonRows(lines, COLUMNS)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Lead by lead, so that one state is in memory. */
async function* saidBy(duck: DuckDBConnection, instant: string): AsyncGenerator<string> {
  const result = await duck.stream(
    `SELECT ${OF_EVENT.join(', ')} FROM events WHERE coalesce(said_at, time) <= ${quoted(instant)}
      ORDER BY lead_id, seq`,
  );
  let last: Recorded | undefined;
  let state = initial;
  for await (const rows of result.yieldRowObjectJson())
    for (const row of rows) {
      const event = recordedOf(row);
      if (last && last.leadId !== event.leadId) yield lineOf(last, state);
      state = evolve(last?.leadId === event.leadId ? state : initial, event);
      last = event;
    }
  if (last) yield lineOf(last, state);
}

function lineOf({ leadId, seq }: Recorded, state: LeadState): string {
  const shown = SHOWN.map((name) => [name, STATE_COLUMNS[name].ofState(state)]);
  return `${JSON.stringify({ lead_id: leadId, seq, ...Object.fromEntries(shown) })}\n`;
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const stoodOf = (row: Readonly<Record<string, unknown>>): Stood => ({
  _id: String(row['lead_id']),
  status: String(row['status']),
  sequence: text(row['in_sequence']),
  step: row['at_step'] === null ? null : Number(row['at_step']),
  nextActionAt:
    typeof row['next_action_at'] === 'string' ? Temporal.Instant.from(row['next_action_at']).toString() : null,
  tags: Array.isArray(row['tags']) ? row['tags'].map(String) : [],
  lastSeq: Number(row['seq']),
});
