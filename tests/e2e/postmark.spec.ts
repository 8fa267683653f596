import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inboundPost } from '@leadstream/sandbox-esp/inbound-parse';
import { eventually } from '@leadstream/testing/eventually';
import { expectCopiesToChangeNothing, stopped, withFirstMail } from './first-mail.ts';
import { deliveryModes, freshEmail, lead, mailsTo, REP, startStack, type Stack } from './stack.ts';

describe.each(deliveryModes)('with Postmark, and every message delivered %s', (delivery) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ delivery, env: { ESP: 'postmark', DELAY_SCALE: '0.0004' } });
  });
  afterAll(() => stack.stop());

  it('events of a blind copy change nothing of its lead, however they spell the address', () =>
    expectCopiesToChangeNothing(stack));

  it('a lead gets its mails, and a reply between them stops the lead and is told to the rep', async () => {
    const { email, mail } = await withFirstMail(stack);
    expect(mail).toMatchObject({
      wire: 'postmark',
      headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    });
    expect(mail.headers['Message-ID']).toContain(mail.custom_args['send_id']);
    await stack.client.reply({ messageId: mail.id, text: 'Yes, next week?' });
    await stopped(stack, email, 'responded');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
    const told = mailsTo(stack.sandbox, REP).filter(({ custom_args: ids }) => ids['lead_id'] === stack.idOf(email));
    expect(told).toMatchObject([{ wire: 'postmark', text: expect.stringContaining('Yes, next week?') }]);
    expect(await stack.types(email)).toContain('delivered');
  });

  it.each([
    ['bounce', 'bounced'],
    ['spamreport', 'complained'],
    ['unsubscribe', 'unsubscribed'],
  ])('a %s stops the lead', async (event, status) => {
    const { email, mail } = await withFirstMail(stack);
    await stack.client.event({ messageId: mail.id, event });
    await stopped(stack, email, status);
    expect((await stack.types(email)).filter((type) => type === status)).toHaveLength(1);
  });

  it('an event with another login, or none, is to be posted again and changes nothing', async () => {
    const { email, mail } = await withFirstMail(stack);
    const body = JSON.stringify({
      RecordType: 'SpamComplaint',
      Email: email,
      MessageID: mail.id,
      Metadata: mail.custom_args,
    });
    const post = (headers: Record<string, string>) =>
      fetch(`${stack.url('inbound')}/v1/postmark/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
    expect((await post({})).status).toBe(503);
    expect((await post({ authorization: `Basic ${btoa('leadstream:another password')}` })).status).toBe(503);
    expect(await stack.types(email)).not.toContain('complained');
    expect((await post({ authorization: `Basic ${btoa(stack.sandbox.login)}` })).status).toBe(200);
    await stopped(stack, email, 'complained');
  });

  it('a send whose response is lost is found at Postmark, and the lead goes on', async () => {
    const email = freshEmail();
    await stack.client.faults({ to: email, drop: 'after', silent: true });
    await stack.post(lead(email, 'whitepaper'));
    await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
    const found = (await stack.history(email)).filter(({ type }) => /sent$|send-unknown$/.test(type));
    expect(found.map(({ type }) => type)).toEqual(['lead.send-unknown', 'lead.sent']);
    expect(found[1]?.data).toMatchObject({
      evidence: 'provider-event',
      provider: 'postmark',
      feedbackKey: expect.stringMatching(/^lookup\//),
    });
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('a lead whose address Postmark has closed is stopped for its reason, though no event tells', async () => {
    const { email, mail } = await withFirstMail(stack);
    await stack.client.event({ messageId: mail.id, event: 'unsubscribe' });
    await stopped(stack, email, 'unsubscribed');
    await stack.leadctl('lead', 'restart', email, '--by', 'olga');
    const since = async () => {
      const types = await stack.types(email);
      return types.slice(types.indexOf('restarted')).filter((type) => /failed|unsub|sent/.test(type));
    };
    await eventually(async () => (await since()).includes('unsubscribed'));
    expect(await since()).toEqual(['send-failed', 'unsubscribed']);
    await stopped(stack, email, 'unsubscribed');
    expect(mailsTo(stack.sandbox, email)).toHaveLength(1);
  });

  it('a reply that SendGrid still posts stops the lead too', async () => {
    const { email, mail } = await withFirstMail(stack);
    const post = inboundPost({ from: email, to: mail.reply_to ?? '', subject: 'Re: your guide', text: 'Yes, please.' });
    const url = `${stack.url('inbound')}/v1/sendgrid/inbound/${stack.settings['INBOUND_SECRET']}`;
    expect((await fetch(url, { method: 'POST', ...post })).status).toBe(200);
    await stopped(stack, email, 'responded');
  });
});
