import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countsFor, tagsLeftOut } from '@leadstream/lead/canary';
import { stateAfter } from '@leadstream/lead/evolve';
import { LeadLists } from '@leadstream/projection/lists';
import { command } from '@leadstream/leadctl/testing/command';
import { eventually } from '@leadstream/testing/eventually';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { z } from 'zod';
import { freshEmail, lead, REP, startStack, type Stack } from './stack.ts';

const KEY = 'the key of the canary and of nobody else';
const verdicts = z.array(
  z.object({
    kind: z.enum(['silent', 'answering']),
    result: z.string(),
    stage: z.string().nullable(),
    leadId: z.string().nullable(),
    trace: z.string().nullable(),
  }),
);

let stack: Stack;
const settings = () => ({
  ...stack.settings,
  CANARY_MAILBOX: 'sandbox',
  CANARY_INGEST_URL: stack.url('ingest'),
  CANARY_API_KEY: KEY,
  CANARY_SANDBOX_URL: stack.sandbox.url,
  // Its first mail goes out after 0.12 s, and the second 2.4 s later.
  CANARY_PATIENCE: 'PT15S',
});
const run = async (env: object = {}) => {
  const { code, out, err } = await command(['canary', 'run', '--once', '--json'], { ...settings(), ...env });
  if (code === 1) throw new Error(err);
  const found = verdicts.parse(JSON.parse(out));
  return { code, found, said: found.map(({ kind, result, stage }) => [kind, result, stage]) };
};

beforeAll(async () => {
  stack = await startStack({
    env: { DELAY_SCALE: '0.002', INGEST_API_KEYS: KEY, CANARY_DOMAIN: 'canary.test' },
  });
});
afterAll(() => stack.stop());

describe('the canary', () => {
  it('passes: both mails come in time, and an answer stops the second', async () => {
    const { code, found, said } = await run();
    expect(said).toEqual([
      ['silent', 'passed', null],
      ['answering', 'passed', null],
    ]);
    expect(code).toBe(0);
    for (const { leadId } of found) {
      const state = stateAfter(await stack.log.history(leadId ?? ''));
      expect(countsFor('lists', state)).toBe(false);
    }
    expect(stack.sandbox.messages().filter(({ to }) => to === REP)).toEqual([]);
    const people = new LeadLists(stack.db, tagsLeftOut('lists'));
    expect(await people.list({}, 10)).toEqual([]);
    expect(await people.count({ status: 'completed' })).toEqual({ count: 0, more: false });
    expect(await people.list({ tag: 'source:canary' }, 10)).toHaveLength(2);
    await stack.leadctl('verify');
    expect(await stack.leadctl('sql', 'select count(*) as n from leads', '--csv')).toMatch(/^n\s+0$/m);
  });

  it('names the door when its key is another one', async () => {
    const { code, said } = await run({ CANARY_API_KEY: 'a key that ingest does not know', CANARY_PATIENCE: 'PT1S' });
    expect(said).toEqual([
      ['silent', 'broken', 'door'],
      ['answering', 'broken', 'door'],
    ]);
    expect(code).toBe(2);
  });

  it('names the stop when inbound refuses the answer', async () => {
    const { INBOUND_SECRET } = exampleSettings('tests');
    const at = (secret: string) =>
      stack.sandbox.setTargets({ inboundUrl: `${stack.url('inbound')}/v1/sendgrid/inbound/${secret}` });
    at('another-secret-of-this-test');
    const { found } = await run({ CANARY_PATIENCE: 'PT8S' });
    at(INBOUND_SECRET);
    expect(found).toContainEqual(expect.objectContaining({ kind: 'answering', result: 'broken', stage: 'stopped' }));
  });

  it('a lead of another domain with its source is a person’s', async () => {
    const email = freshEmail();
    expect((await stack.post(lead(email, 'leadstream_canary'), { 'x-api-key': KEY })).status).toBe(202);
    const { tags } = await eventually(() => stack.lead(email));
    expect(tags).toEqual(['source:other']);
  });
});
