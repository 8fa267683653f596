import { describe, expect, it } from '@jest/globals';
import { enrolled, plannedStep, triaged } from '@leadstream/testing/builders';
import { exampleSettings } from '@leadstream/testing/example-settings';
import { given, LEAD_ID } from '@leadstream/testing/given';
import { readToken, tokenFromAddress } from '@leadstream/lead/signed-token';
import { exampleSequence } from '@leadstream/sequences/testing/example-sequence';
import { loadConfig } from '@leadstream/service/config';
import { config as schema } from './config.ts';
import { addressed, composeMail } from './mail.ts';

const config = loadConfig(schema, exampleSettings('mail'));
const step = { action: 'mail', channel: 'email', window: 'none' };
const sequence = (over: object = {}) =>
  exampleSequence({
    steps: [
      { ...step, id: 'first', audience: 'lead' },
      { ...step, id: 'tell', audience: 'staff' },
    ],
    templates: { mail: { subject: 'Hello', body: "Hello.\n\n{{ sender_name | fallback: 'The team' }}" } },
    ...over,
  });
const { state } = given(triaged(), enrolled());
const ana = { id: 'ana', name: 'Ana Ruiz', email: 'ana@acme.example' };
const mailOf = (definition = sequence(), rep?: typeof ana, audience: 'lead' | 'staff' = 'lead') =>
  composeMail(
    LEAD_ID,
    state,
    plannedStep({ id: audience === 'lead' ? 'first' : 'tell', action: 'mail', audience }),
    definition,
    config,
    rep,
  );

describe('a mail to a lead with a rep', () => {
  it('goes out in the rep’s name from the verified address, and its answers keep the token', () => {
    const { from, replyTo, text } = mailOf(sequence({ assign: 'owner' }), ana);
    expect(from).toEqual({ email: 'sales@acme.example', name: 'Ana Ruiz' });
    expect(replyTo.name).toBe('Ana Ruiz');
    expect(readToken('reply', tokenFromAddress(replyTo.email) ?? '', config.TOKEN_SECRET)).toBe(LEAD_ID);
    expect(text).toContain('Hello.\n\nAna Ruiz');
  });

  it('is signed by the rep in its frame', () => {
    const frame = { signature: "**{{ sender_name | fallback: 'Sam' }}**" };
    const { html, hash, ...others } = mailOf(sequence({ assign: 'owner', frame }), ana);
    const { html: _, hash: bare, ...plain } = mailOf(sequence({ assign: 'owner' }), ana);
    expect(html).toContain('<strong>Ana Ruiz</strong>');
    expect(others).toEqual(plain);
    expect(hash).not.toEqual(bare);
    expect(mailOf(sequence({ frame }), ana).html).toContain('<strong>Sam of Acme</strong>');
  });

  it('of a sequence without assign goes out in the deployment’s name', () => {
    const { from, replyTo, text } = mailOf(sequence(), ana);
    expect([from.name, replyTo.name]).toEqual(['Sam of Acme', undefined]);
    expect(text).toContain('Hello.\n\nSam of Acme');
  });
});

it.each(['lead', 'staff'] as const)('the id of a mail to %s has its send and the lead’s token', (audience) => {
  const sendId = '0c1f4c5e-8a4e-4d0c-9d3e-5b8f2f1a7c11';
  const id = addressed(mailOf(sequence(), ana, audience), LEAD_ID, sendId, config).headers?.['Message-ID'] ?? '';
  const [, send, token] = /^<([\w-]+)\.(\w+)@/.exec(id) ?? [];
  expect([send, readToken('reply', token ?? '', config.TOKEN_SECRET)]).toEqual([sendId, LEAD_ID]);
});

describe('a mail to staff', () => {
  it('goes to the rep who has the lead, else to SALES_REP_EMAIL, and answers to it go to the lead', () => {
    const { to, from, replyTo } = mailOf(sequence(), ana, 'staff');
    expect([to, from.name, replyTo.email]).toEqual(['ana@acme.example', 'Sam of Acme', 'Jane.Doe@example.com']);
    expect(mailOf(sequence({ assign: 'owner' }), undefined, 'staff').to).toBe('rep@acme.example');
  });
});
