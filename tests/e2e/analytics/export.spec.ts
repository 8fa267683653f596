import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WITHHELD } from '@leadstream/contracts/exported';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { provision } from '@leadstream/eventlog/provision';
import { until, type By } from '@leadstream/lead/at';
import { evolve, leadFold, stateAfter } from '@leadstream/lead/evolve';
import { initial, statusOf, view, type LeadState } from '@leadstream/lead/state';
import { stoodAt } from '@leadstream/leadctl/export/as-of';
import { EVENT_COLUMNS } from '@leadstream/leadctl/export/columns';
import { makeTables } from '@leadstream/leadctl/export/derived';
import { openDuck } from '@leadstream/leadctl/export/duck';
import { readManifest, type Wish } from '@leadstream/leadctl/export/folder';
import { exportLog } from '@leadstream/leadctl/export/log';
import { openExport } from '@leadstream/leadctl/export/queried';
import { recordedOf } from '@leadstream/leadctl/export/recorded';
import { LogSource } from '@leadstream/leadctl/export/source';
import { TABLES } from '@leadstream/leadctl/export/tables';
import { leadctl as runLeadctl } from '@leadstream/leadctl/program';
import { command } from '@leadstream/leadctl/testing/command';
import { reportOf } from '@leadstream/console/reports/tables';
import { Tally } from '@leadstream/console/reports/tally';
import { Projection } from '@leadstream/projection/projection';
import type { LeadDocument } from '@leadstream/projection/collections';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { logOfRuns, publishLives } from '../../bench/histories.ts';
import { fatesOf } from './fates.ts';
import { answerOf, Planted, plantedLog } from './planted.ts';

const planted = new Planted();
const LEADS = 30;
const runs = logOfRuns(LEADS);
/** Five name the first mail; one names none, after the second. */
const answers = [0, 1, 2, 3, 4, 5].map((lead, at) => answerOf(runs, `lead-${lead}`, at, lead < 5));
const fates = fatesOf([...runs, ...answers]);
const log = [...runs, ...answers, ...fates, ...plantedLog(planted, 6, runs.length + answers.length + fates.length + 1)];
const ALL = Object.keys(WITHHELD).join();

let nats: Server;
let broker: Broker;
let dir: string;
const leadctl = async (...argv: string[]) => {
  const said = await command(argv, { NATS_URL: nats.url });
  if (said.code) throw new Error(said.err);
  expect(said).toMatchObject({ code: 0 });
  return said.out;
};
/** A folder that does not exist yet. */
const folder = (name: string) => join(dir, name);
const filesIn = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
const bytesOf = async (path: string) =>
  Promise.all(
    (await filesIn(path)).map(
      async (name) =>
        [
          name,
          createHash('sha256')
            .update(await readFile(join(path, name)))
            .digest('hex'),
        ] as const,
    ),
  );
async function select(sql: string): Promise<Record<string, unknown>[]> {
  using opened = new DisposableStack();
  const duck = await openDuck(opened);
  return (await duck.runAndReadAll(sql)).getRowObjectsJson();
}

/** An export to the folder `again` that ends in the middle of a part, after as many events. */
async function endedAfter(rows: number): Promise<void> {
  using opened = new DisposableStack();
  const source = opened.use(new LogSource(broker, 'blind', () => undefined));
  const { created, end } = await logEnd(broker);
  let done = 0;
  await exportLog(
    {
      source,
      duck: await openDuck(opened),
      folder: folder('again'),
      wish: { stream: created, format: 'parquet', with: [], from: 1, partSize: 150 },
      onProgress: (_, more) => {
        if ((done += more) >= rows) throw new Error('ended');
      },
    },
    end,
  );
}

beforeAll(async () => {
  [nats, dir] = await Promise.all([startNats(), mkdtemp(join(tmpdir(), 'leadstream-export-'))]);
  broker = Broker.open({ servers: nats.url, name: 'export test' }, silentLog);
  await broker.ready();
  await provision(broker, { replicas: 1, streams: ['LEADS'] });
  await publishLives(broker.connection(), log);
  await leadctl('export', folder('whole'), '--part-size', '150');
});
afterAll(async () => {
  await broker.close();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('an export', () => {
  it('has each event of the log once, in the columns of its schema', async () => {
    const events = `'${folder('whole')}/events/*.parquet'`;
    expect(await select(`SELECT count(*)::INT AS n, max(seq)::INT AS last FROM ${events}`)).toEqual([
      { n: log.length, last: log.length },
    ]);
    const columnsOf = async (path: string) =>
      (await select(`DESCRIBE SELECT * FROM ${path}`)).map((row) => [row['column_name'], row['column_type']]);
    const schemaOf = (columns: Record<string, { type: string }>) =>
      Object.entries(columns).map(([name, { type }]) => [
        name,
        type.replace(/^TIMESTAMPTZ$/, 'TIMESTAMP WITH TIME ZONE'),
      ]);
    expect(await columnsOf(events)).toEqual(schemaOf(EVENT_COLUMNS));
    for (const [table, { columns }] of Object.entries(TABLES))
      expect(await columnsOf(`'${folder('whole')}/${table}.parquet'`)).toEqual(schemaOf(columns));
  });

  it('has no address, name, phone or free text by default, and each of them when all are named', async () => {
    expect(planted.texts.length).toBeGreaterThan(500);
    const found = async (path: string) => {
      const text = (await Promise.all((await filesIn(path)).map((name) => readFile(join(path, name), 'utf8')))).join(
        '',
      );
      return planted.texts.filter((one) => text.includes(one));
    };
    await leadctl('export', folder('lines'), '--format', 'ndjson');
    expect(await found(folder('lines'))).toEqual([]);
    await leadctl('export', folder('named'), '--format', 'ndjson', '--with', ALL);
    expect(await found(folder('named'))).toEqual(planted.texts);
  });

  it('of all data folds to the read model, document by document', async () => {
    const { uri } = mongoDatabase('export');
    await using opened = new AsyncDisposableStack();
    const client = opened.adopt(new MongoClient(uri), (it) => it.close());
    const leads = client.db().collection<LeadDocument>('leads_1');
    const projection = new Projection(client.db(), leadFold, view, { collection: 'leads_1' });
    await projection.apply(log, () => Promise.resolve([]));
    await leadctl('export', folder('all'), '--with', ALL);
    const states = new Map<string, LeadState>();
    for (const row of await select(`SELECT * FROM '${folder('all')}/events/*.parquet' ORDER BY seq`)) {
      const event = recordedOf(row);
      states.set(event.leadId, evolve(states.get(event.leadId) ?? initial, event));
    }
    const documents = await leads.find().toArray();
    expect(documents).toHaveLength(36);
    // Of a trace, an export has the id alone.
    const without = (state: LeadState | undefined) => ({ ...state, trace: null });
    for (const { _id, state } of documents)
      expect(without(states.get(_id))).toEqual(without(JSON.parse(state) as LeadState));
  });

  it('that was ended twice continues after its whole parts, to the same bytes', async () => {
    for (const rows of [200, 300]) await expect(endedAfter(rows)).rejects.toThrow('ended');
    expect(await filesIn(folder('again'))).toContain('export.json');
    await leadctl('export', folder('again'), '--part-size', '150');
    expect(await bytesOf(folder('again'))).toEqual(await bytesOf(folder('whole')));
  });

  it('of many events has the tables made in portions, with the rows that it has at once', async () => {
    using opened = new DisposableStack();
    const duck = await openDuck(opened);
    await duck.run('SET threads = 1');
    await cp(folder('whole'), folder('portions'), { recursive: true });
    const making = {
      duck,
      folder: folder('portions'),
      format: 'parquet',
      events: log.length,
      last: log.length,
    } as const;
    await makeTables(making, 100);
    expect(await filesIn(folder('portions'))).toEqual(await filesIn(folder('whole')));
    // Planted leads share the ids of their runs and claims, which belong to one lead in a log.
    const rowsIn = (name: string, table: string) =>
      select(`FROM '${folder(name)}/${table}.parquet' WHERE lead_id LIKE 'lead-%'`);
    for (const table of Object.keys(TABLES))
      expect(await rowsIn('portions', table)).toEqual(await rowsIn('whole', table));
  });

  it('that follows a growing log has the bytes of one that was made at its end', async () => {
    using opened = new DisposableStack();
    const source = opened.use(new LogSource(broker, 'blind', () => undefined));
    const { created: stream, end } = await logEnd(broker);
    const duck = await openDuck(opened);
    const wish: Wish = { stream, format: 'parquet', with: [], from: 1, partSize: 150 };
    for (const upTo of [[100], [280], end]) await exportLog({ source, duck, folder: folder('followed'), wish }, upTo);
    expect(await bytesOf(folder('followed'))).toEqual(await bytesOf(folder('whole')));
  });

  it('refuses an end that is not after the beginning', async () => {
    const { code, err } = await command(
      ['export', folder('none'), '--since', '2026-11-23T12:00Z', '--until', '2026-11-23T10:00Z'],
      { NATS_URL: nats.url },
    );
    expect([code, err]).toEqual([
      1,
      'leadctl: no time lies between: 2026-11-23T10:00Z is not after 2026-11-23T12:00Z\n',
    ]);
  });

  it('refuses a second one into a folder that one writes', async () => {
    const both = await Promise.all([1, 2].map(() => command(['export', folder('twice')], { NATS_URL: nats.url })));
    const [one, other] = both.sort((a, b) => a.code - b.code);
    expect([one?.code, other?.code]).toEqual([0, 1]);
    expect(other?.err).toContain(`${folder('twice')} is in use`);
  });

  it('that follows the log ends at Ctrl-C', async () => {
    let interrupt = () => {};
    const code = await runLeadctl(['export', folder('ends'), '--follow'], {
      env: { NATS_URL: nats.url },
      isTTY: false,
      out: () => undefined,
      err: () => {
        interrupt();
      },
      input: () => Promise.resolve(Buffer.alloc(0)),
      onInterrupt: (then) => (interrupt = then),
    });
    expect([code, (await readManifest(folder('ends')))?.upTo]).toEqual([0, log.length]);
  });
});

describe('leadctl sql', () => {
  const sql = async (...argv: string[]) => leadctl('sql', ...argv, '--from', folder('whole'));
  const OF_RUNS = `WHERE sequence_id = 'content-nurture'`;

  it('counts an answer for the mail that it names, or for the latest one', async () => {
    expect(
      JSON.parse(await sql(`SELECT step, mails, delivered, replied FROM reply_rate_by_step ${OF_RUNS}`, '--json')),
    ).toEqual([
      { step: 0, mails: 30, delivered: 30, replied: 5 },
      { step: 1, mails: 30, delivered: 30, replied: 1 },
    ]);
  });

  it('has the figures that the console reports', async () => {
    const tally = new Tally();
    const isOfPeople = ({ leadId }: { leadId: string }) => !leadId.startsWith('planted');
    for (const event of log.filter(isOfPeople)) tally.add(event);
    const { tables, totals } = reportOf(tally.leads(), { fromMs: 0, rowsMax: 1_000 });
    expect(totals).toMatchObject({ runs: 31, mails: 61, held: 3, facts: { replied: 7, unsubscribed: 2, bounced: 1 } });
    using opened = new DisposableStack();
    const duck = await openDuck(opened);
    await openExport(duck, folder('whole'));
    for (const { name, columns, rows } of tables) {
      const selected = (await duck.runAndReadAll(`SELECT * FROM ${name}`)).getRowsJson();
      // Of a planted lead each key is unlike any other's, or missing.
      const ofPeople = selected.filter(
        (row) => !row.some((value, at) => value === 'open' || (value === null && columns[at] !== 'reply_pct')),
      );
      const figures = ofPeople.map((row) =>
        row.map((value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value)),
      );
      expect([name, figures]).toEqual([name, rows]);
    }
  });

  it('has ready views, each of which can be selected', async () => {
    const views = JSON.parse(await leadctl('sql', '--views', '--json')) as { view: string }[];
    expect(views.length).toBeGreaterThan(15);
    using opened = new DisposableStack();
    const duck = await openDuck(opened);
    await openExport(duck, folder('whole'));
    for (const { view } of views)
      expect((await duck.runAndReadAll(`SELECT count(*)::INT FROM ${view}`)).getRowsJson()).toEqual([
        [expect.any(Number)],
      ]);
    const whitepaper = `SELECT runs, mailed, replied, reply_pct FROM funnel_by_source WHERE source_tag LIKE '%paper'`;
    expect(await sql(whitepaper)).toBe('runs  mailed  replied  reply_pct\n  30      30        6         20\n');
  });

  it('runs the views of a team, and draws a chart', async () => {
    const file = join(dir, 'team.sql');
    await writeFile(file, `CREATE VIEW answered AS SELECT step_id, replied FROM reply_rate_by_step ${OF_RUNS};`);
    const { out } = await command(['sql', '--from', folder('whole'), '--chart'], {}, `.read ${file}\nFROM answered`);
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' '))).toEqual([
      'step_id: replied',
      `step-0 ${'█'.repeat(40)} 5`,
      `step-1 ${'█'.repeat(8)} 1`,
      '',
    ]);
  });

  it('reads the export and the folders that are named, and writes no file', async () => {
    await writeFile(join(dir, 'accounts.csv'), 'lead_id,account\nlead-7,Acme\n');
    const joined = `SELECT account FROM '${dir}/accounts.csv' JOIN leads USING (lead_id)`;
    expect(await sql(joined, '--csv', '--files', dir)).toBe('account\nAcme\n');
    const leads = `COPY (SELECT 1) TO '${folder('whole')}/leads.parquet'`;
    for (const [query, why] of [
      [joined, '--files names a folder to read'],
      [leads, 'a query reads: COPY is refused'],
      [`EXPLAIN ANALYZE ${leads}`, 'EXPLAIN is refused'],
      [`SELECT 1; SET enable_external_access = true; SELECT 2`, 'configuration'],
    ] as const)
      expect(await command(['sql', query, '--from', folder('whole')], {})).toMatchObject({
        code: 1,
        err: expect.stringContaining(why),
      });
  });

  it('without an export queries the log', async () => {
    expect(await leadctl('sql', `SELECT count(*) AS n FROM events WHERE event_type = 'lead.enrolled'`, '--csv')).toBe(
      `n\n${LEADS + 1 + 6}\n`,
    );
  });
});

describe('leads as of an instant', () => {
  /** Twenty of them, at events and between them, over the whole log. */
  const instants = Array.from({ length: 20 }, (_, index) => {
    const at = log[(index * 7919) % log.length]?.at ?? '';
    return Temporal.Instant.from(at)
      .add({ milliseconds: index % 2 })
      .toString();
  });
  const replayed = (instant: string, by: By) =>
    [...Map.groupBy(log, ({ leadId }) => leadId)]
      .map(([leadId, events]) => [leadId, until(events, instant, by)] as const)
      .filter(([, events]) => events.length > 0)
      .map(([leadId, events]) => ({ events, leadId, state: stateAfter(events) }))
      .map(({ events, leadId, state }) => [leadId, statusOf(state), state.tags, events.at(-1)?.seq])
      .sort();

  it.each(['known', 'said'] as const)('are as a replay up to then leaves them, by what was %s', async (by) => {
    using opened = new DisposableStack();
    const duck = await openDuck(opened);
    await openExport(duck, folder('whole'));
    for (const instant of instants) {
      const stood = await stoodAt(duck, instant, by);
      expect(stood.map(({ _id, status, tags, lastSeq }) => [_id, status, tags, lastSeq]).sort()).toEqual(
        replayed(instant, by),
      );
    }
    expect(new Set(instants.map((instant) => JSON.stringify(replayed(instant, by)))).size).toBeGreaterThan(5);
  });

  it('are listed by status, tag and sequence, from the log too', async () => {
    const [event] = runs.filter(({ type }) => type === 'lead.sent');
    const argv = ['leads', '--as-of', event?.at ?? '', '--status', 'active', '--sequence', 'content-nurture', '--json'];
    const tagged = [...argv, '--tag', 'source:whitepaper', '--limit', '5'];
    const listed = JSON.parse(await leadctl(...tagged, '--from', folder('whole'))) as { _id: string }[];
    expect(listed.map(({ _id }) => _id)).toEqual(['lead-29', 'lead-28', 'lead-27', 'lead-26', 'lead-25']);
    expect(JSON.parse(await leadctl(...tagged))).toEqual(listed);
    expect(JSON.parse(await leadctl(...argv, '--tag', 'source:other'))).toEqual([]);
  });
});
