import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { readWitness, replaceWitness } from '@leadstream/projection/witness';
import { stepDue } from '@leadstream/testing/builders';
import { startProxy } from '@leadstream/testing/proxy';
import { identityFaults } from '@leadstream/verify/restored';
import { dial, holdOf } from './testing/backup.ts';
import { confirm } from './restore-confirm.ts';
import { loadBackup } from './restore-load.ts';
import { reconcile } from './restore-reconcile.ts';
import { inRun, NAMES, RestoreWorld } from './testing/restore.ts';

let world: RestoreWorld;
beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  world = await RestoreWorld.start();
  Object.assign(process.env, world.environment);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await world?.stop();
});
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const created = async () => (await (await world.broker.jsm()).streams.info('LEADS')).created;
/** By the leader of the bucket's stream: a look through the bucket's own client would create it. */
const isLoadFinished = async (): Promise<boolean> => {
  const { streams } = await world.broker.jsm();
  const mark = await streams.getMessage('KV_guard', { last_by_subj: '$KV.guard.load' }).catch(() => null);
  return mark?.json<{ finished?: boolean }>().finished === true;
};
const hold = () => holdOf(world.broker);

/** Every lead's events, and a check that log and witness are of one epoch in the record. */
async function outcome() {
  const record = await world.records.read();
  const witness = await readWitness(world.db, 'LEADS');
  const types: Record<string, string[]> = {};
  for (const name of NAMES) types[name] = await world.types(name);
  return {
    types,
    faults: identityFaults({ created: await created(), record, witnessed: witness ? [witness.epoch] : [] }),
    isOneEpoch: record?.epoch === witness?.epoch,
  };
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
/** The same stores by another connection, with a callback at its `nth` write. */
async function otherStores(nth: number, then: () => unknown, port = world.nats.port) {
  const broker = await dial(`nats://127.0.0.1:${port}`);
  opened.push(() => broker.close());
  const seen: string[] = [];
  const watch = world.broker.connection().subscribe('>', {
    callback: (_error, { subject, reply = '' }) => {
      // Deliveries have the same subject as writes.
      if (!WRITES.test(subject) || reply.startsWith('$JS.ACK.')) return;
      if (seen.push(subject) === nth) then();
    },
  });
  opened.push(() => Promise.resolve(watch.unsubscribe()));
  await world.broker.connection().flush();
  return { seen, stores: { ...world.stores, broker, records: new GuardRecords(broker, 1) } };
}

/**
 * Kills `work` after each of its writes in turn, or each `step`th, each time from the same disaster, and repeats it.
 */
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
    const hasEnded = await Promise.race([
      killed.promise,
      work(stores).then(
        () => true,
        () => false,
      ),
    ]);
    if (!hasEnded) await work(world.stores);
    await check();
    for (const close of opened.splice(0).reverse()) await close();
    if (hasEnded && seen.length < nth) return nth;
  }
}

const SKIP = { by: 'olga', gap: 'skip' } as const;

describe('a restore command that is killed after any of its writes and repeated', () => {
  it('loads all streams, and holds', async () => {
    // A stream is four writes: every one of them is covered.
    const writes = await killedAtEach(
      3,
      () => world.disaster({ load: false }),
      async ({ broker }) => {
        // Killed after the write that marks the load as finished: once more would be another load.
        if (await isLoadFinished()) return;
        await loadBackup(broker, world.folder, { existing: 'refuse', withKeys: true });
      },
      async () => {
        expect((await hold())?.reason).toBe('loaded');
        expect(await Promise.all(NAMES.map((name) => world.types(name)))).toEqual([COME, COME, COME, COME, []]);
      },
    );
    expect(writes).toBeGreaterThan(20);
  });

  it('reconciles with one event a lead, and confirms with each step closed once and one new epoch', async () => {
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
  it('confirm once: the second one is rejected, and closes no step that became due since', async () => {
    const ends: string[] = [];
    for (const nth of [1, 2, 3, 4, 5, 6]) {
      await world.disaster();
      await reconcile(world.stores, {}, {});
      const proxy = await startProxy(world.nats.port);
      opened.push(() => proxy.stop());
      const hung = Promise.withResolvers<void>();
      const { stores } = await otherStores(
        nth,
        () => {
          proxy.hang();
          hung.resolve();
        },
        proxy.port,
      );
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
    expect(ends).toEqual(
      ends.map(() => 'Error: olga has confirmed meanwhile: the log is not held any more. What was appended stays'),
    );
  });

  it('confirm at once: a witness of the new epoch never moves back', async () => {
    await world.disaster();
    const of = (highSeq: number) => ({ epoch: 'new', created: 'c', highSeq, highId: String(highSeq), at: new Date() });
    await replaceWitness(world.db, 'LEADS', of(9));
    await replaceWitness(world.db, 'LEADS', of(8));
    expect(await readWitness(world.db, 'LEADS')).toMatchObject({ epoch: 'new', highSeq: 9 });
  });

  it('reconcile only while the log is held: later the documents change, and are no evidence', async () => {
    await world.disaster();
    const proxy = await startProxy(world.nats.port);
    opened.push(() => proxy.stop());
    const hung = Promise.withResolvers<void>();
    const { stores } = await otherStores(
      1,
      () => {
        proxy.hang();
        hung.resolve();
      },
      proxy.port,
    );
    const late = reconcile(stores, {}, {}).catch((error: unknown) => String(error));
    await hung.promise;
    await world.records.change((now) => now && { ...now, hold: null });
    proxy.heal();
    expect(await late).toContain('an operator has confirmed meanwhile: the log is not held any more');
    expect(
      (await Promise.all(NAMES.map((name) => world.types(name)))).flat().filter((type) => type === 'recovered'),
    ).toHaveLength(1);
  });
});
