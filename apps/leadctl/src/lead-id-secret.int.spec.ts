import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { destroyKey, Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import type { LeadState } from '@leadstream/lead/state';
import { enrolled, submission } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mustFitLog } from './lead-id-secret.ts';
import { at, processTerminal } from './terminal.ts';
import { dial } from './testing/backup.ts';

const SECRET = 'a secret of the leads of this log';
const OTHER_SECRET = 'a secret of the leads of another log';
const KEY = 'a secret that wraps the keys of these leads';
const OTHER_KEY = 'a secret that wraps no key of these leads';
/** More leads than are read when nothing depends on the answer. */
const MANY = 101;

describe('the check that LEAD_ID_SECRET is the log’s', () => {
  let nats: Server;
  let broker: Broker;
  beforeAll(async () => {
    nats = await startNats();
    broker = await dial(nats.url);
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
  });
  beforeEach(() => provision(broker, { replicas: 1, streams: ['LEADS', 'KV_keys'] }));
  afterEach(async () => {
    const { streams } = await broker.jsm();
    for (const stream of ['LEADS', 'KV_keys']) await streams.delete(stream);
  });

  const log = () =>
    new EventLog<LeadState>(broker, leadFold, {
      source: 'test',
      now: () => Temporal.Now.instant(),
      keys: new Keyring(broker, [KEY]),
    });
  async function come(name: string): Promise<string> {
    const address = `${name}@example.com`;
    const id = leadId(SECRET, address);
    const data = submission({ contact: { email: address, address } });
    await log().decide(id, `${name}-1`, () => ({ type: 'lead.triaged', data }));
    return id;
  }
  const erased = async (name: string) => void (await destroyKey(broker, await come(name)));
  const check = async (secret: string, key: string, isCertain: boolean): Promise<void> => {
    const env = { LEAD_ID_SECRET: secret, DATA_KEYS: key };
    await at({ ...processTerminal, env }, () => mustFitLog(broker, { isCertain }));
  };
  const REFUSED = 'LEAD_ID_SECRET is not the one';
  const UNREADABLE = 'no lead’s address can be read';

  it('looks beyond any number of erased leads where a stop depends on it', async () => {
    for (let i = 0; i < MANY; i++) await erased(`erased-${i}`);
    await check(OTHER_SECRET, KEY, true);
    await come('jane');
    await check(SECRET, KEY, true);
    await expect(check(OTHER_SECRET, KEY, true)).rejects.toThrow(REFUSED);
    await check(OTHER_SECRET, KEY, false);
  });

  it('fails where a stop depends on it and no key of a lead is known', async () => {
    await come('jane');
    await expect(check(OTHER_SECRET, OTHER_KEY, true)).rejects.toThrow(UNREADABLE);
    await check(OTHER_SECRET, OTHER_KEY, false);
  });

  it('passes over a lead that lost its key and an event', async () => {
    const broken = await come('broken');
    const second = await log().decide(broken, 'broken-2', () => enrolled({}, 'broken-1'));
    await log().decide(broken, 'broken-3', () => ({ type: 'lead.paused', data: { by: 'olga' } }));
    if (!('event' in second)) throw new Error('nothing was appended');
    const { streams } = await broker.jsm();
    await streams.deleteMessage('LEADS', second.event.seq);
    await streams.purge('KV_keys', { filter: `$KV.keys.${broken}` });
    await come('jane');
    await check(SECRET, KEY, true);
    await expect(check(OTHER_SECRET, KEY, false)).rejects.toThrow(REFUSED);
  });
});
