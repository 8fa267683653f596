import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { KEYS, keySubject } from '@leadstream/contracts/streams';
import { startNats, type Server } from '@leadstream/testing/servers';
import { StoreCompression } from '@nats-io/jetstream';
import type { Broker } from './broker.ts';
import { KeyLost } from './errors.ts';
import { destroyKey, Keyring } from './keyring.ts';
import { EventLog, type EventLogOptions, type Fold, type Loaded } from './log.ts';
import { overwrite } from './overwrite.ts';
import { provision } from './provision.ts';
import { unwrap, wrappingKey } from './seal.ts';
import type { Keys } from './sealing.ts';
import { States } from './states.ts';
import { aLead, now, openBroker, smallFold, type SmallLead } from './testing/small-lead.ts';

const [SECRET, NEXT_SECRET] = ['the first secret of the environment', 'the next secret of the environment'];
let keys = 0;
const replied = (text: string): Draft => ({
  type: 'lead.replied',
  data: {
    key: `mail/${keys++}`,
    provider: 'test',
    at: '2026-11-23T09:00:00Z',
    class: 'human',
    matchedBy: 'token',
    text,
  },
});
const erased: Draft = { type: 'lead.erased', data: { by: 'olga' } };
const delivered: Draft = {
  type: 'lead.delivered',
  data: { key: 'delivered', provider: 'test', at: '2026-11-23T09:00:00Z' },
};

describe('personal fields in the log', () => {
  let dir: string;
  let nats: Server;
  let broker: Broker;
  const log = (options: Partial<EventLogOptions<SmallLead>> = { keys: keyring() }) =>
    new EventLog(broker, smallFold, { source: 'test', now, ...options });
  const keyring = (...secrets: string[]) => new Keyring(broker, secrets.length > 0 ? secrets : [SECRET]);
  let drawn = 0;
  const write = async (leadId: string, draft: Draft, options?: Partial<EventLogOptions<SmallLead>>) =>
    ((await log(options).decide(leadId, `id-${drawn++}`, () => draft)) as { event: Recorded }).event;
  /** Every file of the store. The server compacts its files meanwhile: while one vanishes, all are read again. */
  const stored = async (): Promise<string[]> => {
    try {
      const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      return await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return stored();
      throw error;
    }
  };
  const isOnDisk = async (text: string) => (await stored()).some((file) => file.includes(text));
  const entryOf = async (leadId: string) =>
    (await broker.jsm()).streams.getMessage(KEYS, { last_by_subj: keySubject(leadId) });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'leadstream-sealing-'));
    nats = await startNats({ dir });
    broker = await openBroker(nats.url);
    await provision(broker, { replicas: 1, streams: ['LEADS', 'KV_keys', 'INTAKE'] });
  });
  afterAll(async () => {
    await broker?.close();
    await nats?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('are readable with the key, and are on no disk', async () => {
    const leadId = aLead();
    const event = await write(leadId, replied('the-words-of-jane'));
    expect(event.data).toMatchObject({ text: 'the-words-of-jane' });
    expect(await log().history(leadId)).toEqual([event]);
    expect(await isOnDisk('"matchedBy":"token"')).toBe(true);
    expect(await isOnDisk('the-words-of-jane')).toBe(false);
  });

  it('are absent for a blind reader, whose chain is whole all the same', async () => {
    const leadId = aLead();
    await write(leadId, replied('unseen'));
    await write(leadId, delivered, { keys: 'blind' });
    const [event, after] = await log({ keys: 'blind' }).history(leadId);
    expect([event?.data, event?.sealed?.length]).toEqual([
      { key: expect.any(String), provider: 'test', at: '2026-11-23T09:00:00Z', class: 'human', matchedBy: 'token' },
      expect.any(Number),
    ]);
    expect(after).toMatchObject({ type: 'lead.delivered', version: 2 });
  });

  it('are written, and not read, by a process that only records', async () => {
    const leadId = aLead();
    const keys = { writes: keyring() };
    await write(leadId, replied('recorded'), { keys });
    expect((await log({ keys }).history(leadId)).map(({ data }) => 'text' in data)).toEqual([false]);
    expect((await log().history(leadId)).map(({ data }) => 'text' in data && data.text)).toEqual(['recorded']);
  });

  it('are in each state of a log with keys, although a log without them shares its memory', async () => {
    const fold: Fold<string[]> = {
      initial: [],
      stateVersion: 1,
      evolve: (texts, { type, data }) => (type === 'lead.replied' ? [...texts, data.text ?? 'sealed'] : texts),
    };
    const states = new States<string[]>();
    const sharing = (keys: Keys) => new EventLog(broker, fold, { source: 'test', now, keys, states });
    const [blind, whole] = [sharing('blind'), sharing(keyring())];
    const leadId = aLead();
    await write(leadId, replied('first'));
    expect((await blind.load(leadId)).state).toEqual(['sealed']);
    expect((await whole.load(leadId)).state).toEqual(['first']);
    // The blind log goes on from the whole state.
    const { seq } = await write(leadId, delivered, { keys: 'blind' });
    expect(await blind.load(leadId)).toMatchObject({ lastSeq: seq, state: ['first'] });
    await write(leadId, replied('second'));
    expect((await blind.load(leadId)).state).toEqual(['first', 'sealed']);
    expect((await whole.load(leadId)).state).toEqual(['first', 'second']);
    expect((await blind.load(leadId)).state).toEqual(['first', 'second']);
  });

  it('are never written by a blind process', async () => {
    await expect(write(aLead(), replied('in clear'), { keys: 'blind' })).rejects.toThrow('its writer has no keys');
  });

  it('are an error for a keyring without the key, so that no reader takes the rest for the whole', async () => {
    const leadId = aLead();
    await write(leadId, replied('kept'));
    await expect(log({}).history(leadId)).rejects.toThrow('DATA_KEYS is not set');
    await expect(log({ keys: keyring(NEXT_SECRET) }).history(leadId)).rejects.toThrow('was wrapped by');
    const { seq } = (await entryOf(leadId)) ?? { seq: 0 };
    await overwrite(broker, KEYS, seq);
    await expect(log().load(leadId)).rejects.toThrow(KeyLost);
    await expect(log().history(leadId)).rejects.toThrow('nobody erased the lead');
    // Another key would make what is there unreadable for ever.
    await expect(write(leadId, { type: 'lead.triaged', data: { ...triaged } })).rejects.toThrow(KeyLost);
    expect(await entryOf(leadId)).toBeNull();
  });

  it('do not delay a fact when the key is lost', async () => {
    const leadId = aLead();
    const { after } = (await log().decide(leadId, 'first', () => replied('kept'))) as { after: Loaded<SmallLead> };
    await overwrite(broker, KEYS, (await entryOf(leadId))?.seq ?? 0);
    const bounced: Draft = {
      type: 'lead.bounced',
      data: { key: 'b', provider: 'test', at: '2026-11-23T09:00:00Z', reason: 'words' },
    };
    const {
      event: { seq },
    } = (await log().decide(leadId, 'second', () => bounced, after)) as { event: Recorded };
    const message = await (await broker.jsm()).streams.getMessage('LEADS', { seq });
    expect(message?.json()).toEqual({ key: 'b', provider: 'test', at: '2026-11-23T09:00:00Z', sealed: '' });
  });

  it('of a log from before keys are read, and later ones are sealed', async () => {
    const leadId = aLead();
    await write(leadId, replied('from before'), {});
    await write(leadId, replied('from after'));
    const history = await log().history(leadId);
    expect(history.map(({ data }) => 'text' in data && data.text)).toEqual(['from before', 'from after']);
    expect([await isOnDisk('"text":"from before"'), await isOnDisk('from after"}')]).toEqual([true, false]);
  });

  it('have one key per lead with concurrent first writers', async () => {
    const leadId = aLead();
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(leadId, replied(`text ${index}`))));
    expect((await log().history(leadId)).map(({ data }) => 'text' in data && data.text).sort()).toEqual(
      Array.from({ length: 20 }, (_, index) => `text ${index}`).sort(),
    );
  });

  it('are unreadable once the key is destroyed, and the key is on no disk', async () => {
    const leadId = aLead();
    await write(leadId, replied('gone'));
    const wrapped = (await entryOf(leadId))?.data ?? Buffer.alloc(0);
    const bytes = Buffer.from(wrapped).toString('latin1');
    expect([unwrap([wrappingKey(SECRET)], wrapped, leadId)?.length, await isOnDisk(bytes)]).toEqual([32, true]);
    await write(leadId, erased);
    expect(await destroyKey(broker, leadId)).toBe(1);
    expect(await isOnDisk(bytes)).toBe(false);
    const [event] = await log().history(leadId);
    expect(event?.data).not.toHaveProperty('text');
    expect(await destroyKey(broker, leadId)).toBe(0);
  });

  it('are not kept for an erased lead: no key replaces the marker', async () => {
    const leadId = aLead();
    await write(leadId, replied('before'));
    await write(leadId, erased);
    await destroyKey(broker, leadId);
    await write(leadId, { type: 'lead.triaged', data: triaged });
    const events = await log().history(leadId);
    expect(events.at(-1)).toMatchObject({ data: { contact: { email: '', address: '' } }, sealed: '' });
    expect(await isOnDisk('erin@example.com')).toBe(false);
  });

  it('of an erased lead need no marker: a crash may precede it', async () => {
    const leadId = aLead();
    await write(leadId, replied('before'));
    await write(leadId, erased);
    await overwrite(broker, KEYS, (await entryOf(leadId))?.seq ?? 0);
    expect((await log().history(leadId)).map(({ type }) => type)).toEqual(['lead.replied', 'lead.erased']);
    expect(await destroyKey(broker, leadId)).toBe(0);
    expect((await entryOf(leadId))?.header.get('KV-Operation')).toBe('PURGE');
  });

  it('are read through a rotation, after which the old secret opens nothing', async () => {
    const leadId = aLead();
    await write(leadId, replied('rotated'));
    const old = Buffer.from((await entryOf(leadId))?.data ?? []).toString('latin1');
    const both = keyring(NEXT_SECRET, SECRET);
    expect([await both.rewrap(leadId), await both.rewrap(leadId)]).toEqual([true, false]);
    expect(
      (await log({ keys: keyring(NEXT_SECRET) }).history(leadId)).map(({ data }) => 'text' in data && data.text),
    ).toEqual(['rotated']);
    await expect(log().history(leadId)).rejects.toThrow(KeyLost);
    expect(await isOnDisk(old)).toBe(false);
    expect(await destroyKey(broker, leadId)).toBe(1);
  });

  it('are on no disk once their event is overwritten in a file that is compressed', async () => {
    const { streams } = await broker.jsm();
    await streams.update('LEADS', { compression: StoreCompression.S2 });
    const { seq } = await broker.js().publish(`leads.${aLead()}.replied`, `a word of ${'jane '.repeat(9)}in clear`);
    // Blocks have 8 MB; the server compresses each once the next one begins.
    const filler = (kind: number) => broker.js().publish(`leads.${aLead()}.tagged`, randomBytes(400_000 + kind));
    for (let kind = 0; kind < 48; kind++) await filler(kind);
    expect(await isOnDisk('a word of jane ')).toBe(true);
    await overwrite(broker, 'LEADS', seq);
    expect(await isOnDisk('a word of jane ')).toBe(false);
    expect(await isOnDisk('a word of')).toBe(false);
  });
});

const triaged = {
  contact: { email: 'erin@example.com', address: 'erin@example.com' },
  changes: [],
  tags: [],
  route: { sequence: 's', tag: 't', rank: 1 },
  zone: { id: 'UTC', source: 'default' as const, confidence: 'low' as const, evidence: '' },
  dossier: { source: 'x' },
  intake: { seq: 1, key: 'k' },
};
