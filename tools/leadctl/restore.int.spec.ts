import { execFile } from 'node:child_process';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { stepDue } from '@leadstream/testing/builders';
import { startProxy } from '@leadstream/testing/proxy';
import { readWitness, replaceWitness } from '@leadstream/projection/witness';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { identityFaults } from '../verify/restored.ts';
import { dial } from './backup-testing.ts';
import { judged } from './judged.ts';
import { confirm } from './restore-confirm.ts';
import { loadBackup } from './restore-load.ts';
import { reconcile } from './restore-reconcile.ts';
import { statusOf } from './restore-status.ts';
import { emailOf, idOf, inRun, NAMES, RestoreWorld } from './restore-testing.ts';
import { startListing, type Listing } from './restore-listing.ts';

let world: RestoreWorld;
let provider: Listing;
beforeAll(async () => {
  // What commands say is read where they are processes of their own.
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  [world, provider] = await Promise.all([RestoreWorld.start(), startListing()]);
  Object.assign(process.env, world.environment);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await world?.stop();
  await provider?.stop();
});
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface Said {
  code: number | null;
  out: string;
  err: string;
}
/** A process of its own. */
const leadctl = (args: string[], env: Record<string, string> = {}): Promise<Said> =>
  new Promise((resolve) => {
    const argv = ['--conditions=@leadstream/source', 'tools/leadctl/main.ts', 'restore', ...args];
    const options = { env: { ...process.env, ...world.environment, ...env } };
    const child = execFile(process.execPath, argv, options, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
const created = async () => (await (await world.broker.jsm()).streams.info('LEADS')).created;
const json = ({ out }: Said): unknown => JSON.parse(out);
const withProvider = () => ({ SENDGRID_API_KEY: 'key', SENDGRID_BASE_URL: provider.url });
const hold = async () => (await world.records.read())?.hold ?? null;

/** Every lead's events, and that log and witness are of one epoch that the record explains. */
async function outcome() {
  const record = await world.records.read();
  const witness = await readWitness(world.db);
  const types: Record<string, string[]> = {};
  for (const name of NAMES) types[name] = await world.types(name);
  return { types, faults: identityFaults({ created: await created(), record, witnessed: witness?.epoch ?? null }), isOneEpoch: record?.epoch === witness?.epoch };
}
const COME = ['triaged', 'enrolled'];
const CONFIRMED = {
  types: {
    mailed: [...COME, 'recovered'],
    stopped: [...COME, 'recovered'],
    quiet: [...COME, 'step-due', 'send-skipped'],
    later: COME,
    new: ['recovered', 'step-due', 'send-skipped'],
  },
  faults: [],
  isOneEpoch: true,
};

const WRITES = /^(leads\.|\$KV\.|\$JS\.API\.STREAM\.(DELETE|RESTORE)\.)/;
/** The world by another connection, and a call when it has written for the `nth` time. */
async function otherStores(nth: number, then: () => unknown, port = world.nats.port) {
  const broker = await dial(`nats://127.0.0.1:${port}`);
  opened.push(() => broker.close());
  const seen: string[] = [];
  const watch = world.broker.connection().subscribe('>', {
    callback: (_error, { subject, reply = '' }) => {
      // What is delivered has the same subject.
      if (!WRITES.test(subject) || reply.startsWith('$JS.ACK.')) return;
      if (seen.push(subject) === nth) then();
    },
  });
  opened.push(() => Promise.resolve(watch.unsubscribe()));
  await world.broker.connection().flush();
  return { seen, stores: { ...world.stores, broker, records: new GuardRecords(broker, 1) } };
}

/** Lets `work` die after each of its writes in turn, or each `step`th, from the same disaster, and calls it again. */
async function killedAtEach(
  step: number,
  prepare: () => Promise<void>,
  work: (stores: RestoreWorld['stores']) => Promise<unknown>,
  check: () => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth += step) {
    await prepare();
    const killed = Promise.withResolvers<boolean>();
    const { stores, seen } = await otherStores(nth, () => {
      void stores.broker.close();
      void stores.broker.connection().close();
      killed.resolve(false);
    });
    const hasEnded = await Promise.race([killed.promise, work(stores).then(() => true, () => false)]);
    if (!hasEnded) await work(world.stores);
    await check();
    for (const close of opened.splice(0).reverse()) await close();
    if (hasEnded && seen.length < nth) return nth;
  }
}

const SKIP = { by: 'olga', gap: 'skip' } as const;

describe('killed after any of its writes and called again', () => {
  it('load brings all, and holds', async () => {
    // Each stream is four writes: all of them are met.
    const writes = await killedAtEach(
      3,
      () => world.disaster({ load: false }),
      ({ broker }) => loadBackup(broker, world.folder, { existing: 'refuse', withKeys: true }),
      async () => {
        expect((await hold())?.reason).toBe('loaded');
        expect(await Promise.all(NAMES.map((name) => world.types(name)))).toEqual([COME, COME, COME, COME, []]);
      },
    );
    expect(writes).toBeGreaterThan(20);
  });

  it('reconcile appends one event a lead, and confirm closes each step once and begins one epoch', async () => {
    const writes = await killedAtEach(
      1,
      () => world.disaster(),
      async (stores) => {
        // Killed after the write that lifts the hold.
        if (!(await stores.records.read())?.hold) return;
        await reconcile(stores, {}, {});
        await confirm(stores, SKIP);
      },
      async () => {
        expect([await outcome(), await hold()]).toEqual([CONFIRMED, null]);
      },
    );
    expect(writes).toBeGreaterThan(8);
  });
});

describe('two operators', () => {
  it('confirm once: whoever comes second is told, and closes no step that has become due since', async () => {
    const ends: string[] = [];
    for (const nth of [1, 2, 3, 4, 5, 6]) {
      await world.disaster();
      await reconcile(world.stores, {}, {});
      const proxy = await startProxy(world.nats.port);
      opened.push(() => proxy.stop());
      const hung = Promise.withResolvers<void>();
      const { stores } = await otherStores(nth, () => {
        proxy.hang();
        hung.resolve();
      }, proxy.port);
      const second = confirm(stores, { by: 'second', gap: 'skip' }).catch((error: unknown) => String(error));
      await hung.promise;
      await confirm(world.stores, SKIP);
      await world.append('later', inRun('later', stepDue()));
      proxy.heal();
      ends.push(String(await second));
      const { types } = CONFIRMED;
      expect(await outcome()).toEqual({ ...CONFIRMED, types: { ...types, later: [...types.later, 'step-due'] } });
      const { confirms = [] } = (await world.records.read()) ?? {};
      expect(new Set(confirms.map(({ by }) => by))).toEqual(new Set(['olga']));
      for (const close of opened.splice(0).reverse()) await close();
    }
    expect(ends).toEqual(ends.map(() => 'Error: olga has confirmed meanwhile: the log is not held any more. What was appended stays'));
  });

  it('confirm at once: the witness that has moved on under the new epoch is not taken back', async () => {
    await world.disaster();
    const of = (highSeq: number) => ({ epoch: 'new', created: 'c', highSeq, highId: String(highSeq), at: new Date() });
    await replaceWitness(world.db, of(9));
    await replaceWitness(world.db, of(8));
    expect(await readWitness(world.db)).toMatchObject({ epoch: 'new', highSeq: 9 });
  });

  it('reconcile for no longer than the hold lasts: documents move then, and are no witness', async () => {
    await world.disaster();
    const proxy = await startProxy(world.nats.port);
    opened.push(() => proxy.stop());
    const hung = Promise.withResolvers<void>();
    const { stores } = await otherStores(1, () => {
      proxy.hang();
      hung.resolve();
    }, proxy.port);
    const late = reconcile(stores, {}, {}).catch((error: unknown) => String(error));
    await hung.promise;
    await world.records.change((now) => now && { ...now, hold: null });
    proxy.heal();
    expect(await late).toContain('somebody has confirmed meanwhile: the log is not held any more');
    expect((await Promise.all(NAMES.map((name) => world.types(name)))).flat().filter((type) => type === 'recovered')).toHaveLength(1);
  });
});

describe('status', () => {
  it('says that the log goes on, with 0', async () => {
    await world.disaster();
    await reconcile(world.stores, {}, {});
    await confirm(world.stores, SKIP);
    const { code, out } = await leadctl(['status']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^the log goes on: it ends at \d+, and MongoDB has seen \d+\n$/)]);
    expect(await statusOf(world.stores)).toMatchObject({ verdict: 'goes on', held: false, why: null, hold: null, missing: null, leads: [] });
  });

  it('says why the log is held and what the documents know, with 1', async () => {
    await world.disaster();
    const said = await leadctl(['status', '--json']);
    expect(said.code).toBe(1);
    expect(json(said)).toMatchObject({
      verdict: 'held', held: true, why: expect.stringMatching(/^the backup of .* was loaded$/), hold: { reason: 'loaded', endSeq: 8 },
      log: { lastSeq: 8 }, witness: { highSeq: 14 }, missing: { from: 9, to: 14 },
      leads: expect.arrayContaining([
        { leadId: idOf('new'), isNew: true, stop: null, declined: [], accepted: [], open: [], recovered: false },
        { leadId: idOf('stopped'), isNew: false, stop: 'unsubscribed', declined: [], accepted: [], open: [], recovered: false },
        { leadId: idOf('mailed'), isNew: false, stop: null, declined: [], accepted: ['send-1'], open: [], recovered: false },
      ]),
    });
    const { out } = await leadctl(['status']);
    expect(out).toContain('missing  LEADS 9 to 14');
    expect(out).toContain('known    3 leads by their documents, 0 of them are in the log again');
    expect(out).toContain('next     leadctl restore reconcile, then');
  });

  it('that nobody has noticed yet is said, and not recorded; a dry run records nothing either', async () => {
    await world.disaster();
    await world.records.change((now) => now && { ...now, hold: null });
    expect(await statusOf(world.stores)).toMatchObject({ verdict: 'held', hold: null, why: 'LEADS was made anew at ' + (await created()) });
    await reconcile(world.stores, {}, { dryRun: true });
    expect(await hold()).toBeNull();
    await reconcile(world.stores, {}, {});
    expect(await hold()).toMatchObject({ reason: 'recreated', by: 'leadctl', endSeq: 8 });
  });

  it('that is not known is not taken for a log that goes on, with 2', async () => {
    await world.nothing();
    expect(await leadctl(['status'])).toMatchObject({ code: 2, out: 'unknown  the log is being made\n' });
    expect(await leadctl(['confirm', '--by', 'olga'])).toMatchObject({ code: 1, err: expect.stringContaining('the log is being made: whether the log is held is not known') });
  });
});

describe('the provider', () => {
  const entry = (name: string) => ({ email: emailOf(name), created: 1_764_000_000, reason: 'x' });

  it('is asked page by page for what it has stopped since the backup, and names who is not in the log or not readable', async () => {
    await world.disaster();
    provider.asked = [];
    const page = Array.from({ length: 499 }, (_, at) => entry(`stranger-${at}`));
    provider.answer = (url) => {
      if (url.pathname.endsWith('blocks')) return { body: [entry('later')] };
      if (!url.pathname.endsWith('spam_reports')) return {};
      return { body: url.searchParams.get('offset') === '0' ? [...page, entry('QUIET')] : [entry('later'), { email: 'no address', created: 1 }] };
    };
    const told = await leadctl(['reconcile', '--esp'], withProvider());
    expect(told.out).toMatch(/^3 leads recovered.*\n2 leads recovered from 503 entries .*; 1 of them are blocks, which stop nobody; 1 name no address that can be read\n$/);
    expect(told.code).toBe(0);
    expect([await world.types('quiet'), await world.types('later')]).toEqual([[...COME, 'recovered'], [...COME, 'recovered']]);
    const since = Math.floor(Date.parse((await hold())?.endAt ?? '') / 1_000) - 3_600;
    expect(provider.asked.map(({ searchParams }) => Number(searchParams.get('start_time')))).toEqual([1, 1, 1, 1, 1].map(() => since));
  });

  it.each<[string, { status: number; body?: unknown }, string]>([
    ['a refusal', { status: 403 }, 'the provider answers /v3/suppression/bounces with 403: the key needs suppression.read'],
    ['no list', { status: 200, body: { result: [] } }, 'the provider’s answer to /v3/suppression/bounces is no list'],
    ['no JSON', { status: 200, body: '<html>' }, 'the provider’s answer to /v3/suppression/bounces is no list'],
  ])('that gives %s is named, without a stack', async (_, answer, words) => {
    provider.answer = () => answer;
    await world.disaster();
    const { code, err } = await leadctl(['reconcile', '--esp'], withProvider());
    expect([code, err]).toEqual([1, expect.stringContaining(`leadctl: ${words}`)]);
    expect(err).not.toContain(' at ');
  });

  it('that is busy is asked again', async () => {
    let rounds = 0;
    provider.answer = () => (++rounds === 1 ? { status: 429, headers: { 'retry-after': '0' } } : {});
    await world.disaster();
    const { code, err, out } = await leadctl(['reconcile', '--esp'], withProvider());
    expect([code, err, out]).toEqual([0, expect.stringContaining('answers /v3/suppression/bounces with 429, asked again in 0 s'), expect.stringContaining('0 leads recovered from 0 entries')]);
  });
});

describe('before anything is appended', () => {
  it.each<[string[], Record<string, string>, string]>([
    [['reconcile', '--esp'], {}, 'SENDGRID_API_KEY'],
    [['reconcile', '--stopped', 'nowhere.txt', '--by', 'olga'], {}, '--stopped: nowhere.txt cannot be read (ENOENT); nothing was changed'],
    [['reconcile', '--stopped', 'package.json'], {}, '--stopped needs --by'],
    [['confirm', '--by', ' '], {}, '--by: must be a name'],
    [['confirm', '--by', 'olga'], {}, 'the documents of 3 leads know what the log does not'],
  ])('%j %j is refused', async (args, env, words) => {
    await world.disaster();
    const { code, err } = await leadctl(args, env);
    expect([code, err]).toEqual([1, expect.stringContaining(words)]);
    expect(await Promise.all(NAMES.map((name) => world.types(name)))).toEqual([COME, COME, COME, COME, []]);
  });
});

it('--gap hold pauses who was due and closes nothing of theirs', async () => {
  await world.disaster();
  await reconcile(world.stores, {}, {});
  await confirm(world.stores, { by: 'olga', gap: 'hold' });
  expect((await outcome()).types).toMatchObject({ quiet: [...COME, 'paused'], later: COME, mailed: [...COME, 'recovered'] });
});

describe('without a server', () => {
  it('that falls silent later nothing is judged', async () => {
    const away = new MongoClient('mongodb://127.0.0.1:1/x', { serverSelectionTimeoutMS: 50 });
    await expect(judged(world.broker, away.db(), 1)).rejects.toThrow('MongoDB gives no answer: which log it saw is not known');
    await away.close();
  });

  const AWAY = '127.0.0.1:1';
  it.each([['status', 2], ['reconcile', 1], ['confirm', 1]] as const)('%s ends with what is missing, and %i', async (command, code) => {
    await world.disaster();
    const args = [command, ...(command === 'confirm' ? ['--by', 'olga'] : [])];
    const [nats, mongo] = await Promise.all([
      leadctl(args, { NATS_URL: `nats://${AWAY}` }),
      leadctl(args, { MONGODB_URI: `mongodb://${AWAY}/x` }),
    ]);
    expect(nats).toMatchObject({ code, out: '', err: `leadctl: no NATS server answers at nats://${AWAY}; set NATS_URL, or run npm start\n` });
    expect(mongo).toMatchObject({ code, out: '', err: `leadctl: no MongoDB answers at mongodb://${AWAY}/x; set MONGODB_URI, or run npm start\n` });
  });
});
