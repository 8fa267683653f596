import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import type { Reply } from '@leadstream/sandbox-esp/client';
import { expectCopiesToChangeNothing } from './first-mail.ts';
import { freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

/** Public bug reports of other products, in this project's spelling: a lead, an answer or a zone each. */
interface Cases {
  leads: {
    about: string;
    type: string;
    body: string;
    expects: { lead?: Record<string, string>; says?: string; rep?: string[]; repNot?: string };
  }[];
  answers: { about: string; class: 'human' | 'auto'; reply: Omit<Reply, 'messageId'>; rep?: string }[];
  zones: { about: string; timeZone: string; submitted: string; zone: string; at: string }[];
}
const { leads, answers, zones } = JSON.parse(
  readFileSync(new URL('reported/cases.json', import.meta.url), 'utf8'),
) as Cases;

const toRep = (stack: Stack, email: string): string[] =>
  mailsTo(stack.sandbox, REP)
    .filter(({ custom_args: { lead_id: id } }) => id === stack.idOf(email))
    .map(({ text }) => text ?? '');

describe('reported elsewhere, in a running system', () => {
  let stack: Stack;
  beforeAll(async () => {
    // Two days are 69 s: an answer comes before the second mail.
    stack = await startStack({ env: { DELAY_SCALE: '0.0004' } });
  });
  afterAll(() => stack.stop());

  it.each(leads)('a lead: $about', async ({ type, body, expects }) => {
    const email = freshEmail();
    const { status } = await fetch(`${stack.url('ingest')}/v1/leads`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: body.replaceAll('{{email}}', email),
    });
    expect(status).toBe(202);
    const [told] = await eventually(() => toRep(stack, email).length > 0 && toRep(stack, email));
    expect(await stack.lead(email)).toMatchObject(expects.lead ?? {});
    for (const words of expects.rep ?? []) expect(told).toContain(words);
    if (expects.repNot) expect(told).not.toContain(expects.repNot);
    if (expects.says) expect((await eventually(() => mailsTo(stack.sandbox, email)[0])).text).toContain(expects.says);
  });

  it.each(answers)('an answer $about is $class', async ({ reply, rep, class: expected }) => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
    const mail = await eventually(() => mailsTo(stack.sandbox, email)[0]);
    await stack.client.reply({ ...reply, messageId: mail.id });
    const replied = await eventually(async () =>
      (await stack.history(email)).find((event) => event.type === 'lead.replied'),
    );
    expect(replied.data).toMatchObject({ class: expected });
    if (expected === 'auto') return expect(await stack.lead(email)).toMatchObject({ status: 'active' });
    await stack.lead(email, ({ status }) => status === 'responded');
    expect((await eventually(() => toRep(stack, email)[0])).includes(rep ?? '')).toBe(true);
  });

  it('events of the account’s archive leave the lead its second mail (opengovsg/postmangovsg PR 2101)', () =>
    expectCopiesToChangeNothing(stack));
});

describe('reported elsewhere, at its time of day', () => {
  let stack: Stack;
  let now = Temporal.Instant.from('2026-11-24T14:00:00Z');
  beforeAll(async () => {
    stack = await startStack({ env: { DELAY_SCALE: '1', DEFAULT_TIME_ZONE: 'America/New_York' }, clock: () => now });
  });
  afterAll(() => stack.stop());

  it.each(zones)('a lead with $about is mailed in its own hours', async ({ timeZone, submitted, zone, at }) => {
    now = Temporal.Instant.from(submitted);
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper', { timeZone }));
    const planned = await stack.lead(email, ({ phase }) => phase === 'planned');
    expect(planned['zone']).toMatchObject({ id: zone });
    const [, enrolled] = await stack.history(email);
    expect(enrolled?.data).toMatchObject({ planned: { local: at } });
  });

  /** As it was reported, to the letter. */
  const EMAIL = 'ann@reported051.example';
  const FIRST = {
    email: EMAIL,
    firstName: 'Ann',
    timeZone: 'Asia/Tokyo',
    leadData: { source: 'demo_request', fields: { message: 'first words' } },
  };
  const THEN = { email: EMAIL, leadData: { source: 'contact_form', fields: { message: 'please CALL ME TODAY' } } };

  it('the rep is told at once of a second message while the confirmation waits (Kademi/kademi-dev#2489)', async () => {
    now = Temporal.Instant.from('2026-11-24T14:00:00Z');
    await stack.post(FIRST);
    await eventually(() => toRep(stack, EMAIL).some((text) => text.includes('first words')));
    await stack.lead(EMAIL, ({ step, phase }) => step === 1 && phase === 'planned');
    await stack.post(THEN);
    await eventually(() => toRep(stack, EMAIL).some((text) => text.includes('CALL ME TODAY')));
    const waiting = await stack.lead(EMAIL, ({ step, phase }) => step === 1 && phase === 'planned');
    expect(waiting['nextActionAt']).toEqual(new Date('2026-11-25T00:15:00Z'));
    expect(mailsTo(stack.sandbox, EMAIL)).toEqual([]);
  });
});
