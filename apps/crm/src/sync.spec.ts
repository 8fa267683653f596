import { beforeEach, expect, it } from '@jest/globals';
import { HoleInChain } from '@leadstream/eventlog/errors';
import { initial, type LeadState } from '@leadstream/lead/state';
import { HubSpotTrouble, type HubSpotCall } from '@leadstream/providers/hubspot/access';
import { LEAD_ID, propertyNames } from '@leadstream/providers/hubspot/properties';
import { Contacts } from '@leadstream/sandbox-esp/contacts';
import { answerBatch, type Verb } from '@leadstream/sandbox-esp/hubspot';
import type { Told, ToldStore } from '@leadstream/service/crm/told';
import type { Logger } from 'pino';
import { Sync, type SyncParts } from './sync.ts';

const LEAD = 'lead-1';
const email = 'jane@example.com';
const at = '2026-11-23T08:00:00Z';
const nothing = () => undefined;
const log = { info: nothing, warn: nothing, error: nothing } as unknown as Logger;
const OTHER: Told = { by: '00000000-0000-4000-8000-000000000000', at };

/** The record of the lead. */
class OneRecord implements ToldStore {
  told: Told | undefined;
  revision = 0;
  readonly read = () => Promise.resolve({ revision: this.revision, ...(this.told ? { told: this.told } : {}) });
  readonly write = (_: string, told: Told, revision: number) => {
    if (revision !== this.revision) return Promise.resolve(undefined);
    this.told = told;
    return Promise.resolve(++this.revision);
  };
}

let record: OneRecord;
let contacts: Contacts;
let state: LeadState;
let nowMs = 0;
const inSequence = (sequence: string) =>
  void (state = {
    ...initial,
    contact: { email, address: email },
    run: { id: 'run', sequence, version: 1, route: { sequence, tag: 'tag', rank: 0 } },
  });
const shown = () => contacts.find('email', email)?.properties['leadstream_sequence'];
const call: HubSpotCall = ({ path, body }) => {
  const [status, answer] = answerBatch(path.split('/').at(-1) as Verb, body, contacts);
  return Promise.resolve({ status, headers: {}, text: JSON.stringify(answer) });
};
const sync = (over: Partial<SyncParts> = {}) =>
  new Sync({
    ...{ told: record, load: () => Promise.resolve(state), call, create: false, log, counted: nothing },
    nowMs: () => nowMs,
    ...over,
  });

beforeEach(() => {
  record = new OneRecord();
  contacts = new Contacts();
  for (const name of propertyNames) contacts.properties.set(name, name === LEAD_ID);
  contacts.create({ email });
  inSequence('welcome');
});

it('tells a state once', async () => {
  const one = sync();
  expect([...(await one.tell([LEAD]))]).toEqual([]);
  expect([...(await one.tell([LEAD]))]).toEqual([]);
  expect(shown()).toBe('welcome');
  expect(contacts.find('email', email)?.writes).toHaveLength(2);
});

it('does not take a state for told when another process has announced a call since the record was read', async () => {
  await sync().tell([LEAD]);
  const load = async () => {
    await record.write(LEAD, OTHER, record.revision);
    return state;
  };
  expect((await sync({ load }).tell([LEAD])).has(LEAD)).toBe(true);
});

it('tells the state that is read after the announcement', async () => {
  const load = () => {
    const read = state;
    inSequence('news');
    return Promise.resolve(read);
  };
  expect([...(await sync({ load }).tell([LEAD]))]).toEqual([]);
  expect(shown()).toBe('news');
});

it('announces no call over an announcement that it has not read', async () => {
  const load = async () => {
    if (record.revision === 0) await record.write(LEAD, OTHER, 0);
    return state;
  };
  expect((await sync({ load }).tell([LEAD])).has(LEAD)).toBe(true);
  expect(record.told).toEqual(OTHER);
});

it('owes the newest state when it was passed over during its call, whoever has told it meanwhile', async () => {
  let isLate = true;
  const late = sync({
    call: async (request) => {
      if (isLate && request.path.endsWith('update')) {
        isLate = false;
        // Another process tells a newer state, and then this call arrives.
        inSequence('news');
        await record.write(LEAD, { digest: 'of the newer one', outcome: 'updated', at }, record.revision);
      }
      return call(request);
    },
  });
  await late.tell([LEAD]);
  expect(shown()).toBe('welcome');
  expect(late.owes).toBe(true);
  // Nobody takes the older state for told.
  expect(record.told).toMatchObject({ by: expect.any(String) });
  await late.tellOwed();
  expect(shown()).toBe('news');
  expect(late.owes).toBe(false);
});

it('a process that is passed over during a call without an answer owes the newest state, too', async () => {
  const late = sync({
    call: async (request) => {
      if (request.path.endsWith('read')) return call(request);
      await record.write(LEAD, { digest: 'of the newer one', outcome: 'updated', at }, record.revision);
      throw new HubSpotTrouble('down', 'TIMEOUT');
    },
  });
  await expect(late.tell([LEAD])).rejects.toThrow('TIMEOUT');
  expect(late.owes).toBe(true);
});

it('an owed lead that cannot be read is named once, holds up nothing, and is told when it can be read', async () => {
  const lines: unknown[] = [];
  const error = (fields: unknown) => void lines.push(fields);
  const outcomes: string[] = [];
  let [isPassed, isReadable] = [true, true];
  const late = sync({
    log: { ...log, error } as unknown as Logger,
    counted: (outcome) => void outcomes.push(outcome),
    load: () => (isReadable ? Promise.resolve(state) : Promise.reject(new HoleInChain(LEAD, 'LEADS', 7, 'is missing'))),
    call: async (request) => {
      if (isPassed && request.path.endsWith('update')) {
        [isPassed, isReadable] = [false, false];
        await record.write(LEAD, { digest: 'of the newer one', outcome: 'updated', at }, record.revision);
      }
      return call(request);
    },
  });
  await late.tell([LEAD]);
  expect(late.owes).toBe(true);
  await late.tellOwed();
  expect(late.owes).toBe(false);
  expect(record.told).toMatchObject({ outcome: 'unreadable', why: 'HoleInChain' });
  nowMs += 60_000;
  expect(late.owes).toBe(true);
  await late.tellOwed();
  expect([lines, outcomes]).toEqual([[expect.objectContaining({ leadId: LEAD })], ['unreadable']]);
  nowMs += 60_000;
  isReadable = true;
  inSequence('news');
  await late.tellOwed();
  expect(shown()).toBe('news');
  nowMs += 60_000;
  expect(late.owes).toBe(false);
});

it('another process tells the newest state a minute after one has died between its call and its record', async () => {
  const dying = sync({
    told: { read: record.read, write: (...it) => ('by' in it[1] ? record.write(...it) : new Promise(nothing)) },
  });
  void dying.tell([LEAD]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(shown()).toBe('welcome');
  inSequence('news');
  const next = sync();
  for (const passes of [0, 30_000, 29_999]) {
    nowMs += passes;
    expect((await next.tell([LEAD])).has(LEAD)).toBe(true);
    expect(shown()).toBe('welcome');
  }
  nowMs += 1;
  expect([...(await next.tell([LEAD]))]).toEqual([]);
  expect(shown()).toBe('news');
});

it('begins no call half a minute after its announcement', async () => {
  const slow = sync({
    call: (request) => {
      nowMs += 30_001;
      return call(request);
    },
  });
  await expect(slow.tell([LEAD])).rejects.toThrow('too late');
  expect(shown()).toBeUndefined();
});

it('an address that HubSpot refuses to look up is recorded as refused, and holds up no other', async () => {
  const records = new Map([LEAD, 'stranger'].map((leadId) => [leadId, new OneRecord()]));
  const recordOf = (leadId: string) => records.get(leadId) ?? record;
  const made = 'made up@example.com';
  const refusing: HubSpotCall = (request) => {
    const isRefused = request.path.endsWith('read') && JSON.stringify(request.body).includes(made);
    const text = JSON.stringify({ status: 'error', category: 'VALIDATION_ERROR' });
    return isRefused ? Promise.resolve({ status: 400, headers: {}, text }) : call(request);
  };
  for (const create of [false, true]) {
    for (const leadId of records.keys()) records.set(leadId, new OneRecord());
    const one = sync({
      create,
      call: refusing,
      told: { read: (id) => recordOf(id).read(), write: (id, ...it) => recordOf(id).write(id, ...it) },
      load: (id) =>
        Promise.resolve(id === LEAD ? state : { ...state, contact: { email: made, address: made }, run: null }),
    });
    expect([...(await one.tell([LEAD, 'stranger']))]).toEqual([]);
    expect(recordOf('stranger').told).toMatchObject({ outcome: 'refused', why: '400 VALIDATION_ERROR' });
    expect(recordOf(LEAD).told).toMatchObject({ outcome: 'updated' });
  }
});

it('remembers a limited number of announcements that it met', async () => {
  record.told = OTHER;
  const one = sync();
  const leads = Array.from({ length: 10_001 }, (_, index) => `lead-${index}`);
  await one.tell(leads);
  nowMs += 60_000;
  expect((await one.tell(['lead-0'])).has('lead-0')).toBe(true);
  expect((await one.tell(['lead-10000'])).has('lead-10000')).toBe(false);
});
