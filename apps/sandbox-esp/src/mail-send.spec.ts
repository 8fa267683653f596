import { describe, expect, it } from '@jest/globals';
import { readMailSend } from './mail-send.ts';

const to = [{ email: 'lead@example.com' }];
const mail = {
  personalizations: [{ to }],
  from: { email: 'rep@example.com' },
  subject: 'Hello',
  content: [{ type: 'text/plain', value: 'Hi' }],
};
const errors = (changes: object) => {
  const read = readMailSend({ ...mail, ...changes });
  return 'errors' in read ? read.errors.map(({ field, message }) => ({ field, message })) : [];
};

it('accepts a mail with every field of the API', () => {
  expect(
    errors({
      reply_to: { email: 'r+token@reply.example.com' },
      categories: ['follow-up'],
      mail_settings: { sandbox_mode: { enable: false } },
      personalizations: [
        {
          to: [{ email: 'lead@example.com', name: 'Ann' }],
          subject: 'Hi',
          headers: { 'List-Unsubscribe': '<https://u>' },
          custom_args: { send_id: '01J' },
        },
      ],
      content: [
        { type: 'text/plain', value: 'a' },
        { type: 'text/html', value: '<p>a</p>' },
      ],
      tracking_settings: { click_tracking: { enable: false } },
    }),
  ).toEqual([]);
});

describe('a mail is refused', () => {
  it.each<[string, object, string | null]>([
    ['without personalizations', { personalizations: undefined }, 'personalizations'],
    ['with none', { personalizations: [] }, 'personalizations'],
    ['without recipients', { personalizations: [{ to: [] }] }, 'personalizations.0.to'],
    ['to what is no address', { personalizations: [{ to: [{ email: 'lead@' }] }] }, 'personalizations.0.to.0.email'],
    ['to no address at all', { personalizations: [{ to: [{ name: 'Ann' }] }] }, 'personalizations.0.to.0.email'],
    [
      'to a name with a comma',
      { personalizations: [{ to: [{ email: 'a@example.com', name: 'Doe, Ann' }] }] },
      'personalizations.0.to.0.name',
    ],
    [
      'to a name with a semicolon',
      { personalizations: [{ to: [{ email: 'a@example.com', name: 'Doe; Ann' }] }] },
      'personalizations.0.to.0.name',
    ],
    [
      'to the same address twice',
      { personalizations: [{ to, cc: [{ email: 'LEAD@example.com' }] }] },
      'personalizations.0',
    ],
    [
      'to more than a thousand',
      {
        personalizations: [0, 1].map((n) => ({
          to: Array.from({ length: 501 }, (_, i) => ({ email: `a${n}-${i}@example.com` })),
        })),
      },
      'personalizations',
    ],
    ['from nobody', { from: undefined }, 'from'],
    ['from what is no address', { from: { email: 'rep' } }, 'from.email'],
    ['from an address with Unicode', { from: { email: 'rép@example.com' } }, 'from.email'],
    ['without a subject', { subject: undefined }, 'subject'],
    ['with an empty subject', { subject: '' }, 'subject'],
    ['without content', { content: undefined }, 'content'],
    ['with empty content', { content: [{ type: 'text/plain', value: '' }] }, 'content.0.value'],
    [
      'with HTML before the text',
      {
        content: [
          { type: 'text/html', value: 'a' },
          { type: 'text/plain', value: 'a' },
        ],
      },
      'content',
    ],
    ['with a header that SendGrid sets itself', { headers: { 'reply-to': 'x@example.com' } }, 'headers'],
    [
      'with a header that is no string',
      { personalizations: [{ to, headers: { 'X-A': 1 } }] },
      'personalizations.0.headers.X-A',
    ],
    [
      'with reply_to twice',
      { reply_to: { email: 'a@example.com' }, reply_to_list: [{ email: 'b@example.com' }] },
      'reply_to',
    ],
    ['with a reply_to that is no address', { reply_to: { email: 'nobody' } }, 'reply_to.email'],
    ['with a custom argument that is no string, not saying where', { custom_args: { step: 2 } }, null],
    [
      'with custom arguments beyond 10000 bytes',
      { custom_args: { a: 'x'.repeat(10_000) } },
      'personalizations.0.custom_args',
    ],
    ['with more than ten categories', { categories: Array.from({ length: 11 }, String) }, 'categories'],
    ['scheduled in milliseconds', { send_at: Date.now() }, 'personalizations.0.send_at'],
  ])('%s', (_, changes, field) => {
    expect(errors(changes).map((error) => error.field)).toEqual([field]);
  });
});

it('needs no subject of its own when every personalization has one', () => {
  expect(errors({ subject: undefined, personalizations: [{ to, subject: 'Hi' }] })).toEqual([]);
});

it('needs neither subject nor content with a template', () => {
  expect(errors({ subject: undefined, content: undefined, template_id: 'd-1' })).toEqual([]);
});

it('returns SendGrid’s error texts, with a link', () => {
  expect(readMailSend({ ...mail, personalizations: [{ to: [{ email: 'lead@' }] }] })).toEqual({
    errors: [
      {
        message: 'Does not contain a valid address.',
        field: 'personalizations.0.to.0.email',
        help: 'http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message.personalizations.to.email',
      },
    ],
  });
  expect(errors({ custom_args: { step: 2 } })).toEqual([{ field: null, message: 'Bad Request' }]);
});

it.each([null, undefined, 7, 'text', []])('is not thrown by %j', (body) => {
  expect('errors' in readMailSend(body)).toBe(true);
});
