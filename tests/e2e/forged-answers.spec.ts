import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { FROM, freshEmail, hasVerdicts, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

const FORGED = 60;

describe('an answer without a token', () => {
  let stack: Stack;
  let passedSeconds = 0;
  beforeAll(async () => {
    const clock = () => Temporal.Now.instant().add({ seconds: passedSeconds });
    // Two days are 172 s: no second mail is due while a story runs.
    stack = await startStack({ env: { DELAY_SCALE: '0.001' }, clock });
  });
  afterAll(() => stack.stop());

  /** A lead that has its first mail, and waits for the second. */
  const written = async () => {
    const email = freshEmail();
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
    return { email, mail: await eventually(() => mailsTo(stack.sandbox, email)[0]) };
  };
  const toRep = (email: string) =>
    mailsTo(stack.sandbox, REP).filter(({ custom_args: { lead_id: id } }) => id === stack.idOf(email));
  const answers = (email: string, over: object = {}) =>
    stack.client.mail({
      from: email,
      to: FROM,
      subject: 'Re: your guide',
      text: 'Pay at https://evil.example/now',
      ...over,
    });
  const replies = async (email: string) => (await stack.types(email)).filter((type) => type === 'replied').length;

  it('in the lead’s name holds the lead, and tells the rep once without a word of it, however many come', async () => {
    const { email } = await written();
    await Promise.all(Array.from({ length: FORGED }, () => answers(email, { forged: true })));
    await eventually(async () => (await replies(email)) === FORGED);
    const held = await stack.lead(
      email,
      ({ status, phase, sequence }) => status === 'paused' && phase === 'planned' && sequence === 'content-nurture',
    );
    expect(held).toMatchObject({ nextActionAt: null, tags: expect.not.arrayContaining(['STOP_SEQUENCE']) });
    const told = toRep(email);
    expect(told).toHaveLength(1);
    expect(`${told[0]?.subject}${told[0]?.text}${told[0]?.html}`).not.toContain('evil.example');

    passedSeconds += 200;
    expect(await stack.leadctl('lead', 'show', email)).toContain(`unproven ${FORGED} answers; the lead is held`);
    expect(await stack.leadctl('lead', 'resume', email, '--by', 'olga')).toContain(
      'The lead is active; next: the mail',
    );
    await expect(stack.leadctl('lead', 'resume', email, '--by', 'olga')).rejects.toThrow('not paused');
    await eventually(() => mailsTo(stack.sandbox, email).length === 2);
    expect(toRep(email)).toHaveLength(1);
  });

  const proven = hasVerdicts ? it : it.skip;
  proven('that SPF and DKIM prove stops, and its words are the rep’s', async () => {
    const { email } = await written();
    await answers(email, { text: 'Call me.' });
    await stack.lead(email, ({ status, nextActionAt }) => status === 'responded' && nextActionAt === null);
    expect(toRep(email).map(({ text }) => text?.includes('Call me.'))).toEqual([true]);
  });

  proven('turns a hold into a stop once it is proven', async () => {
    const { email } = await written();
    await answers(email, { forged: true });
    await stack.lead(email, ({ status }) => status === 'paused');
    await answers(email, { text: 'It is me.' });
    await stack.lead(email, ({ status }) => status === 'responded');
  });

  it('in the lead’s name, as from a machine that says so, changes nothing', async () => {
    const { email } = await written();
    await answers(email, {
      forged: true,
      text: 'I am away until 2026-12-24.',
      headers: { 'Auto-Submitted': 'auto-replied' },
    });
    await eventually(async () => (await replies(email)) === 1);
    expect(await stack.lead(email, ({ history }) => history.some(({ type }) => type === 'lead.replied'))).toMatchObject(
      { status: 'active', awayUntil: null },
    );
    expect(toRep(email)).toEqual([]);
  });

  it('is another thing than one to the lead’s own reply address, which stops although SPF fails', async () => {
    const { email, mail } = await written();
    await stack.client.reply({ messageId: mail.id, text: 'Call me.', forged: true });
    await stack.lead(email, ({ status }) => status === 'responded');
  });
});
