import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readIntake } from '@leadstream/service/intake-folder';
import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

const FORM = 'application/x-www-form-urlencoded';
/** The mails to the rep about a lead. */
const toRep = (email: string) =>
  mailsTo(stack.sandbox, REP).filter(({ text, html }) => `${text}${html}`.includes(email));
const post = async (body: string, type: string): Promise<void> => {
  const { status } = await fetch(`${stack.url('ingest')}/v1/leads`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  expect(status).toBe(202);
};

describe('a lead that a form posts its own way', () => {
  it('with labels as names and ticked boxes has its phone, and the rep reads all boxes', async () => {
    const email = freshEmail();
    const boxes = ['pricing', 'security', 'support'].map((one) => `Interest%5B%5D=${one}`).join('&');
    await post(`E-Mail=${email}&Telefon=%2B49+151+12345678&Source=demo_request&${boxes}`, FORM);
    const [mail] = await eventually(() => toRep(email).length > 0 && toRep(email));
    for (const box of ['pricing', 'security', 'support']) expect(mail?.text).toContain(box);
    expect((await stack.lead(email)).phone).toBe('+4915112345678');
  });

  it('as multipart with one field for the name is greeted by the first name; the rep reads the message', async () => {
    const email = freshEmail();
    const parts = { email, 'Full Name': 'Ann Lee', source: 'demo_request', message: 'How much?' };
    const body = Object.entries(parts).map(
      ([name, value]) => `--x1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    await post(`${body.join('')}--x1--\r\n`, 'multipart/form-data; boundary=x1');
    const [mail] = await eventually(() => toRep(email).length > 0 && toRep(email));
    expect(mail?.text).toMatch(/Name: Ann Lee[^]*How much/);
    expect((await eventually(() => mailsTo(stack.sandbox, email)[0])).text).toContain('Hi Ann,');
  });

  it('as JSON in the names of its source is greeted, on the bus too', async () => {
    const [email, other] = [freshEmail(), freshEmail()];
    const body = { first_name: 'Ann', phone_number: 4915112345678, leadData: { source: 'demo_request', utm: [] } };
    await post(`\ufeff${JSON.stringify({ ...body, email })}`, 'text/plain;charset=UTF-8');
    const event = {
      specversion: '1.0',
      id: other,
      source: 'crm',
      type: 'lead.created',
      data: { ...body, email: other },
    };
    await stack.jsm.jetstream().publish('lead.created', JSON.stringify(event));
    for (const one of [email, other])
      expect((await eventually(() => mailsTo(stack.sandbox, one)[0])).text).toContain('Hi Ann,');
  });
});

const SAMPLES = new URL('../../apps/ingest/src/samples/', import.meta.url);

/** Google Ads posts the click's id in place of UTM keys. */
const campaignOf = (name: string): object =>
  name === 'google-ads' ? { fields: { gclid: 'Cj0KCQiA' } } : { utm: { utm_source: 'google' } };

describe.each(readdirSync('intake').map((file) => file.replace('.yaml', '')))('a submission of %s', (name) => {
  it('is a lead with name, phone, source, campaign and fields in its sequence', async () => {
    const email = freshEmail();
    const sample = readFileSync(new URL(`${name}.json`, SAMPLES), 'utf8').replaceAll('{{email}}', email);
    const isForm = name === 'jotform';
    const { status } = await fetch(`${stack.url('ingest')}/v1/leads/from/${name}?source=contact_form`, {
      method: 'POST',
      headers: { 'content-type': isForm ? FORM : 'application/json' },
      body: isForm ? new URLSearchParams(JSON.parse(sample) as Record<string, string>).toString() : sample,
    });
    expect(status).toBe(name === 'meta' ? 200 : 202);
    expect(await stack.lead(email)).toMatchObject({ firstName: 'Ann', lastName: 'Lee', phone: '+4915112345678' });
    expect(await stack.lead(email)).toMatchObject({ source: 'contact_form', tags: ['source:contact_form'] });
    const [mail] = await eventually(() => toRep(email).length > 0 && toRep(email));
    // Gravity Forms posts a field's number in place of its label.
    expect(mail?.text).toMatch(/^(?:company.?size|4): 50 to 100$/im);
    const [triaged] = await stack.history(email);
    expect(triaged?.data).toMatchObject({ dossier: campaignOf(name) });
    const { fields } = { fields: {}, ...(triaged?.data as { dossier?: { fields?: object } }).dossier };
    expect(Object.values(fields)).toContain('50 to 100');
  });
});

const { adapters } = readIntake('intake');
const without = (ids: ReadonlySet<string>, value: unknown, as?: string): unknown => {
  if (Array.isArray(value)) return value.map((one) => without(ids, one, as));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, unknown][] => {
      if (!ids.has(key) || typeof inner === 'object') return [[key, without(ids, inner, as)]];
      return as === undefined ? [] : [[key, as]];
    }),
  );
};

describe.each([...adapters.keys()].flatMap((name) => [[name, 'its id'] as const, [name, 'no id'] as const]))(
  'a submission of %s with %s',
  (name, has) => {
    const ids = new Set((adapters.get(name)?.id ?? []).map((path) => path.split('.').at(-1) ?? ''));
    const posted = async (email: string, id: string, more: { phone?: string; attempt?: number }): Promise<void> => {
      const sample = readFileSync(new URL(`${name}.json`, SAMPLES), 'utf8').replaceAll('{{email}}', email);
      const said = JSON.parse(sample.replaceAll('12345678', more.phone ?? '12345678')) as object;
      const body = without(ids, said, has === 'its id' ? id : undefined) as Record<string, string>;
      // What a service adds to a repeated post.
      const whole = more.attempt ? { ...body, attemptNumber: String(more.attempt) } : body;
      const isForm = name === 'jotform';
      const { status } = await fetch(`${stack.url('ingest')}/v1/leads/from/${name}?source=contact_form`, {
        method: 'POST',
        headers: { 'content-type': isForm ? FORM : 'application/json' },
        body: isForm ? new URLSearchParams(whole).toString() : JSON.stringify(whole),
      });
      expect(status).toBe(adapters.get(name)?.answer);
    };

    it('that is posted again is one lead, one run and told once; a second one is told, too', async () => {
      const email = freshEmail();
      await posted(email, `${email}-1`, {});
      await eventually(() => toRep(email).length === 1);
      for (const attempt of [0, 1, 2]) await posted(email, `${email}-1`, { attempt });
      await posted(email, `${email}-2`, { phone: '87654321' });
      await eventually(() => toRep(email).length === 2);
      for (const attempt of [0, 3]) await posted(email, `${email}-2`, { phone: '87654321', attempt });
      // Behind all of them in triage.
      const last = freshEmail();
      await posted(last, `${last}-1`, {});
      await eventually(() => toRep(last).length === 1);
      const history = await stack.history(email);
      const of = (type: string) => history.filter((event) => event.type === type);
      expect(of('lead.triaged')).toHaveLength(1);
      const told = of('lead.resubmitted').filter(({ data }) => 'tellRep' in data && data.tellRep);
      expect(told).toHaveLength(1);
      expect(JSON.stringify(told)).toContain('87654321');
      if (has === 'its id') expect(of('lead.resubmitted')).toHaveLength(1);
      expect(toRep(email)).toHaveLength(2);
    });
  },
);

describe('a lead that submits again while its run is under way', () => {
  it('has its new words told to the rep at once, and the same words once', async () => {
    const email = freshEmail();
    const form = (source: string, message: string) =>
      lead(email, source, { leadData: { source, fields: { message } } });
    await stack.post(form('whitepaper', 'first words'));
    await eventually(() => mailsTo(stack.sandbox, email)[0]);
    for (const message of ['please CALL ME TODAY', ' please call me today', 'or tomorrow'])
      await stack.post(form('whitepaper', message));
    const mails = await eventually(() => toRep(email).length === 2 && toRep(email));
    // Of the two that say the same, triage may take either one first.
    expect(mails.map(({ text }) => /call me today|or tomorrow/i.exec(text ?? '')?.[0]?.toLowerCase()).sort()).toEqual([
      'call me today',
      'or tomorrow',
    ]);
    // The run goes on after the notices.
    await eventually(() => mailsTo(stack.sandbox, email).length === 2);
    const again = (await stack.history(email)).filter(({ type }) => type === 'lead.resubmitted');
    expect(again[0]?.data).toMatchObject({ tellRep: true, merged: [{ rule: 'offered', from: 'first words' }] });
  });
});
