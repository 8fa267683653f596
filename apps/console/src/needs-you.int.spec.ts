import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { leadFold } from '@leadstream/lead/evolve';
import { view, type LeadState } from '@leadstream/lead/state';
import { provisionLeads } from '@leadstream/projection/collections';
import { Projection } from '@leadstream/projection/projection';
import { claimed, enrolled, failed, paused, skipped, stepDue, unknown } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { MongoClient } from 'mongodb';
import type { NeedsYou, Offer } from './needs-you-schemas.ts';
import { House } from './testing/house.ts';
import { opened, type Opened, untilReady } from './testing/opened.ts';

const gone: Draft = {
  type: 'lead.moved',
  data: { by: 'ana', route: { sequence: 'gone', tag: 'gone', rank: 0 }, step: 0 },
};

let house: House;
let client: MongoClient;
let projection: Projection<LeadState>;
let it1: Opened;

beforeAll(async () => {
  house = await House.open();
  client = await new MongoClient(house.env['MONGODB_URI'] ?? '').connect();
  await provisionLeads(client.db());
  projection = new Projection(client.db(), leadFold, view);
  // A lead that begins waits a minute for its scheduler.
  it1 = await opened({ ...house.env, CLOCK_OFFSET: 'PT10M' });
  await untilReady(it1);
});
afterAll(async () => {
  await it1.service.stop();
  await client.close();
  await house.close();
});

const project = async (leadId: string) => projection.apply(await house.history(leadId), (id) => house.history(id));
async function newLead(...drafts: Draft[]): Promise<string> {
  const leadId = await house.newLead(...drafts);
  await project(leadId);
  return leadId;
}
const inbox = async (): Promise<NeedsYou> => {
  const answer = await it1.ask('GET', '/v1/needs-you', { role: 'view' });
  expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
  return answer.json<NeedsYou>();
};
const take = ({ method, path, body, ifMatch }: Offer) =>
  it1.ask(method, path, {
    role: 'admin',
    ...(body ? { body } : {}),
    headers: { 'idempotency-key': crypto.randomUUID(), ...(ifMatch ? { 'if-match': ifMatch } : {}) },
  });
const says = (can: readonly Offer[]) => can.map((offer) => offer.says);
const AGAIN = 'Begin its sequence again';

describe('what needs an operator', () => {
  it('is empty when nothing does', async () => {
    const none = { items: [], more: false };
    expect(await eventually(inbox)).toEqual({
      sends: none,
      leads: none,
      quarantined: none,
      account: null,
      overdue: { count: 0, more: false, lagMs: 0 },
    });
  });

  it.each([
    ['unknown', [unknown()], ['It went out', 'It did not: go on without it', AGAIN], 'timeout'],
    ['failed', [failed()], ['It went out', 'It did not: go on without it', AGAIN], 'permanent'],
  ] as const)('has a send that is %s, with what settles it', async (why, outcome, can, of) => {
    const leadId = await newLead(enrolled(), stepDue(), claimed(), ...outcome);
    const { items } = (await inbox()).sends;
    const item = items.find(({ lead }) => lead.id === leadId);
    expect(item).toMatchObject({
      lead: { name: 'Jane Doerr', email: `${leadId}@example.com`, version: 5 },
      why,
      step: 'first',
      sendId: 'send-1',
      parked: true,
      class: of,
    });
    expect(says(item?.can ?? [])).toEqual(can);
    const offer = item?.can.find((one) => one.says.startsWith('It did not'));
    expect(offer && (await take(offer)).statusCode).toBe(200);
    await project(leadId);
    expect((await inbox()).sends.items.map(({ lead }) => lead.id)).not.toContain(leadId);
    // The lead was looked at before: the same request again is for another state.
    expect(offer && (await take(offer)).statusCode).toBe(409);
  });

  it('has a mail that could not be written, which only a new run settles', async () => {
    const leadId = await newLead(enrolled(), stepDue(), skipped('unrenderable'));
    const item = (await inbox()).sends.items.find(({ lead }) => lead.id === leadId);
    expect(item).toMatchObject({ why: 'unrenderable', sendId: null });
    expect(says(item?.can ?? [])).toEqual([AGAIN]);
  });

  it('has late leads by name, the stuck ones with the reason and the remedy', async () => {
    const [late, stuck, held] = [await newLead(enrolled()), await newLead(gone), await newLead(enrolled(), paused)];
    const { leads, overdue } = await inbox();
    const itemOf = (leadId: string) => leads.items.find(({ lead }) => lead.id === leadId);
    expect(itemOf(late)).toMatchObject({
      lead: { name: 'Jane Doerr' },
      status: 'active',
      sequence: 'content-nurture',
      dueAt: '2026-11-23T09:00:00.000Z',
      why: null,
    });
    expect(says(itemOf(late)?.can ?? [])).toEqual([AGAIN, 'Pause']);
    expect(itemOf(stuck)?.why).toEqual({
      reason: 'not-deployed',
      says: expect.stringContaining('gone'),
      remedy: expect.stringContaining('deploy'),
    });
    expect(itemOf(held)).toBeUndefined();
    expect(overdue.count).toBe(leads.items.length);
    const pause = itemOf(late)?.can.at(-1);
    expect(pause && (await take(pause)).statusCode).toBe(200);
    await project(late);
    expect((await inbox()).leads.items.map(({ lead }) => lead.id)).not.toContain(late);
  });

  it('has what is in quarantine, without the message', async () => {
    const data = new TextEncoder().encode('{"email":"secret@example.com"}');
    const origin = { stream: 'LEADS', seq: 1, subject: 'leads.x.triaged', headers: undefined, data };
    await quarantine(house.broker, { consumer: 'sender', reason: 'not readable', attempts: 20, ...origin });
    const { items } = (await inbox()).quarantined;
    expect(items).toMatchObject([{ consumer: 'sender', reason: 'not readable' }]);
    expect(JSON.stringify(items)).not.toContain('secret');
    const [show, redrive] = items[0]?.can ?? [];
    expect(show && (await take(show)).json<object>()).toMatchObject({ body: { email: 'secret@example.com' } });
    expect(redrive && (await take(redrive)).statusCode).toBe(409);
  });

  it('has the paused account, until it is resumed', async () => {
    await it1.ask('POST', '/v1/account/pause', { role: 'admin', body: { reason: 'a wrong letter' } });
    const { account } = await inbox();
    expect(account).toMatchObject({ paused: { why: 'a wrong letter', by: 'admin-token' } });
    const [resume] = account?.can ?? [];
    expect(resume && (await take(resume)).statusCode).toBe(200);
    expect((await inbox()).account).toBeNull();
  });
});
