import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Broker } from '@leadstream/eventlog/broker';
import { durableConsumer } from '@leadstream/eventlog/consumer';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { provision } from '@leadstream/eventlog/provision';
import { leadFold } from '@leadstream/lead/evolve';
import { leadId } from '@leadstream/lead/identity';
import { view, type LeadState } from '@leadstream/lead/state';
import { Projection } from '@leadstream/projection/projection';
import { submission } from '@leadstream/testing/builders';
import { startNats, type Server } from '@leadstream/testing/servers';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { deleteStreams, dial, STREAMS } from './testing/backup.ts';
import { command } from './testing/command.ts';
import { disturbed } from './testing/erasure.ts';
import { makeBackup } from './backup.ts';
import { erase } from './erasure.ts';
import { Person } from './mentions.ts';
import { loadBackup } from './restore-load.ts';
import { reconcile } from './restore-reconcile.ts';
import { at } from './terminal.ts';

const LEAD_ID_SECRET = 'a secret of the leads that is long enough';
const DATA_KEYS = 'a secret that wraps the keys of the leads';
const now = () => Temporal.Now.instant();

let nats: Server;
let broker: Broker;
let mongo: MongoClient;
let uri: string;
let folder: string;
beforeAll(async () => {
  nats = await startNats();
  broker = await dial(nats.url);
  ({ uri } = mongoDatabase('erased'));
  mongo = await MongoClient.connect(uri);
});
afterAll(async () => {
  await mongo?.close();
  await broker?.close();
  await nats?.stop();
});

const jane = leadId(LEAD_ID_SECRET, 'jane@example.com');
/** Has no lead: triage refused the submission. */
const jim = leadId(LEAD_ID_SECRET, 'jim@example.com');
const joe = leadId(LEAD_ID_SECRET, 'joe@example.com');
const logOf = () =>
  new EventLog<LeadState>(broker, leadFold, { source: 'test', now, keys: new Keyring(broker, [DATA_KEYS]) });

const environment = () => ({ NATS_URL: nats.url, MONGODB_URI: uri, LEAD_ID_SECRET, DATA_KEYS });
const silent = {
  isTTY: false,
  out: () => undefined,
  err: () => undefined,
  input: () => Promise.resolve(Buffer.alloc(0)),
  onInterrupt: () => undefined,
};

const leadctl = (...args: string[]) => leadctlWith({}, ...args);
async function leadctlWith(
  env: Record<string, string | undefined>,
  ...args: string[]
): Promise<{ out: string; failed: boolean }> {
  const { code, out, err } = await command(args, { ...environment(), ...env });
  return { out: out + err, failed: code !== 0 };
}

/** The streams' messages with the address in clear. */
async function readable(email = 'jane@example.com'): Promise<string[]> {
  const { streams } = await broker.jsm();
  const found: string[] = [];
  for (const stream of ['INTAKE', 'QUARANTINE', 'LEADS'] as const) {
    const { state } = await streams.info(stream);
    for (let seq = 1; seq <= state.last_seq; seq++) {
      const message = await streams.getMessage(stream, { seq });
      if (message?.string().includes(email)) found.push(`${stream} ${seq}`);
    }
  }
  const events = await logOf().history(jane);
  return JSON.stringify(events).includes(email) ? [...found, 'her log'] : found;
}

const project = async (id: string) =>
  new Projection(mongo.db(), leadFold, view).apply(await logOf().history(id), (one, after) =>
    logOf().history(one, after),
  );

/** Backs up Jane and Joe, erases Jane, then deletes what `lost` names and loads the backup. */
type Lost = 'the streams' | 'the streams and the keys' | 'the streams and MongoDB' | 'all';
async function disaster(lost: Lost): Promise<void> {
  await deleteStreams(broker);
  await mongo.db().dropDatabase();
  folder = await mkdtemp(join(tmpdir(), 'leadstream-erased-'));
  await provision(broker, { replicas: 1, streams: [...STREAMS, 'KV_keys'] });
  for (const [id, email] of [
    [jane, 'jane@example.com'],
    [joe, 'joe@example.com'],
  ] as const) {
    const { seq } = await broker.js().publish('lead.created', JSON.stringify({ email }));
    const data = submission({ contact: { email, address: email }, intake: { seq, key: `crm/${seq}` } });
    await logOf().decide(id, `triaged-${seq}`, () => ({ type: 'lead.triaged', data }));
  }
  for (const name of ['jane', 'jim']) await broker.js().publish('quarantine.triage', `a form of ${name}@example.com`);
  await makeBackup(broker, folder, { withKeys: true });
  for (const id of [jane, joe]) await project(id);
  for (const id of [jane, jim]) {
    const person = new Person(id, { leadIdSecret: LEAD_ID_SECRET, tokenSecrets: [] });
    await erase({
      broker,
      replicas: 1,
      db: () => Promise.resolve(mongo.db()),
      leadId: id,
      person,
      who: { by: 'olga' },
    });
  }
  expect(await readable()).toEqual([]);
  for (const stream of STREAMS) await (await broker.jsm()).streams.delete(stream);
  if (lost === 'all' || lost === 'the streams and the keys') await (await broker.jsm()).streams.delete('KV_keys');
  if (lost === 'all' || lost === 'the streams and MongoDB') await mongo.db().dropDatabase();
  await loadBackup(broker, folder, { existing: 'refuse', withKeys: true });
}

describe('a lead erased since the backup', () => {
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const known = ['the streams', 'the streams and the keys', 'the streams and MongoDB'] as const;
  it.each(known)('is reported by status, and erased again by reconcile, when %s are lost', async (lost) => {
    await disaster(lost);
    expect((await readable()).length).toBeGreaterThan(0);
    const { out: status } = await leadctl('restore', 'status');
    expect(status).toContain(`erased   ${jane} was erased, and a backup has brought it back`);
    const refusal = expect.stringContaining('a backup has brought 1 erased leads back');
    expect(await leadctl('restore', 'confirm', '--by', 'olga')).toMatchObject({ failed: true, out: refusal });
    expect((await leadctl('restore', 'reconcile')).out).toContain(`${jane}: erased again`);
    expect(await readable()).toEqual([]);
    expect((await leadctl('restore', 'status', '--json')).out).toContain('"erased": []');
    expect(await leadctl('restore', 'confirm', '--by', 'olga')).toMatchObject({ failed: false });
    const { out: verdict } = await leadctl('verify', '--json');
    expect(verdict).toContain('"findings": []');
    expect((await project(jane)).failed).toEqual(new Map());
    expect((await logOf().load(joe, { leader: true })).state.contact?.email).toBe('joe@example.com');
  });

  it.each<[string, Lost]>([
    ['reconcile', 'the streams and the keys'],
    ['confirm', 'the streams and MongoDB'],
  ])('is erased to its end by %s, when %s are lost and reconcile was killed after any write', async (then, lost) => {
    let writes = 0;
    for (let isKilled = true; isKilled; writes++) {
      await disaster(lost);
      const happens = () => Promise.reject(new Error('killed'));
      const { broker: other, reached } = disturbed(broker, { at: writes, isWritten: true, happens });
      const stores = { broker: other, db: mongo.db(), replicas: 1, records: new GuardRecords(broker, 1) };
      const ended = await at({ ...silent, env: environment() }, () => reconcile(stores, {}, {})).catch(String);
      isKilled = reached();
      expect(ended).toBe(isKilled ? 'Error: killed' : 0);
      if (then === 'reconcile') expect(await leadctl('restore', 'reconcile')).toMatchObject({ failed: false });
      const { failed, out } = await leadctl('restore', 'confirm', '--by', 'olga');
      // Confirm refuses, and the evidence stays, until the log and the bucket have the erasure.
      if (failed) expect([then, out]).toEqual(['confirm', expect.stringContaining('leadctl restore reconcile first')]);
      else expect(await readable()).toEqual([]);
    }
    expect(writes).toBeGreaterThan(4);
  });

  it('is erased again without a lead, as a person whom only a raw message names', async () => {
    await disaster('the streams and MongoDB');
    expect(await readable('jim@example.com')).toEqual(['QUARANTINE 2']);
    expect((await leadctl('restore', 'reconcile')).out).toContain('2 leads erased again');
    expect(await readable('jim@example.com')).toEqual([]);
  });

  it('is reported with exit code 1 by reconcile, as long as anything of it is left', async () => {
    await disaster('the streams');
    const { seq } = await broker.js().publish('lead.created', 'another lead’s, of jane@example.com');
    const left = `${jane}: erased again; left: INTAKE ${seq}: triage has yet to handle it`;
    for (let count = 0; count < 2; count++)
      expect(await leadctl('restore', 'reconcile')).toEqual({ failed: true, out: expect.stringContaining(left) });
    const triage = await durableConsumer(broker, { stream: 'INTAKE', durable: 'triage' });
    for (let open = (await triage.info()).num_pending; open > 0; open--) await (await triage.next())?.ackAck();
    expect(await leadctl('restore', 'reconcile')).toMatchObject({ failed: false });
    expect(await readable()).toEqual([]);
  });

  it('is no reason for confirm to pass over leads that the DATA_KEYS given cannot open', async () => {
    await disaster('the streams');
    await leadctl('restore', 'reconcile');
    const wrong = { DATA_KEYS: 'a secret that wraps no key of these leads' };
    const refusal = { failed: true, out: expect.stringContaining(`leadctl: ${joe}: the key of its personal data`) };
    expect(await leadctlWith(wrong, 'restore', 'confirm', '--by', 'olga')).toEqual(refusal);
    expect(await leadctl('restore', 'confirm', '--by', 'olga')).toMatchObject({ failed: false });
  });

  it('is erased again by an operator’s list, when all other evidence is lost', async () => {
    await disaster('all');
    const list = join(folder, 'erased.txt');
    await writeFile(list, `# since Monday\n${jane}\nstranger@example.com\n`);
    expect((await leadctl('restore', 'reconcile', '--erased', list)).out).toContain('--stopped and --erased need --by');
    const wrong = { LEAD_ID_SECRET: 'a secret of the leads of another installation' };
    const blind = { ...wrong, DATA_KEYS: 'a secret that wraps no key of these leads' };
    expect(await leadctlWith(blind, 'restore', 'reconcile', '--stopped', list, '--by', 'olga')).toEqual({
      failed: true,
      out: expect.stringContaining('no lead’s address can be read'),
    });
    for (const option of ['--erased', '--stopped'])
      expect(await leadctlWith(wrong, 'restore', 'reconcile', option, list, '--by', 'olga')).toEqual({
        failed: true,
        out: expect.stringContaining('LEAD_ID_SECRET is not the one'),
      });
    await writeFile(join(folder, 'ids.txt'), joe);
    const none = { LEAD_ID_SECRET: undefined };
    expect(
      await leadctlWith(
        none,
        'restore',
        'reconcile',
        '--stopped',
        join(folder, 'ids.txt'),
        '--by',
        'olga',
        '--dry-run',
      ),
    ).toEqual({ failed: false, out: expect.stringContaining('1 of 1 leads that olga names would be recovered') });
    const { out } = await leadctl('restore', 'reconcile', '--erased', list, '--by', 'olga');
    expect(out).toContain('1 leads erased again');
    expect(out).toContain('line 3 of --erased names no lead of the log');
    expect(await readable()).toEqual([]);
    expect(await leadctl('restore', 'confirm', '--by', 'olga')).toMatchObject({ failed: false });
  });
});
