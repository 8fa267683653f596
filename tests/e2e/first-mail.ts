import { expect } from '@jest/globals';
import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead, mailsTo, type Stack } from './stack.ts';

/** A lead that has its first mail, and waits for the second. */
export async function withFirstMail(stack: Stack) {
  const email = freshEmail();
  await stack.post(lead(email, 'whitepaper'));
  await stack.lead(email, ({ step, phase }) => step === 1 && phase === 'planned');
  return { email, mail: await eventually(() => mailsTo(stack.sandbox, email)[0]) };
}

/** Waits until the lead has this status and nothing is planned for it. */
export const stopped = (stack: Stack, email: string, status: string) =>
  stack.lead(email, (shown) => shown['status'] === status && shown['nextActionAt'] === null);

/** The same address as providers and the relays behind them spell it. */
export const spellings = (address: string): string[] => [
  address,
  `<${address}>`,
  `"Ann, of sales" <${address}>`,
  `Ann <${address.toUpperCase()}>`,
  ` ${address}. `,
  `${address} (Ann)`,
];

/**
 * Events of a blind copy of a lead's mail, with the ids of that mail, change nothing; those of the lead in the same
 * spellings count.
 */
export async function expectCopiesToChangeNothing(stack: Stack): Promise<void> {
  const { email, mail } = await withFirstMail(stack);
  const before = await stack.types(email);
  const post = (event: string, about: string, to: string) =>
    stack.client.event({
      messageId: mail.id,
      event,
      type: 'bounce',
      status: '5.1.1',
      url: `https://${about}`,
      email: to,
    });
  for (const [at, copy] of spellings('archive@acme.example').entries())
    for (const event of ['bounce', 'spamreport', 'unsubscribe', 'click'])
      expect((await post(event, `copy${at}.example`, copy)).status).toBe(200);
  const own = spellings(email);
  for (const [at, to] of own.entries()) await post('click', `own${at}.example`, to);
  const clicks = async () => (await stack.types(email)).filter((type) => type === 'clicked').length;
  await eventually(async () => (await clicks()) === own.length);
  const added = (await stack.types(email)).slice(before.length);
  expect(added.filter((type) => type !== 'delivered' && type !== 'clicked')).toEqual([]);
  expect(await stack.lead(email)).toMatchObject({ status: 'active', step: 1, phase: 'planned' });
  const metrics = await (await fetch(`${stack.url('inbound')}/metrics`)).text();
  for (const kind of ['bounced', 'complained', 'unsubscribed', 'clicked'])
    expect(metrics).toMatch(new RegExp(`leadstream_other_recipient_events_total\\{[^}]*kind="${kind}"[^}]*\\} [1-9]`));
  expect(metrics).not.toMatch(/^leadstream_events_total\{event="bounced",app="inbound"\} [1-9]/m);
}
