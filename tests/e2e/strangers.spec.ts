import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { redriveSubject } from '@leadstream/service/redrive';
import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead, mailsTo, REP, startStack, trustedCaller, TRUSTED, type Stack } from './stack.ts';

const FORM_KEY = 'the key that is in the page of the form';
const FORM = { 'x-api-key': FORM_KEY };
const DOMAIN = 'customer.leadstream-e2e.de';
const env = {
  ...trustedCaller,
  INGEST_API_KEYS:
    `${trustedCaller['INGEST_API_KEYS']},form:sha256:` + `${createHash('sha256').update(FORM_KEY).digest('hex')}`,
  INGEST_RATE_PER_MINUTE: '0',
  LEADS_PER_DOMAIN: '4',
  NAMES: 'trusted',
};

describe('a stranger at the open form', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ env });
  });
  afterAll(() => stack.stop());

  const count = async (email: string, type: string) =>
    (await stack.types(email)).filter((each) => each === type).length;
  const resubmitted = (email: string, times: number) =>
    eventually(async () => (await count(email, 'resubmitted')) === times);
  const over = (email: string) => stack.lead(email, ({ phase }) => phase === 'completed');
  const toRep = (email: string) =>
    mailsTo(stack.sandbox, REP).filter(({ text = '' }) => text.toLowerCase().includes(email.toLowerCase()));
  const quarantined = async () => {
    const { state } = await stack.jsm.streams.info('QUARANTINE', { subjects_filter: 'quarantine.triage' });
    const entries: { origin: { seq: number }; reason: string; body: string }[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const entry = await stack.jsm.streams.getMessage('QUARANTINE', { seq });
      if (entry) entries.push(entry.json());
    }
    return entries;
  };
  const handled = () => eventually(async () => (await stack.unhandled('INTAKE', 'triage')) === 0);

  it('causes one mail to an address and one to the rep by ten submissions, one after the other', async () => {
    const email = freshEmail('victim');
    for (let times = 0; times < 10; times++) {
      const spelled = times % 2 ? email.toUpperCase() : ` ${email}`;
      await stack.post(
        lead(spelled, 'demo_request', {
          firstName: `Jane ${'abcdefghij'[times]}`,
          leadData: { source: 'demo_request', fields: { message: 'the same', gclid: `number-${times}` } },
        }),
        FORM,
      );
      await resubmitted(email, times);
      await over(email);
    }
    expect([mailsTo(stack.sandbox, email).length, toRep(email).length]).toEqual([1, 1]);
    const last = (await stack.history(email)).findLast(({ type }) => type === 'lead.resubmitted');
    expect(last?.data).toMatchObject({
      trusted: false,
      route: null,
      reason: expect.stringContaining('sales-demo ran until'),
      dossier: { fields: { gclid: 'number-9' } },
    });
  });

  it('starts the run of a source of a higher rank all the same', async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'), FORM);
    await over(email);
    await stack.post(lead(email, 'whitepaper'), FORM);
    await resubmitted(email, 1);
    await stack.post(lead(email, 'demo_request'), FORM);
    await eventually(() => mailsTo(stack.sandbox, email).find(({ subject }) => subject === 'Your demo'));
    expect(mailsTo(stack.sandbox, email)).toHaveLength(3);
    // By NAMES=trusted.
    expect(mailsTo(stack.sandbox, email).filter(({ text }) => text?.startsWith('Hi there,'))).toHaveLength(3);
    expect(toRep(email)[0]?.text).toContain('Jane');
  });

  it('adds missing details to a known lead, and changes no name, number, zone or absence', async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper', { phone: '+49301234567', timeZone: 'Europe/Berlin' }), TRUSTED);
    await over(email);
    expect(mailsTo(stack.sandbox, email)[0]?.text).toMatch(/^Hi Jane,/);
    const until = '2099-01-01T00:00:00Z';
    await stack.log.decide(stack.idOf(email), 'absence', () => ({
      type: 'lead.replied',
      data: {
        key: 'absence',
        provider: 'sendgrid',
        at: '2026-11-23T09:00:00Z',
        class: 'out-of-office',
        matchedBy: 'token',
        until,
      },
    }));
    await stack.post(
      lead(email, 'whitepaper', {
        firstName: 'Mallory',
        lastName: 'Doe',
        phone: '+15551234567',
        timeZone: 'Pacific/Kiritimati',
        trusted: true,
        leadData: { source: 'whitepaper', trusted: true },
      }),
      { ...FORM, 'ce-source': 'ingest/crm', 'x-trusted': 'true' },
    );
    await resubmitted(email, 1);
    const shown = await stack.lead(email, ({ lastName }) => lastName === 'Doe');
    expect(shown).toMatchObject({
      firstName: 'Jane',
      phone: '+49301234567',
      timeZone: 'Europe/Berlin',
      awayUntil: until,
    });
    await stack.post(lead(email, 'whitepaper', { firstName: 'Janet' }), TRUSTED);
    expect(await stack.lead(email, ({ firstName }) => firstName === 'Janet')).toMatchObject({ awayUntil: null });
  });

  it('creates at most three leads of one mailbox in all spellings; an operator can redrive the others', async () => {
    const name = `victim${process.pid}`;
    const spelled = ['+1', '+2', '+a+b', '', '+4', '+5']
      .map((tag) => `${name}${tag}@gmail.com`)
      .concat(`${name[0]}.${name.slice(1)}@googlemail.com`);
    for (const email of spelled) await stack.post(lead(email, 'demo_request'), FORM);
    await handled();
    const made = async () =>
      (await Promise.all(spelled.map(async (email) => (await stack.types(email)).length > 0))).filter(Boolean).length;
    const aside = (await quarantined()).filter(({ reason }) => reason.includes('LEADS_PER_MAILBOX'));
    expect([await made(), aside.length]).toEqual([3, spelled.length - 3]);
    const answer = await stack.nc.request(
      redriveSubject('triage'),
      JSON.stringify({ stream: 'INTAKE', seq: aside[0]?.origin.seq }),
      { timeout: 10_000 },
    );
    expect(answer.json()).toEqual({ ok: true });
    expect(await made()).toBe(4);
    // A known lead stays known, and a trusted caller is accepted.
    await stack.post(
      lead(
        spelled.find(
          (email) => !aside.some(({ body }) => Buffer.from(body, 'base64').toString().includes(`"${email}"`)),
        ) ?? '',
        'whitepaper',
      ),
      FORM,
    );
    await stack.post(lead(spelled.at(-1) ?? '', 'demo_request'), TRUSTED);
    await eventually(async () => (await made()) === 5);
    expect((await quarantined()).filter(({ reason }) => reason.includes('LEADS_PER_MAILBOX'))).toHaveLength(
      aside.length,
    );
    const kv = await stack.jsm.streams.info('KV_mailboxes', { subjects_filter: '>' });
    expect(
      Object.keys(kv.state.subjects ?? {}).filter(
        (key) => !/^\$KV\.mailboxes\.(?:leads|domain|mails)\.[0-9a-f]{32}$/.test(key),
      ),
    ).toEqual([]);
  });

  it('creates at most LEADS_PER_DOMAIN leads of one company over all of its subdomains', async () => {
    const emails = Array.from(
      { length: 6 },
      (_each, index) => `person${index}@${index % 2 ? `mail${index}.` : ''}${DOMAIN}`,
    );
    await Promise.all(emails.map((email) => stack.post(lead(email, 'whitepaper'), FORM)));
    await handled();
    expect((await Promise.all(emails.map((email) => count(email, 'triaged')))).filter(Boolean)).toHaveLength(4);
    expect((await quarantined()).filter(({ reason }) => reason.includes('LEADS_PER_DOMAIN'))).toHaveLength(2);
  });

  it('causes three mails a day to one mailbox over all of its addresses; later ones wait', async () => {
    const addresses = ['', '+1', '+2'].map((tag) => `crowd${process.pid}${tag}@example.com`);
    const all = () => addresses.flatMap((email) => mailsTo(stack.sandbox, email));
    for (const email of addresses) await stack.post(lead(email, 'demo_request'), FORM);
    await Promise.all(addresses.map(over));
    expect(all()).toHaveLength(3);
    const [first = ''] = addresses;
    await stack.post(lead(first, 'whitepaper'), FORM);
    const held = await eventually(async () =>
      (await stack.history(first)).find(({ type }) => type === 'lead.send-skipped'),
    );
    expect(held.data).toMatchObject({ guard: 'window', until: expect.any(String) });
    const planned = await eventually(async () =>
      (await stack.history(first)).find(({ type, seq }) => type === 'lead.step-planned' && seq > held.seq),
    );
    expect(planned.data).toMatchObject({ why: 'window', planned: { at: 'until' in held.data && held.data.until } });
    expect(all()).toHaveLength(3);
  });

  it('does not become a trusted publisher by a ce-source in the form; a listed publisher is one', async () => {
    const email = freshEmail();
    const publish = (source: string) => {
      const head = headers();
      for (const [name, value] of Object.entries({
        'ce-id': crypto.randomUUID(),
        'ce-type': 'lead.created',
        'ce-source': source,
        'ce-specversion': '1.0',
      }))
        head.set(name, value);
      return jetstream(stack.nc).publish(
        'lead.created',
        JSON.stringify(lead(email, 'whitepaper', { source: 'ingest/crm' })),
        { headers: head },
      );
    };
    await publish('somebody');
    await stack.lead(email);
    await publish('ingest/crm');
    await resubmitted(email, 1);
    expect(
      (await stack.history(email))
        .filter(({ data }) => 'intake' in data)
        .map(({ data }) => 'trusted' in data && data.trusted),
    ).toEqual([false, true]);
  });
});
