import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { KEYS } from '@leadstream/contracts/streams';
import { provision } from '@leadstream/eventlog/provision';
import { readWitness } from '@leadstream/projection/witness';
import { unsubscribed } from '@leadstream/testing/builders';
import { confirm } from './restore-confirm.ts';
import { reconcile } from './restore-reconcile.ts';
import { command } from './testing/command.ts';
import { lastIn } from './testing/backup.ts';
import { idOf, RestoreWorld } from './testing/restore.ts';

/** No projector runs here, so only the commands can advance the witness. */
describe('the witness of the log', () => {
  let world: RestoreWorld;
  beforeAll(async () => {
    world = await RestoreWorld.start();
  });
  afterAll(() => world?.stop());
  beforeEach(() => world.disaster());

  const env = () => ({ ...world.environment, TOKEN_SECRET: 'a secret of the tokens of these tests' });
  const leadctl = (...args: string[]) => command(args, env());
  const erases = async () => {
    await provision(world.broker, { replicas: 1, streams: [KEYS] });
    return leadctl('lead', 'erase', idOf('quiet'), '--by', 'olga');
  };

  it.each([
    ['projection rebuild', () => leadctl('projection', 'rebuild')],
    ['projection rollback', () => leadctl('projection', 'rebuild').then(() => leadctl('projection', 'rollback'))],
    ['lead erase', erases],
  ])('is not behind a document that %s has written', async (_, run) => {
    await reconcile(world.stores, {}, {});
    await confirm(world.stores, { by: 'olga', gap: 'skip' });
    await world.append('later', unsubscribed);
    expect(await run()).toMatchObject({ code: 0 });
    expect(await readWitness(world.db, 'LEADS')).toMatchObject({ highSeq: await lastIn(world.broker, 'LEADS') });
  });

  it('stays as it is when a lead of a held log is erased: it is the evidence of what the log lacks', async () => {
    const before = await readWitness(world.db, 'LEADS');
    for (let events = 0; events < 10; events++) await world.append('later', unsubscribed);
    expect(await erases()).toMatchObject({ code: 0 });
    expect(before?.highSeq).toBeLessThan(await lastIn(world.broker, 'LEADS'));
    expect(await readWitness(world.db, 'LEADS')).toEqual(before);
  });
});
