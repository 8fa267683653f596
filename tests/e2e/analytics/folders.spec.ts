import { cp, mkdtemp, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Recorded } from '@leadstream/contracts/events';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { type Place, type PlaceJson } from '@leadstream/contracts/place';
import { EventLog } from '@leadstream/eventlog/log';
import { logEnd } from '@leadstream/eventlog/log-stream';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { openDuck } from '@leadstream/leadctl/export/duck';
import type { Manifest, Wish } from '@leadstream/leadctl/export/folder';
import { follow } from '@leadstream/leadctl/export/follow';
import { FORMATS } from '@leadstream/leadctl/export/formats';
import { exportLog } from '@leadstream/leadctl/export/log';
import { LogSource } from '@leadstream/leadctl/export/source';
import { restoreSnapshot, takeSnapshot } from '@leadstream/leadctl/stream-snapshot';
import { command } from '@leadstream/leadctl/testing/command';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { eventually } from '@leadstream/testing/eventually';
import { startNats, type Server } from '@leadstream/testing/servers';
import { logOfRuns, publishLives } from '../../bench/histories.ts';

/** Texts that a form may send. */
const CONTACT = {
  firstName: '=HYPERLINK("http://evil.example")',
  lastName: `'+O'Neil, "x"\r\nend`,
  phone: '+15551234567',
};
const FIELDS = { half: 'a\ud83db', literal: '\\ud83d', nul: 'a\u0000b', lines: 'x\r\n"y",z', '=1+1': '@SUM(A1)' };
const log = logOfRuns(6).map((event): Recorded => {
  if (event.type !== 'lead.triaged' || event.leadId !== 'lead-3') return event;
  const { contact, dossier } = event.data;
  const data = { ...event.data, contact: { ...contact, ...CONTACT }, dossier: { ...dossier, fields: FIELDS } };
  return { ...event, data };
});

let nats: Server;
let broker: Broker;
let dir: string;
let made = 0;
/** A folder that does not exist yet. */
const fresh = () => join(dir, String(++made));
const leadctl = (...argv: string[]) => command(argv, { NATS_URL: nats.url });
async function done(...argv: string[]): Promise<string> {
  const { code, out, err } = await leadctl(...argv);
  if (code !== 0) throw new Error(err);
  return out;
}
const rows = async (sql: string, from: string) =>
  JSON.parse(await done('sql', sql, '--from', from, '--json')) as Record<string, unknown>[];
const erase = async (leadId: string) =>
  new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() }).decide(
    leadId,
    'erased',
    () => ({ type: 'lead.erased', data: { by: 'olga' } }),
  );
/** Makes LEADS anew. A publish soon after that may come to its place late. */
const refill = () => eventually(() => filled().then(() => true));
async function filled(): Promise<void> {
  const { streams } = await broker.jsm();
  await streams.delete('LEADS').catch((error: unknown) => {
    if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)) throw error;
  });
  await provision(broker, { replicas: 1, streams: ['LEADS'] });
  await publishLives(broker.connection(), log);
}

beforeAll(async () => {
  [nats, dir] = await Promise.all([startNats(), mkdtemp(join(tmpdir(), 'leadstream-folders-'))]);
  broker = Broker.open({ servers: nats.url, name: 'folders test' }, silentLog);
  await broker.ready();
});
beforeEach(refill);
afterAll(async () => {
  await broker.close();
  await nats.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('the folder of an export', () => {
  it.each(['br[1]', 'st*r', 'wh?t', 'status=parked', "o'clock"])('may have the name %s', async (name) => {
    const folder = join(fresh(), name);
    await done('export', folder);
    for (const neighbour of ['stXr', 'whXt']) await cp(folder, join(folder, '..', neighbour), { recursive: true });
    expect(await rows('SELECT status, count(*) AS n FROM leads GROUP BY ALL', folder)).toEqual([
      { status: 'completed', n: 6 },
    ]);
    expect(await rows('SELECT count(*) AS n FROM events', folder)).toEqual([{ n: log.length }]);
  });

  it.each([
    ['s3://analysts/leadstream', 'is no folder'],
    ['a\\b', 'DuckDB reads no folder'],
  ])('is none by the name %s', async (name, why) => {
    expect(await leadctl('export', name)).toMatchObject({ code: 1, err: expect.stringContaining(name) });
    expect((await leadctl('export', name)).err).toContain(why);
  });

  it('is refused to an export of a log that was made again', async () => {
    const folder = fresh();
    await done('export', folder);
    await refill();
    expect(await leadctl('export', folder)).toMatchObject({ code: 1, err: expect.stringContaining('with stream') });
  });

  it('is refused to an export of a log that was restored', async () => {
    const [folder, snapshot] = [fresh(), fresh()];
    const described = await takeSnapshot(broker, 'LEADS', snapshot);
    await done('export', folder);
    await (await broker.jsm()).streams.delete('LEADS');
    await restoreSnapshot(broker, described, snapshot);
    expect(await leadctl('export', folder)).toMatchObject({ code: 1, err: expect.stringContaining('with stream') });
  });

  it('has what is left of a log that is purged before it is read', async () => {
    using opened = new DisposableStack();
    const source = opened.use(new LogSource(broker, 'blind', () => undefined));
    const duck = await openDuck(opened);
    const { created: stream, end } = await logEnd(broker);
    const wish: Wish = { stream, format: 'parquet', with: [], from: 1, partSize: 100_000 };
    const { streams } = await broker.jsm();
    for (const keep of [5, 0]) {
      await streams.purge('LEADS', { keep });
      const { upTo, parts } = await exportLog({ source, duck, folder: fresh(), wish }, end);
      // The earlier events of these leads are gone, and so their states.
      expect([upTo, Object.values(parts)]).toEqual([
        log.length,
        [{ upTo: log.length, messages: keep, rows: 0, unreadable: keep }],
      ]);
    }
  });

  it('gets no part of a log that is made again while it is read', async () => {
    using opened = new DisposableStack();
    const source = opened.use(new LogSource(broker, 'blind', () => undefined));
    const { created, end } = await logEnd(broker);
    const wish: Wish = { stream: created, format: 'parquet', with: [], from: 1, partSize: 100_000 };
    await refill();
    const folder = fresh();
    await expect(exportLog({ source, duck: await openDuck(opened), folder, wish }, end)).rejects.toThrow('replaced');
    expect(await readdir(folder)).not.toContain('export.json');
  });

  it('is refused to an export that would begin earlier or end earlier than the one it has', async () => {
    const folder = fresh();
    const wait = Temporal.Now.instant().add({ milliseconds: 1 }).toString();
    await publishMore();
    await done('export', folder, '--since', wait);
    expect(await leadctl('export', folder)).toMatchObject({ code: 1, err: expect.stringContaining('not from 1') });
    const whole = fresh();
    await done('export', whole);
    expect(await leadctl('export', whole, '--until', wait)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`to end at ${log.length}`),
    });
  });

  it('has a file without a row where the export begins behind the last whole part', async () => {
    const folder = fresh();
    const later = Temporal.Now.instant().add({ seconds: 60 }).toString();
    await done('export', folder, '--since', later, '--part-size', String(log.length));
    expect(await rows('SELECT count(*) AS n FROM events', folder)).toEqual([{ n: 0 }]);
  });

  it('that lacks a table says so, and one that lacks a file of events gets it again', async () => {
    const folder = fresh();
    await done('export', folder);
    const [part = ''] = await readdir(join(folder, 'events'));
    const before = await readFile(join(folder, 'events', part));
    await Promise.all([unlink(join(folder, 'events', part)), unlink(join(folder, 'leads.parquet'))]);
    expect(await leadctl('sql', 'FROM leads', '--from', folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('call leadctl export again'),
    });
    await done('export', folder);
    expect((await readFile(join(folder, 'events', part))).equals(before)).toBe(true);
    expect(await rows('SELECT count(*) AS n FROM leads', folder)).toEqual([{ n: 6 }]);
  });

  it('has no row of an erased lead after its next run, also when it ends before the erasure', async () => {
    const [folder, past] = [fresh(), fresh()];
    await done('export', folder);
    await done('export', past);
    const then = Temporal.Now.instant().add({ milliseconds: 1 }).toString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await erase('lead-2');
    expect(await done('export', folder)).toContain(
      `${log.length - 12} of ${log.length + 1} events, without 13 of erased leads and 0 unreadable`,
    );
    expect(await done('export', past, '--until', then)).toContain(
      `${log.length - 12} of ${log.length} events, without 12 of erased leads`,
    );
    for (const place of [folder, past])
      for (const table of ['events', 'leads', 'runs', 'sends', 'mails'])
        expect(await rows(`FROM ${table} WHERE lead_id = 'lead-2'`, place)).toEqual([]);
  });
});

describe('the beginning of an export', () => {
  it.each(['30d', 'P30X', 'yesterday', '2026-11-24'])('is not %s, and the refusal has an example', async (since) => {
    expect(await leadctl('export', fresh(), '--since', since)).toMatchObject({
      code: 1,
      err: expect.stringMatching(`"${since}" is no .* P30D for thirty days ago`),
    });
  });
});

describe('a query', () => {
  it.each(['', ' ;\n-- nothing\n'])('of no statement is refused: %j', async (query) => {
    const folder = fresh();
    await done('export', folder);
    expect(await leadctl('sql', query, '--from', folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no query'),
    });
  });
});

/** One more event, of a lead of the log. */
async function publishMore(): Promise<void> {
  await new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant() }).decide(
    'lead-1',
    'noted',
    () => ({ type: 'lead.noted', data: { by: 'olga', text: 'called' } }),
  );
}

describe('an export that follows the log', () => {
  it('writes nothing at a look without news', async () => {
    using opened = new DisposableStack();
    const source = opened.use(new LogSource(broker, 'blind', () => undefined));
    const duck = await openDuck(opened);
    const folder = fresh();
    const bring = async (stream: string, upTo: Place): Promise<Manifest> => {
      const wish: Wish = { stream, format: 'parquet', with: [], from: 1, partSize: 100_000 };
      return exportLog({ source, duck, folder, wish }, upTo);
    };
    const written = async () =>
      Promise.all((await readdir(folder)).map(async (name) => [name, (await stat(join(folder, name))).ino]));
    const ended = new AbortController();
    const brought: PlaceJson[] = [];
    let looks = 0;
    const { created, end } = await logEnd(broker);
    const following = follow(
      {
        everyMs: 1,
        signal: ended.signal,
        note: () => undefined,
        look: async () => {
          looks++;
          return logEnd(broker);
        },
        bring,
        onBrought: ({ upTo }) => brought.push(upTo),
        send: undefined,
      },
      await bring(created, end),
    );
    const before = await written();
    await eventually(() => looks > 3);
    expect(await written()).toEqual(before);
    await publishMore();
    await eventually(() => brought.length > 1);
    expect(brought).toEqual([log.length, log.length + 1]);
    ended.abort();
    await following;
    expect(await written()).not.toEqual(before);
  });
});

describe('texts of a form', () => {
  it.each(FORMATS)('are in %s as they were, but for half of a character', async (format) => {
    const folder = fresh();
    await done('export', folder, '--format', format, '--with', 'contact,fields');
    const [lead] = await rows(`SELECT first_name, last_name, phone FROM leads WHERE lead_id = 'lead-3'`, folder);
    expect(lead).toEqual({ first_name: CONTACT.firstName, last_name: CONTACT.lastName, phone: CONTACT.phone });
    const [{ fields } = {}] = await rows(
      `SELECT data->'$.dossier.fields' AS fields FROM events WHERE seq = 4 AND lead_id = 'lead-3'`,
      folder,
    );
    expect(JSON.parse(String(fields))).toEqual({ ...FIELDS, half: 'a\ufffdb' });
  });

  it('are no formula in a file of CSV', async () => {
    const folder = fresh();
    await done('export', folder, '--format', 'csv', '--with', 'contact,fields');
    const text = await readFile(join(folder, 'leads.csv'), 'utf8');
    expect(text).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
    expect(text).toContain(`'+15551234567`);
    expect(text).not.toMatch(/(?:^|,)"?[=+@-](?!\d)/m);
  });
});
