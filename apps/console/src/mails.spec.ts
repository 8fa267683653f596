import { describe, expect, it } from '@jest/globals';
import type { Data } from '@leadstream/contracts/events';
import { claimed, enrolled, resubmitted, stepDue, submission, triaged } from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { mailHash, partyHash, type MailHash } from '@leadstream/sequences/mail-hash';
import { render } from '@leadstream/sequences/render';
import { exampleSequence } from '@leadstream/sequences/testing/example-sequence';
import { LEAD_ID } from '@leadstream/testing/given';
import { mailOf } from './mails.ts';

const template = {
  subject: 'A call?',
  body: "Hello {{ first_name | fallback: 'there' }}: {{ booking_url }}.\n\n{{ sender_name | fallback: 'The team' }}",
};
const sequence = exampleSequence({
  id: 'content-nurture',
  steps: [{ id: 'first', audience: 'lead', action: 'first', channel: 'email', window: 'none' }],
  templates: { first: template },
});
const settings = {
  BOOKING_URL: 'https://book.example/sam',
  FROM_EMAIL: 'sales@leadstream.example',
  FROM_NAME: 'Sam',
  POSTAL_ADDRESS: '1 Road, Town',
  NAMES: 'always' as const,
};
/** As the sender hashed it. */
const sentTo = (first_name: string | undefined): MailHash =>
  mailHash(
    LEAD_ID,
    render(sequence.templates['first'] ?? template, {
      ...(first_name === undefined ? {} : { first_name }),
      booking_url: settings.BOOKING_URL,
      sender_name: 'Sam',
    }),
    { fromName: 'Sam', postalAddress: settings.POSTAL_ADDRESS },
  );

const due: Past[] = [triaged(), enrolled(), stepDue()];
const shown = (mailHash: Data<'lead.send-started'>['mailHash'], over: object = {}, before: Past[] = due) => {
  const events = recorded([...before, claimed('send-1', mailHash ? { mailHash } : {})]);
  const mail = mailOf(events, 'send-1', { sequence: () => sequence, rep: () => undefined }, { ...settings, ...over });
  if (typeof mail !== 'object') throw new Error(mail);
  return mail;
};

describe('a mail that is made again', () => {
  it('is exactly the one that went out while its hash is the claim’s', () => {
    expect(shown(sentTo('Jane'))).toMatchObject({ match: 'exact', why: [], subject: 'A call?' });
  });

  it('is the one that the sender composed before the lead’s data changed', () => {
    const contact = { ...submission().contact, firstName: 'Janet' };
    const news = resubmitted(null, { contact });
    const mail = shown(sentTo('Jane'), {}, [...due, news]);
    expect([mail.match, mail.text.split(':')[0]]).toEqual(['exact', 'Hello Jane']);
    expect(shown(sentTo('Joan'), {}, [...due, news])).toMatchObject({ match: 'changed' });
  });

  it.each([
    ['its end', { POSTAL_ADDRESS: '2 Road, Town' }, 'words', ['the postal address', 'the rep and their name']],
    ['its link', { BOOKING_URL: 'https://book.example/ana' }, 'changed', ['its booking link', 'the sender’s name']],
    ['its sender', { FROM_NAME: 'Ana' }, 'changed', ['its booking link', 'the sender’s name']],
  ])('says what may have changed of %s', (_, over, match, why) => {
    const mail = shown(sentTo('Jane'), over);
    expect([mail.match, mail.why.slice(0, 2).map((what) => what.replace(/ \(.*/, ''))]).toEqual([match, why]);
  });

  it('names the rule of names when that alone makes the difference', () => {
    const unproven = submission({ trusted: false });
    const before: Past[] = [triaged(unproven), ...due.slice(1)];
    expect(shown(sentTo(undefined), {}, before)).toMatchObject({
      match: 'changed',
      why: ['the names that mails may show (NAMES was trusted)'],
    });
  });

  it.each([
    ['as they went out', {}, { to: 'as-sent', from: 'as-sent' }],
    ['from another address', { FROM_EMAIL: 'old@leadstream.example' }, { to: 'as-sent', from: 'another' }],
    ['from another name', { FROM_NAME: 'Ana' }, { to: 'as-sent', from: 'another' }],
    ['from an address that the console lacks', { FROM_EMAIL: undefined }, { to: 'as-sent', from: 'unknown-here' }],
  ])('has To and From %s', (_, over, parties) => {
    const from = { email: settings.FROM_EMAIL, name: settings.FROM_NAME };
    const to = submission().contact.email;
    expect(shown({ ...sentTo('Jane'), ...partyHash(LEAD_ID, { to, from }) }, over)).toMatchObject({ parties });
    const another = { ...sentTo('Jane'), ...partyHash(LEAD_ID, { to: 'x@example.com', from }) };
    expect(shown(another, over)).toMatchObject({ parties: { ...parties, to: 'another' } });
  });

  it('knows nothing of To and From of a claim of an older build', () => {
    expect(shown(sentTo('Jane')).parties).toEqual({ to: 'not-recorded', from: 'not-recorded' });
  });

  it('proves nothing about a claim without a hash', () => {
    expect(shown(undefined)).toMatchObject({ match: 'not-recorded', why: [] });
  });
});
