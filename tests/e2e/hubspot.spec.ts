import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { crm } from '@leadstream/crm/crm.module';
import type { SandboxContact } from '@leadstream/sandbox-esp/contacts';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead, startStack, type Stack } from './stack.ts';

let stack: Stack;
let service: Running;

beforeAll(async () => {
  stack = await startStack({
    delivery: 'twice at once',
    env: { HUBSPOT_TOKEN: 'pat-of-the-tests', HUBSPOT_CREATE: 'true' },
  });
  const settings = { ...stack.settings, HUBSPOT_BASE_URL: stack.sandbox.url };
  Object.assign(stack.settings, settings);
  await stack.leadctl('crm', 'setup');
  service = await start(crm, settings);
  await service.ready;
});
afterAll(async () => {
  await service.stop();
  await stack.stop();
});

const properties = (email: string, wanted: Record<string, string>) =>
  eventually(async () => {
    const contacts = (await (await fetch(`${stack.sandbox.url}/hubspot/contacts`)).json()) as SandboxContact[];
    const found = contacts.filter((contact) => contact.properties['email'] === email);
    expect(found).toHaveLength(1);
    expect(found[0]?.properties).toMatchObject(wanted);
    return found[0];
  });

it('a lead gets a contact, which shows its answer, and is cleared when the lead is erased', async () => {
  const email = freshEmail();
  expect((await stack.post(lead(email, 'whitepaper'))).status).toBe(202);
  await properties(email, { leadstream_lead_id: stack.idOf(email), leadstream_sequence: 'content-nurture' });
  const { id } = await stack.client.waitForMessage(email);
  await stack.client.reply({ messageId: id, text: 'Yes, call me on Monday.' });
  await properties(email, { leadstream_status: 'responded', leadstream_reply_class: 'human' });
  await stack.leadctl('lead', 'erase', email, '--by', 'olga');
  await properties(email, { leadstream_status: '', leadstream_lead_id: '', leadstream_reply_class: '' });
});
