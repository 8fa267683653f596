import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { console as consoleService } from '@leadstream/console/console.module';
import { crm } from '@leadstream/crm/crm.module';
import { command } from '@leadstream/leadctl/testing/command';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { watch } from '@leadstream/watch/watch.module';
import { Receiver } from '@leadstream/webhooks/testing/receiver';
import { webhooks } from '@leadstream/webhooks/webhooks.module';
import { freshEmail, lead, mailsTo, services } from '../e2e/stack.ts';
import { secured } from './secured.ts';

const ALL = { ...services, webhooks, crm, watch, console: consoleService };
type Name = keyof typeof ALL;
const HUBSPOT = { HUBSPOT_TOKEN: 'pat-of-the-proof', HUBSPOT_CREATE: 'true' };

describe.each([1, 4])('in a log of %i streams', (partitions) => {
  let house: Awaited<ReturnType<typeof secured>>;
  const running = {} as Record<Name, Running>;

  beforeAll(async () => {
    house = await secured(partitions);
    const access = { ...HUBSPOT, HUBSPOT_BASE_URL: house.sandbox.url };
    expect(await command(['crm', 'setup'], access)).toMatchObject({ code: 0 });
  });

  afterAll(async () => {
    await Promise.all(Object.values(running).map((one) => one.stop()));
    await house.stop();
  });

  const ready = async (name: Name): Promise<string> => (await fetch(`${running[name].url}/readyz`)).text();

  it('each service waits for the streams, and names what is missing', async () => {
    for (const name of Object.keys(ALL) as Name[]) {
      const env = {
        ...house.settings(name),
        CONSOLE_TOKENS: '',
        ESP_DAILY_MAX: '1000',
        WEBHOOKS_NETWORKS: '127.0.0.0/8',
        ...HUBSPOT,
        HUBSPOT_BASE_URL: house.sandbox.url,
        LOG_LEVEL: 'silent',
      };
      running[name] = await start(ALL[name], env);
    }
    for (const name of Object.keys(ALL) as Name[])
      await eventually(async () => {
        const answer = await ready(name);
        return /(stream|bucket) \w+ is not there yet; leadctl provision creates it/.test(answer);
      });
  });

  it('the provisioning user creates them, and every service is ready', async () => {
    expect(await house.leadctl('provision', 'provision')).toMatchObject({ code: 0, err: '' });
    await Promise.all(Object.values(running).map((one) => one.ready));
    for (const name of Object.keys(ALL) as Name[])
      await eventually(async () => {
        const answer = await fetch(`${running[name].url}/readyz`);
        if (answer.status === 200) return true;
        throw new Error(`${name}: ${await answer.text()}`);
      });
  });

  it('a lead is mailed, answers and is stopped, and the server has refused nothing', async () => {
    const before = (await house.violations()).length;
    house.sandbox.setTargets({
      eventUrl: `${running.inbound.url}/v1/sendgrid/events`,
      inboundUrl: `${running.inbound.url}/v1/sendgrid/inbound/${house.settings('inbound')['INBOUND_SECRET']}`,
    });
    const email = freshEmail();
    const answer = await fetch(`${running.ingest.url}/v1/leads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(lead(email, 'whitepaper')),
    });
    expect(answer.status).toBe(202);
    await eventually(() => mailsTo(house.sandbox, email)[0] !== undefined);
    await eventually(async () => (await (await fetch(`${house.sandbox.url}/hubspot/contacts`)).text()).includes(email));
    expect(await house.leadctl('reader', 'lead', 'show', email)).toMatchObject({ code: 0 });
    expect(await house.leadctl('reader', 'crm', 'status')).toMatchObject({ code: 0 });
    await eventually(async () => {
      const report = await fetch(`${running.console.url}/v1/reports`);
      return ((await report.json()) as { readAt: string | null }).readAt !== null;
    });
    expect((await house.violations()).slice(before)).toEqual([]);
  });

  async function did(user: string, ...args: string[]): Promise<void> {
    const before = (await house.violations()).length;
    const { code, out, err } = await house.leadctl(user, ...args);
    const refused = (await house.violations()).slice(before).join('\n');
    if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}\n${err}${out}${refused}`);
  }

  it('an endpoint of webhooks that the operator adds gets what becomes of a lead, and nothing is refused', async () => {
    const before = (await house.violations()).length;
    const receiver = new Receiver();
    try {
      await did('operator', 'webhooks', 'add', 'crm', await receiver.listen(), '--by', 'olga');
      const posted = await fetch(`${running.ingest.url}/v1/leads`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(lead(freshEmail(), 'whitepaper')),
      });
      expect(posted.status).toBe(202);
      await eventually(() => receiver.received.some(({ type }) => type === 'lead.accepted'));
      await did('reader', 'webhooks', 'list');
      await did('operator', 'webhooks', 'secrets', 'crm', '--rotate');
      await did('operator', 'webhooks', 'pause', 'crm', '--by', 'olga', '--reason', 'it ends');
      await did('operator', 'webhooks', 'remove', 'crm');
    } finally {
      await receiver.close();
    }
    expect((await house.violations()).slice(before)).toEqual([]);
  });

  it('the operator, the reader and the backup do their commands, and nothing is refused', async () => {
    const before = (await house.violations()).length;
    const email = freshEmail();
    await fetch(`${running.ingest.url}/v1/leads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(lead(email, 'demo_request')),
    });
    await eventually(() => mailsTo(house.sandbox, email)[0] !== undefined);
    await did('operator', 'lead', 'pause', email, '--by', 'olga');
    await did('operator', 'lead', 'resume', email, '--by', 'olga');
    await did('operator', 'sequences', 'list');
    await did('operator', 'version');
    await did('operator', 'account', 'show');
    await did('operator', 'projection', 'rebuild');
    await did('operator', 'keys', 'rotate');
    await did('operator', 'lead', 'erase', email, '--by', 'olga');
    await did('reader', 'verify');
    await did('reader', 'version');
    await did('reader', 'projection', 'status');
    await did('reader', 'quarantine', 'list');
    await did('reader', 'export', join(house.dir, 'export'));
    await did('backup', 'backup', join(house.dir, 'backup'));
    expect((await house.violations()).slice(before)).toEqual([]);
  });

  it('the restoring user puts the backup in the place of all streams, without the services', async () => {
    const before = (await house.violations()).length;
    await Promise.all(Object.values(running).map((one) => one.stop()));
    await did('restore', 'restore', 'load', join(house.dir, 'backup'), '--replace');
    await did('operator', 'restore', 'reconcile');
    await did('operator', 'restore', 'confirm', '--by', 'olga');
    await did('operator', 'restore', 'status');
    expect((await house.violations()).slice(before)).toEqual([]);
  });
});
