import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STATE_VERSION } from '@leadstream/lead/state';
import { MongoClient } from 'mongodb';
import type { LeadDocument } from '@leadstream/projection/collections';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { VERSION_SUBJECT } from '@leadstream/service/rights/subjects';
import { judged } from './judged.ts';
import { confirm } from './restore-confirm.ts';
import { LOAD_KEY } from './restore-mark.ts';
import { reconcile } from './restore-reconcile.ts';
import { statusOf } from './restore-status.ts';
import { holdOf } from './testing/backup.ts';
import { command, type Said } from './testing/command.ts';
import { startListing, type Listing } from './testing/listing.ts';
import { emailOf, idOf, NAMES, RestoreWorld } from './testing/restore.ts';

let world: RestoreWorld;
let provider: Listing;
beforeAll(async () => {
  // The tests read the output at the command's own terminal.
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  [world, provider] = await Promise.all([RestoreWorld.start(), startListing()]);
  Object.assign(process.env, world.environment);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await world?.stop();
  await provider?.stop();
});

const leadctl = (args: string[], env: Record<string, string> = {}): Promise<Said> =>
  command(['restore', ...args], { ...world.environment, ...env });
const created = async () => (await (await world.broker.jsm()).streams.info('LEADS')).created;
const json = ({ out }: Said): unknown => JSON.parse(out);
const withProvider = () => ({ SENDGRID_API_KEY: 'key', SENDGRID_BASE_URL: provider.url });
const hold = () => holdOf(world.broker);

const COME = ['triaged', 'enrolled'];
const SKIP = { by: 'olga', gap: 'skip' } as const;

describe('status', () => {
  it('reports with exit code 0 that the log is not held', async () => {
    await world.disaster();
    await reconcile(world.stores, {}, {});
    await confirm(world.stores, SKIP);
    const { code, out } = await leadctl(['status']);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^the log goes on: it ends at \d+, and MongoDB has seen \d+\n$/),
    ]);
    expect(await statusOf(world.stores)).toMatchObject({
      verdict: 'goes on',
      held: false,
      why: null,
      hold: null,
      missing: null,
      leads: [],
    });
  });

  it('reports with exit code 1 why the log is held, and what the documents know', async () => {
    await world.disaster();
    const said = await leadctl(['status', '--json']);
    expect(said.code).toBe(1);
    expect(json(said)).toMatchObject({
      verdict: 'held',
      held: true,
      why: expect.stringMatching(/^the backup of .* was loaded$/),
      hold: { reason: 'loaded', endSeq: 8 },
      log: { lastSeq: 8 },
      witness: { highSeq: 14 },
      missing: { from: 9, to: 14 },
      leads: expect.arrayContaining([
        {
          leadId: idOf('new'),
          isNew: true,
          stop: null,
          declined: [],
          accepted: [],
          open: [],
          recovered: false,
          unreadable: false,
        },
        {
          leadId: idOf('stopped'),
          isNew: false,
          stop: 'unsubscribed',
          declined: [],
          accepted: [],
          open: [],
          recovered: false,
          unreadable: false,
        },
        {
          leadId: idOf('mailed'),
          isNew: false,
          stop: null,
          declined: [],
          accepted: ['send-1'],
          open: [],
          recovered: false,
          unreadable: false,
        },
      ]),
    });
    const { out } = await leadctl(['status']);
    expect(out).toContain('missing  LEADS 9 to 14');
    expect(out).toContain('known    3 leads by their documents, 0 of them are in the log again');
    expect(out).toContain('next     leadctl restore reconcile, then');
  });

  it('knows a document of the lost log whose last event the log has again, made at another time', async () => {
    await world.disaster();
    expect((await statusOf(world.stores)).leads).not.toContainEqual(expect.objectContaining({ leadId: idOf('quiet') }));
    const updatedAt = new Date(0);
    await world.db.collection<LeadDocument>('leads_1').updateOne({ _id: idOf('quiet') }, { $set: { updatedAt } });
    expect((await statusOf(world.stores)).leads).toContainEqual(expect.objectContaining({ leadId: idOf('quiet') }));
  });

  it('reports an unrecorded hold without recording it, and so does a dry run', async () => {
    await world.disaster();
    await world.records.change((now) => now && { ...now, hold: null });
    expect(await statusOf(world.stores)).toMatchObject({
      verdict: 'held',
      hold: null,
      why: 'LEADS was made anew at ' + (await created()),
    });
    await reconcile(world.stores, {}, { dryRun: true });
    expect(await hold()).toBeNull();
    await reconcile(world.stores, {}, {});
    expect(await hold()).toMatchObject({ reason: 'recreated', by: 'leadctl', endSeq: 8 });
  });

  it('reports with exit code 2 that the state is not known', async () => {
    await world.nothing();
    expect(await leadctl(['status'])).toMatchObject({ code: 2, out: 'unknown  the log is being made\n' });
    expect(await leadctl(['confirm', '--by', 'olga'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('the log is being made: whether the log is held is not known'),
    });
  });
});

describe('the provider, for a restore', () => {
  const entry = (name: string) => ({ email: emailOf(name), created: 1_764_000_000, reason: 'x' });

  it('is queried page by page for stops since the backup; unknown or unreadable entries are reported', async () => {
    await world.disaster();
    provider.asked = [];
    const page = Array.from({ length: 499 }, (_, at) => entry(`stranger-${at}`));
    provider.answer = (url) => {
      if (url.pathname.endsWith('blocks')) return { body: [entry('later')] };
      if (!url.pathname.endsWith('spam_reports')) return {};
      return {
        body:
          url.searchParams.get('offset') === '0'
            ? [...page, entry('QUIET')]
            : [entry('later'), { email: 'no address', created: 1 }],
      };
    };
    const told = await leadctl(['reconcile', '--esp'], withProvider());
    expect(told.out).toMatch(
      new RegExp(
        '^3 leads recovered.*\n2 leads recovered from 503 entries .*; ' +
          '1 of them are blocks, which stop no lead; 1 name no address that can be read\n$',
      ),
    );
    expect(told.code).toBe(0);
    expect([await world.types('quiet'), await world.types('later')]).toEqual([
      [...COME, 'recovered'],
      [...COME, 'recovered'],
    ]);
    const since = Math.floor(Date.parse((await hold())?.endAt ?? '') / 1_000) - 3_600;
    expect(provider.asked.map(({ searchParams }) => Number(searchParams.get('start_time')))).toEqual(
      [1, 1, 1, 1, 1].map(() => since),
    );
  });

  it.each<[string, { status: number; body?: unknown }, string]>([
    [
      'a refusal',
      { status: 403 },
      'the provider answers /v3/suppression/bounces with 403: the key needs suppression.read',
    ],
    ['no list', { status: 200, body: { result: [] } }, 'the provider’s answer to /v3/suppression/bounces is no list'],
    ['no JSON', { status: 200, body: '<html>' }, 'the provider’s answer to /v3/suppression/bounces is no list'],
  ])('reports %s by name, without a stack', async (_, answer, words) => {
    provider.answer = () => answer;
    await world.disaster();
    const { code, err } = await leadctl(['reconcile', '--esp'], withProvider());
    expect([code, err]).toEqual([1, expect.stringContaining(`leadctl: ${words}`)]);
    expect(err).not.toContain(' at ');
  });

  it('is queried again when it is busy', async () => {
    let rounds = 0;
    provider.answer = () => (++rounds === 1 ? { status: 429, headers: { 'retry-after': '0' } } : {});
    await world.disaster();
    const { code, err, out } = await leadctl(['reconcile', '--esp'], withProvider());
    expect([code, err, out]).toEqual([
      0,
      expect.stringContaining('answers /v3/suppression/bounces with 429, asked again in 0 s'),
      expect.stringContaining('0 leads recovered from 0 entries'),
    ]);
  });
});

describe('a restore command, before any append', () => {
  it.each<[string[], Record<string, string>, string]>([
    [['reconcile', '--esp'], {}, 'SENDGRID_API_KEY'],
    [
      ['reconcile', '--stopped', 'nowhere.txt', '--by', 'olga'],
      {},
      '--stopped: nowhere.txt cannot be read (ENOENT); nothing was changed',
    ],
    [['reconcile', '--stopped', 'package.json'], {}, '--stopped and --erased need --by'],
    [['confirm', '--by', ' '], {}, "option '--by <name>' argument ' ' is invalid"],
    [['confirm', '--by', 'olga'], {}, 'the documents of 3 leads know what the log does not'],
  ])('%j %j is refused', async (args, env, words) => {
    await world.disaster();
    const { code, err } = await leadctl(args, env);
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
    expect(await Promise.all(NAMES.map((name) => world.types(name)))).toEqual([COME, COME, COME, COME, []]);
  });
});

it('status names a missing log', async () => {
  await world.disaster({ load: false });
  const err = 'leadctl: the log is not there yet; leadctl provision creates it, or leadctl restore load\n';
  expect(await leadctl(['status', '--json'])).toEqual({ code: 2, out: '', err });
});

it.each([['reconcile'], ['confirm', '--by', 'olga']])(
  '%s waits for the end of a load that was cut off',
  async (...args) => {
    await world.disaster();
    const guard = await world.records.bucket.open();
    const mark = (await guard.get(LOAD_KEY))?.json<object>();
    await guard.put(LOAD_KEY, JSON.stringify({ ...mark, finished: false }));
    const refused = { code: 1, err: expect.stringContaining('was cut off: leadctl restore load again, to its end') };
    expect(await leadctl(args)).toMatchObject(refused);
    await (await world.broker.jsm()).streams.delete('LEADS');
    expect(await leadctl(args)).toMatchObject(refused);
  },
);

it('--gap hold pauses the leads with due steps, and closes none of those steps', async () => {
  await world.disaster();
  await reconcile(world.stores, {}, {});
  await confirm(world.stores, { by: 'olga', gap: 'hold' });
  expect(await Promise.all((['quiet', 'later', 'mailed'] as const).map((name) => world.types(name)))).toEqual([
    [...COME, 'paused'],
    COME,
    [...COME, 'recovered'],
  ]);
});

describe('a lead of whose chain an event is missing', () => {
  const missing = async (name: (typeof NAMES)[number]) => {
    const [first] = await world.log().history(idOf(name));
    await (await world.broker.jsm()).streams.deleteMessage('LEADS', first?.seq ?? 0);
  };

  const stoppedBy = async (id: string): Promise<Said> => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'leadstream-stopped-'));
    const file = join(folder.path, 'stopped');
    await writeFile(file, `${id}\n`);
    return leadctl(['reconcile', '--stopped', file, '--by', 'olga']);
  };

  it('keeps no other lead held: each command names it and goes on', async () => {
    await world.disaster();
    for (const name of ['mailed', 'later'] as const) await missing(name);
    // Without a document, and with a hole in its chain, its state is unknown.
    await world.db.collection<{ _id: string }>('leads_1').deleteOne({ _id: idOf('later') });
    const status = await leadctl(['status']);
    expect(status).toMatchObject({
      code: 1,
      out: expect.stringContaining(`${idOf('mailed')}  an event of it is missing in LEADS`),
    });
    const reconciled = await leadctl(['reconcile']);
    expect(reconciled).toMatchObject({ code: 0, out: expect.stringContaining('2 leads recovered') });
    expect(reconciled.err).toContain(`${idOf('mailed')}  an event of it is missing`);
    const confirmed = await leadctl(['confirm', '--by', 'olga', '--json']);
    expect(confirmed.code).toBe(0);
    expect(json(confirmed)).toEqual({ by: 'olga', skipped: 2, paused: 0, unreadable: 2 });
    for (const name of ['mailed', 'later'] as const) expect(confirmed.err).toContain(`${idOf(name)}: an event of it`);
    expect(await statusOf(world.stores)).toMatchObject({ held: false });
  });

  it('has its gap closed where its document is beyond the missing event: the sender would go by it', async () => {
    await world.disaster();
    await missing('quiet');
    await reconcile(world.stores, {}, {});
    await confirm(world.stores, SKIP);
    const last = (await world.log().history(idOf('quiet'), Number((await hold())?.endSeq ?? 8))).at(-1);
    expect(last).toMatchObject({ type: 'lead.send-skipped', data: { guard: 'operator' } });
  });

  it('is stopped by a name of --stopped where its document is beyond the missing event', async () => {
    await world.disaster();
    await missing('quiet');
    await reconcile(world.stores, { whom: [{ id: idOf('quiet'), row: 1, isAddress: false }] }, { by: 'olga' });
    const last = (await world.log().history(idOf('quiet'), Number((await hold())?.endSeq ?? 8))).at(-1);
    expect(last).toMatchObject({ type: 'lead.recovered', data: { stop: { why: 'unsubscribed' } } });
    await confirm(world.stores, SKIP);
    expect(await world.log().history(idOf('quiet'), (last?.seq ?? 1) - 1)).toEqual([last]);
  });

  it('and with a document of another state version is left to the leadctl of the services that have it', async () => {
    const stateVersion = STATE_VERSION + 1;
    const ofOther = `its document is of state version ${stateVersion}, not ${STATE_VERSION}`;
    await world.disaster();
    await missing('quiet');
    await world.db.collection<LeadDocument>('leads_1').updateOne({ _id: idOf('quiet') }, { $set: { stateVersion } });
    const named = await stoppedBy(idOf('quiet'));
    expect(named.err).toContain(`${idOf('quiet')}: an event of it is missing in LEADS, and ${ofOther}`);
    const answer = { services: ['sender'], version: '0.2.0', stateVersion, events: '', host: 'pod', pid: 1 };
    const subscription = world.broker.connection().subscribe(VERSION_SUBJECT, {
      callback: (_, request) => void request.respond(JSON.stringify({ ...answer, startedAt: '' })),
    });
    await world.broker.connection().flush();
    const refused = await leadctl(['confirm', '--by', 'olga']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('leadctl of version 0.2.0 closes the gap') });
    expect(await statusOf(world.stores)).toMatchObject({ held: true });
    subscription.unsubscribe();
    const confirmed = await leadctl(['confirm', '--by', 'olga']);
    expect(confirmed).toMatchObject({ code: 0, err: expect.stringContaining(ofOther) });
  });
});

describe('without a server', () => {
  it('no log is judged when MongoDB becomes unreachable', async () => {
    const away = new MongoClient('mongodb://127.0.0.1:1/x', { serverSelectionTimeoutMS: 50 });
    await expect(judged(world.broker, away.db(), 1)).rejects.toThrow(
      'MongoDB gives no answer: which log it saw is not known',
    );
    await away.close();
  });

  const AWAY = '127.0.0.1:1';
  it.each([
    ['status', 2],
    ['reconcile', 1],
    ['confirm', 1],
  ] as const)('%s ends with what is missing, and %i', async (command, code) => {
    await world.disaster();
    const args = [command, ...(command === 'confirm' ? ['--by', 'olga'] : [])];
    const [nats, mongo] = await Promise.all([
      leadctl(args, { NATS_URL: `nats://${AWAY}` }),
      leadctl(args, { MONGODB_URI: `mongodb://${AWAY}/x` }),
    ]);
    expect(nats).toMatchObject({
      code,
      out: '',
      err: `leadctl: no NATS server answers at nats://${AWAY}; set NATS_URL, or run npm start\n`,
    });
    expect(mongo).toMatchObject({
      code,
      out: '',
      err: `leadctl: no MongoDB answers at mongodb://${AWAY}/x; set MONGODB_URI, or run npm start\n`,
    });
  });
});
