import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DuckDBConnection } from '@duckdb/node-api';
import { EVENT_COLUMNS } from './columns.ts';
import { openDuck } from './duck.ts';
import { jsonRows } from './formats.ts';
import { TABLES, type Table } from './tables.ts';
import { VIEWS } from './views.ts';

type Row = Partial<Record<keyof typeof EVENT_COLUMNS, unknown>>;

/** Rows of events, each at its hour of Monday, 23 November 2026, UTC; places as given. */
const rows: Row[] = [];
const row = (lead: string, type: string, hour: number, more: Row): void =>
  void rows.push({
    seq: rows.length + 1,
    lead_id: lead,
    event_type: `lead.${type}`,
    time: `2026-11-23T${String(hour).padStart(2, '0')}:00:00Z`,
    ...more,
  });

interface Run {
  lead: string;
  tag: string;
  version: number;
  zone: string;
  /** Hours of the zone's clock ahead of UTC. */
  ahead: number;
  campaign: string;
  domain: string;
}
const of = ({ lead, tag, version, zone }: Run): Row => ({
  run_id: `run-${lead}`,
  in_sequence: 'nurture',
  in_version: version,
  in_tag: tag,
  zone,
});
const begins = (run: Run, hour: number): void => {
  const { lead, tag, campaign, domain } = run;
  const data = { route: { tag }, dossier: { campaign }, contact: { address: `x@${domain}` } };
  row(lead, 'triaged', hour, { zone: run.zone, data });
  row(lead, 'enrolled', hour, { ...of(run), sequence_id: 'nurture', sequence_version: run.version });
};
const step = (index: number, to = 'lead'): Row => ({
  step: index,
  step_id: `step-${index}`,
  variant: `text-${index}`,
  audience: to,
  channel: 'email',
});
/** A claim with its outcome. */
const mail = (run: Run, hour: number, index: number, outcome: Row & { type: string }, to?: string): string => {
  const send = { ...of(run), ...step(index, to), send_id: `${run.lead}-${index}`, attempt: 1 };
  row(run.lead, 'send-started', hour, send);
  const { type, ...more } = outcome;
  const local = `2026-11-23T${String(hour + run.ahead).padStart(2, '0')}:00:00`;
  row(run.lead, type, hour, { ...send, ...(type === 'sent' ? { local_time: local } : {}), ...more });
  return send.send_id;
};

const SENT = { type: 'sent' };
const berlin = { zone: 'Europe/Berlin', ahead: 1, campaign: 'q4', domain: 'acme.dev' };
const ann: Run = { lead: 'ann', tag: 'source:webinar', version: 1, ...berlin };
const ben: Run = { ...ann, lead: 'ben' };
const cleo: Run = { ...ann, lead: 'cleo', tag: 'source:demo', version: 2, campaign: 'q1' };
const dan: Run = { ...cleo, lead: 'dan', zone: 'Africa/Lagos', domain: 'gone.example' };

/**
 * Ann answers her first mail after two hours; Ben gets two, and answers the second after six; Cleo's are delivered and
 * clicked, with a notice to the rep, a refused call and a held step; Dan's bounces, and a second one is unknown.
 */
function fill(): void {
  for (const run of [ann, ben, cleo, dan]) begins(run, 8);
  const first = mail(ann, 9, 0, SENT);
  row('ann', 'delivered', 9, { send_id: first });
  row('ann', 'replied', 11, { class: 'human', send_id: first });
  mail(ben, 9, 0, SENT);
  mail(ben, 12, 1, SENT);
  row('ben', 'replied', 18, { class: 'human' });
  const clicked = mail(cleo, 10, 0, SENT);
  row('cleo', 'delivered', 10, { send_id: clicked });
  row('cleo', 'clicked', 13, { send_id: clicked });
  mail(cleo, 14, 2, SENT, 'staff');
  mail(cleo, 15, 1, { type: 'send-skipped', guard: 'paused' });
  mail(cleo, 16, 3, { type: 'send-failed', class: 'invalid' });
  const bounced = mail(dan, 9, 0, SENT);
  row('dan', 'bounced', 10, { send_id: bounced, status_code: '5.1.1' });
  mail(dan, 12, 1, { type: 'send-unknown', class: 'timeout' });
}

let dir: string;
let duck: DuckDBConnection;
const opened = new DisposableStack();
beforeAll(async () => {
  fill();
  dir = await mkdtemp(join(tmpdir(), 'leadstream-views-'));
  const file = join(dir, 'events.ndjson');
  await writeFile(file, rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
  duck = await openDuck(opened);
  await duck.run(`CREATE TABLE events AS ${jsonRows(file, EVENT_COLUMNS)}`);
  for (const [name, { select }] of Object.entries<Table>(TABLES)) await duck.run(`CREATE TABLE ${name} AS ${select}`);
  for (const [name, { select }] of Object.entries(VIEWS)) await duck.run(`CREATE VIEW ${name} AS ${select}`);
});
afterAll(async () => {
  opened.dispose();
  await rm(dir, { recursive: true });
});

/** A line a row; an empty value is `-`. */
const shown = async (columns: string, view: string): Promise<string[]> =>
  (await duck.runAndReadAll(`SELECT ${columns} FROM ${view}`))
    .getRowsJson()
    .map((cells) => cells.map((cell) => (cell === null ? '-' : JSON.stringify(cell).replaceAll('"', ''))).join(' '));

const FUNNEL = 'runs, mailed, delivered, clicked, replied, reply_pct';
const MAILS = 'mails, delivered, clicked, replied, bounced, reply_pct';
const LOST = 'mails, bounced, undelivered, complained, bounce_pct';
const ALL = '5 2 1 2 1 40';
const WEBINAR = '3 1 0 2 0 66.7';
const DEMO = '2 1 1 0 1 0';

const COUNTED: [view: string, columns: string, expected: string[]][] = [
  ['funnel_by_source', `source_tag, ${FUNNEL}`, ['source:demo 2 2 1 1 0 0', 'source:webinar 2 2 1 0 2 100']],
  ['funnel_by_campaign', `campaign, ${FUNNEL}`, ['q1 2 2 1 1 0 0', 'q4 2 2 1 0 2 100']],
  ['funnel_by_sequence', `sequence_id, ${FUNNEL}`, ['nurture 4 4 2 1 2 50']],
  ['funnel_by_version', `sequence_version, ${FUNNEL}`, ['1 2 2 1 0 2 100', '2 2 2 1 1 0 0']],
  ['funnel_by_zone', `zone, ${FUNNEL}`, ['Africa/Lagos 1 1 0 0 0 0', 'Europe/Berlin 3 3 2 1 2 66.7']],
  ['reply_rate_by_source', `source_tag, ${MAILS}`, [`source:demo ${DEMO}`, `source:webinar ${WEBINAR}`]],
  ['reply_rate_by_campaign', `campaign, ${MAILS}`, [`q1 ${DEMO}`, `q4 ${WEBINAR}`]],
  ['reply_rate_by_sequence', `sequence_id, ${MAILS}`, [`nurture ${ALL}`]],
  ['reply_rate_by_version', `sequence_version, ${MAILS}`, [`1 ${WEBINAR}`, `2 ${DEMO}`]],
  ['reply_rate_by_step', `step, step_id, ${MAILS}`, ['0 step-0 4 2 1 1 1 25', '1 step-1 1 0 0 1 0 100']],
  ['reply_rate_by_variant', `variant, ${MAILS}`, ['text-0 4 2 1 1 1 25', 'text-1 1 0 0 1 0 100']],
  ['reply_rate_by_hour', `local_hour, ${MAILS}`, ['10 3 1 0 1 1 33.3', '11 1 1 1 0 0 0', '13 1 0 0 1 0 100']],
  ['reply_rate_by_weekday', `local_weekday, ${MAILS}`, [`1 ${ALL}`]],
  ['reply_rate_by_zone', `zone, ${MAILS}`, ['Africa/Lagos 1 0 0 0 1 0', 'Europe/Berlin 4 2 1 2 0 50']],
  ['time_to_reply', 'step, replies, median_hours, p90_hours', ['0 1 2 2', '1 1 6 6']],
  ['bounces_by_domain', `domain, ${LOST}`, ['gone.example 1 1 0 0 100']],
  ['held_back', 'guard, sequence_id, step, step_id, times, leads', ['paused nurture 1 step-1 1 1']],
  [
    'sends_by_outcome',
    'outcome, class, audience, calls',
    ['sent - lead 5', 'failed invalid lead 1', 'sent - staff 1', 'skipped - lead 1', 'unknown timeout lead 1'],
  ],
];

describe('the ready views of four leads, counted by hand', () => {
  it.each(COUNTED)('%s', async (view, columns, expected) => {
    expect(await shown(columns, view)).toEqual(expected);
  });

  it('are all that there are', () => {
    expect(COUNTED.map(([view]) => view).sort()).toEqual(Object.keys(VIEWS).sort());
  });
});
