import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Hold } from '@leadstream/contracts/guard';
import type { Draft } from '@leadstream/contracts/events';
import { CRM_BUCKET } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { provisionAll } from '@leadstream/eventlog/provision';
import { CANARY_TAG } from '@leadstream/lead/canary';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { command } from '@leadstream/leadctl/testing/command';
import { sandboxClient } from '@leadstream/sandbox-esp/client';
import type { SandboxContact } from '@leadstream/sandbox-esp/contacts';
import { startSandbox, type Sandbox } from '@leadstream/sandbox-esp/sandbox';
import { ToldLeads } from '@leadstream/service/crm/told';
import { start, type Running } from '@leadstream/service/start';
import { enrolled, erased, paused, replied, resumed, submission, triaged } from '@leadstream/testing/builders';
import { eventually } from '@leadstream/testing/eventually';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { startNats, type Server } from '@leadstream/testing/servers';
import { crm } from './crm.module.ts';

const DATA_KEY = 'a secret of thirty-two characters at least';
let nats: Server;
let broker: Broker;
let sandbox: Sandbox;
let service: Running;
let log: EventLog<LeadState>;
let env: Record<string, string>;

beforeAll(async () => {
  [nats, sandbox] = await Promise.all([startNats(), startSandbox()]);
  broker = Broker.open({ servers: nats.url, name: 'test' }, silentLog);
  await broker.ready();
  await provisionAll(broker, 1);
  const keys = new Keyring(broker, [DATA_KEY]);
  log = new EventLog<LeadState>(broker, leadFold, { source: 'test', now: () => Temporal.Now.instant(), keys });
  env = {
    ...{ NATS_URL: nats.url, MONGODB_URI: mongoDatabase('crm').uri, DATA_KEYS: DATA_KEY, GUARD_GAP_MS: '0' },
    ...{ HUBSPOT_TOKEN: 'pat-of-the-tests', HUBSPOT_BASE_URL: sandbox.url, HUBSPOT_EVERY_MS: '1000' },
  };
});
afterAll(async () => {
  await service.stop();
  await broker.close();
  await Promise.all([sandbox.close(), nats.stop()]);
});

const serve = async () => {
  service = await start(crm, { ...env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'silent' });
  await service.ready;
};
const contacts = async () => (await (await fetch(`${sandbox.url}/hubspot/contacts`)).json()) as SandboxContact[];
const faults = (fault: object) => sandboxClient(sandbox.url).faults({ to: 'hubspot', ...fault });
const metrics = async () => (await fetch(`${service.url}/metrics`)).text();

async function append(leadId: string, ...events: Draft[]): Promise<void> {
  for (const event of events) await log.decide(leadId, crypto.randomUUID(), () => event);
}
/** A lead, with a contact unless `alone`. */
async function lead({ address = `${crypto.randomUUID()}@example.com`, alone = false, tags = [] as string[] } = {}) {
  const leadId = crypto.randomUUID();
  const contact = { email: address, address, firstName: 'Jane' };
  if (!alone)
    await fetch(`${sandbox.url}/hubspot/contacts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: address }),
    });
  const { tags: own } = submission();
  await append(leadId, triaged({ contact, tags: [...own, ...tags], intake: { seq: 1, key: leadId } }));
  return { leadId, address };
}
const contactOf = async (address: string) =>
  (await contacts()).find(({ properties }) => properties['email'] === address);
const contactOfLead = async (leadId: string) =>
  (await contacts()).find(({ properties }) => properties['leadstream_lead_id'] === leadId);
const toldOf = (leadId: string) => new ToldLeads(broker, 1).read(leadId);
const saying = (address: string, properties: Record<string, string>) =>
  eventually(async () => {
    const found = await contactOf(address);
    expect(found?.properties).toMatchObject(properties);
    return found;
  });
const done = () =>
  eventually(async () => {
    const { num_pending, num_ack_pending } = await (await broker.jsm()).consumers.info('LEADS', 'crm');
    return num_pending + num_ack_pending === 0;
  });

it('providers check names the properties that are missing, and crm setup creates them', async () => {
  const check = async (by = env) => (await command(['providers', 'check', '--json'], by)).out;
  expect(await check()).toContain('HubSpot has no property leadstream_lead_id');
  expect(await command(['crm', 'setup'], env)).toMatchObject({ code: 0 });
  expect(await check()).toContain('HubSpot takes the token');
  const { HUBSPOT_TOKEN: token = '', ...others } = env;
  const file = join(await mkdtemp(join(tmpdir(), 'crm-')), 'token');
  await writeFile(file, token);
  expect(await check({ ...others, HUBSPOT_TOKEN_FILE: file })).toContain('HubSpot takes the token');
  expect(await command(['crm', 'setup'], env)).toMatchObject({ code: 0, out: expect.stringContaining('are there') });
  await serve();
});

it('a contact shows what becomes of its lead, and is not told it twice', async () => {
  const { leadId, address } = await lead();
  await append(leadId, enrolled());
  await saying(address, { leadstream_lead_id: leadId, leadstream_reply_class: '' });
  await append(leadId, replied());
  const { writes } = await saying(address, { leadstream_status: 'responded', leadstream_reply_class: 'human' });
  await append(leadId, { type: 'lead.noted', data: { by: 'olga', text: 'called' } });
  await done();
  expect((await contactOf(address))?.writes).toHaveLength(writes.length);
});

it('leaves out the canary and a lead without a contact, and clears what it wrote of an erased one', async () => {
  const canary = await lead({ tags: [CANARY_TAG] });
  const alone = await lead({ alone: true });
  const { leadId, address } = await lead();
  await saying(address, { leadstream_lead_id: leadId });
  await append(leadId, erased);
  await saying(address, { leadstream_lead_id: '', leadstream_status: '', leadstream_last_activity: '' });
  await done();
  expect((await contactOf(canary.address))?.writes).toHaveLength(1);
  expect(await contactOf(alone.address)).toBeUndefined();
  expect(JSON.parse((await command(['crm', 'status', '--json'], env)).out)).toMatchObject({
    told: { cleared: 1, absent: 1 },
  });
});

it('a contact that HubSpot refuses holds up no other, and an operator sees it', async () => {
  const refused = await lead({ address: `refused.${crypto.randomUUID()}@example.com` });
  const others = await Promise.all(Array.from({ length: 7 }, () => lead()));
  for (const { leadId, address } of others) await saying(address, { leadstream_lead_id: leadId });
  await done();
  const status = await command(['crm', 'status'], env);
  expect(status.out).toContain(`refused ${refused.leadId}  400 VALIDATION_ERROR`);
  expect(status.out).not.toContain(refused.address);
  expect(await metrics()).toContain('leadstream_crm_contacts_total{outcome="refused",app="crm"} 1');
});

it('limits, lost answers and errors lose no lead, and the newest state is the last', async () => {
  for (const fault of [
    ...[{ status: 429, retryAfter: 1, count: 2 }, { drop: 'after' }, { status: 503 }, { body: 'no JSON' }],
    ...[{ status: 429, retryAfter: 1, body: { policyName: 'DAILY' } }, { drop: 'before' }],
  ])
    await faults(fault);
  const leads = await Promise.all(Array.from({ length: 130 }, () => lead()));
  for (const { leadId } of leads) await append(leadId, paused, resumed, replied());
  await done();
  expect(await sandboxClient(sandbox.url).faults({ to: 'nobody' })).toBeUndefined();
  const all = await contacts();
  for (const { address } of leads) {
    const found = all.find(({ properties }) => properties['email'] === address);
    expect(found?.properties).toMatchObject({ leadstream_status: 'responded', leadstream_reply_class: 'human' });
    // Coalesced: four events of a lead, and its repetitions, are a few updates.
    expect(found?.writes.length).toBeLessThan(6);
  }
}, 300_000);

/** 0 of a series that is not there yet. */
const figure = (text: string, name: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`leadstream_${name}`))
      ?.split(' ')
      .at(-1) ?? 0,
  );
const answers = async () => figure(await metrics(), 'crm_calls_total{answer="ok"');
/** Appends a reply; resolves once its contact is found, and the call that writes it waits for its answer. */
async function appendSlowly(leadId: string): Promise<void> {
  for (const latencyMs of [0, 7_000]) await faults({ latencyMs });
  const before = await answers();
  await append(leadId, replied());
  await eventually(async () => (await answers()) > before);
  await saying((await contactOfLead(leadId))?.properties['email'] ?? '', { leadstream_status: 'responded' });
}

it('shows that HubSpot is told nothing until it answers again, also during a call that has no answer', async () => {
  const { address, leadId } = await lead();
  await saying(address, { leadstream_lead_id: leadId });
  await done();
  for (const latencyMs of [0, 3_000]) await faults({ status: 503, latencyMs });
  const answered = (text: string) => figure(text, 'crm_calls_total{answer="ok"');
  const before = await answers();
  await append(leadId, replied());
  await eventually(async () => figure(await metrics(), 'crm_held') === 1);
  for (let text = await metrics(); answered(text) === before; text = await metrics()) {
    expect(figure(text, 'crm_held')).toBe(1);
    await delay(50);
  }
  await eventually(async () => figure(await metrics(), 'crm_held') === 0);
  await done();
}, 300_000);

it('acknowledges nothing that it read before the restore guard held the log', async () => {
  const { address, leadId } = await lead();
  await saying(address, { leadstream_lead_id: leadId });
  await done();
  await appendSlowly(leadId);
  const records = new GuardRecords(broker, 1);
  const at = new Date().toISOString();
  const hold: Hold = { reason: 'epoch', why: 'a test', highSeq: null, endSeq: 0, endAt: null, at, by: 'test' };
  await records.change((now) => now && { ...now, hold });
  await eventually(async () => figure(await metrics(), 'log_held') === 1);
  await eventually(async () => 'digest' in ((await toldOf(leadId)).told ?? {}));
  await delay(300);
  const { num_ack_pending } = await (await broker.jsm()).consumers.info('LEADS', 'crm');
  expect(num_ack_pending).toBe(1);
  await records.change((now) => now && { ...now, hold: null });
  await done();
}, 300_000);

it('a stop tells the newest state of a lead whose call another process has passed over', async () => {
  const { address, leadId } = await lead();
  await saying(address, { leadstream_lead_id: leadId });
  await done();
  await appendSlowly(leadId);
  const { revision } = await toldOf(leadId);
  const at = new Date().toISOString();
  await new ToldLeads(broker, 1).write(leadId, { digest: 'of a newer state', outcome: 'updated', at }, revision);
  await service.stop();
  expect((await toldOf(leadId)).told).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{32}$/) });
  await serve();
}, 300_000);

it('a lead that the log does not tell holds up no other, and an operator sees it', async () => {
  await service.stop();
  const [odd, other] = [await lead(), await lead()];
  await append(odd.leadId, enrolled());
  const [first] = await log.history(odd.leadId);
  await (await broker.jsm()).streams.deleteMessage('LEADS', first?.seq ?? 0);
  await serve();
  await saying(other.address, { leadstream_lead_id: other.leadId });
  await eventually(async () =>
    (await command(['crm', 'status'], env)).out.includes(`unreadable ${odd.leadId}  HoleInChain`),
  );
  expect(await metrics()).toContain('leadstream_crm_contacts_total{outcome="unreadable",app="crm"} 1');
  await (await broker.jsm()).streams.purge('LEADS', { filter: `leads.${odd.leadId}.>` });
}, 300_000);

it('lost records cost repetitions, and nothing else', async () => {
  const before = (await contacts()).map(({ id, properties }) => [id, properties]);
  await service.stop();
  const { streams, consumers } = await broker.jsm();
  await streams.purge(`KV_${CRM_BUCKET}`);
  await consumers.delete('LEADS', 'crm');
  await serve();
  await eventually(async () =>
    (await metrics()).includes('leadstream_crm_contacts_total{outcome="updated",app="crm"} 1'),
  );
  await done();
  expect((await contacts()).map(({ id, properties }) => [id, properties])).toEqual(before);
}, 300_000);

it('creates a contact where it may', async () => {
  await service.stop();
  env = { ...env, HUBSPOT_CREATE: 'true' };
  await serve();
  const { leadId, address } = await lead({ alone: true });
  await saying(address, { leadstream_lead_id: leadId, firstname: 'Jane' });
});
