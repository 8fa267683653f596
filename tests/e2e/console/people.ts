import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { eventually } from '@leadstream/testing/eventually';
import { freshEmail, lead } from '../stack.ts';
import type { Stage } from './stage.ts';

export interface Person {
  id: string;
  email: string;
}

export const MARKUP = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

/** Leads in the states that operators see, each by its own way through the services. */
export async function people({ stack }: Pick<Stage, 'stack'>) {
  const came = async (name: string, source: string, over: object = {}): Promise<Person> => {
    const [firstName, lastName] = name.split(' ');
    const email = freshEmail(name.toLowerCase().replace(/\W+/g, '.'));
    const answer = await stack.post(lead(email, source, { firstName, lastName, ...over }));
    if (answer.status !== 202) throw new Error(`${email}: ${answer.status}`);
    return { id: stack.idOf(email), email };
  };
  const until = (person: Person, status: string) => stack.lead(person.email, (one) => one['status'] === status);
  const sent = async (person: Person) => {
    await eventually(async () => (await stack.types(person.email)).includes('delivered'));
    return stack.client.waitForMessage(person.email);
  };

  const [quinn, pia] = await unlucky(stack);
  await jetstream(stack.nc).publish('lead.created', JSON.stringify(lead('nobody', 'whitepaper')), {
    headers: created(),
  });
  const ana = await came('Ana Souza', 'demo_request', { phone: '+5511987654321', timeZone: 'America/Sao_Paulo' });
  const klara = await came('Klara Holm', 'content_download_kubernetes_guide', { phone: '+4520123456' });
  const tom = await came('Tom Becker', 'demo_request', { phone: '+4930901820' });
  const uma = await came('Uma Patel', 'webinar_cost', { timeZone: 'Asia/Kolkata' });
  const eve = await came('Eve Markup', 'whitepaper', {
    firstName: MARKUP,
    lastName: `\u202egnp${MARKUP}`,
    leadData: { source: 'whitepaper', campaign: MARKUP, fields: { [MARKUP]: MARKUP } },
  });
  const mail = await sent(ana);
  await stack.client.reply({
    messageId: mail.id,
    text:
      'Hi Sam,\n\nYes — we want to cut our cluster bill before Q1. ' +
      'Could you call me on Tuesday after 14:00?\n\nAna',
  });
  await eventually(async () => (await stack.jsm.streams.info('QUARANTINE')).state.messages > 0);
  await Promise.all([
    until(ana, 'responded'),
    until(quinn, 'parked'),
    until(pia, 'parked'),
    sent(klara),
    sent(tom),
    sent(uma),
  ]);
  await eventually(async () => (await stack.types(ana.email)).filter((type) => type === 'delivered').length > 1);
  return { ana, klara, tom, uma, eve, quinn, pia };
}

/** A submission of another team's service, as a CloudEvent. */
const created = () =>
  headersOf({ 'ce-id': crypto.randomUUID(), 'ce-type': 'lead.created', 'ce-source': 'crm', 'ce-specversion': '1.0' });

export function headersOf(fields: Readonly<Record<string, string>>) {
  const all = headers();
  for (const [name, value] of Object.entries(fields)) all.set(name, value);
  return all;
}

/** One lead whose mail the provider refuses for good, and one of whose mail nobody knows the outcome. */
async function unlucky(stack: Stage['stack']): Promise<[Person, Person]> {
  const came = async (name: string, fault: object): Promise<Person> => {
    const [firstName, lastName] = name.split(' ');
    const email = freshEmail(name.toLowerCase().replace(/\W+/g, '.'));
    await stack.client.faults({ ...fault, to: email, count: 1 });
    await stack.post(lead(email, 'whitepaper', { firstName, lastName, phone: '+390612345678' }));
    return { id: stack.idOf(email), email };
  };
  return [await came('Quinn Fox', { status: 400 }), await came('Pia Rossi', { drop: 'before' })];
}
