import { describe, expect, it } from '@jest/globals';
import { leadId } from '@leadstream/lead/identity';
import { replyAddress, signToken } from '@leadstream/lead/tokens';
import { Person } from './mentions.ts';

const secrets = { leadIdSecret: 'a secret of the leads', tokenSecrets: ['a secret of the tokens'] };
const of = (address: string) => ({ id: leadId(secrets.leadIdSecret, address), person: new Person(leadId(secrets.leadIdSecret, address), secrets) });
const jane = of('jane.o\'neil+news@example.com');
const token = signToken('reply', jane.id, secrets.tokenSecrets);

describe('a person is found', () => {
  it.each<[string, unknown]>([
    ['by the address', { email: 'jane.o\'neil+news@example.com' }], ['in another case, with blanks', { email: ' Jane.O\'Neil+NEWS@Example.COM ' }],
    ['between angles', 'From: "Jane" <jane.o\'neil+news@example.com>'], ['at the end of a sentence', 'write to jane.o\'neil+news@example.com.'],
    ['in a form’s body', 'source=x&email=jane.o\'neil+news@example.com&firstName=J'], ['urlencoded', 'email=jane.o\'neil+news%40example.com'],
    ['in quoted-printable', 'To: jane.o\'neil+news=40example.com'], ['as an HTML entity', '<p>jane.o\'neil+news&#64;example.com</p>'],
    ['in JSON in JSON', { body: JSON.stringify([{ email: 'jane.o\'neil+news@example.com' }]) }], ['in JSON that escapes it', { body: '[{"email":"jane.o\'neil+news\\u0040example.com"}]' }],
    ['in base64', { mime: Buffer.from('From: jane.o\'neil+news@example.com\r\n\r\nhello').toString('base64') }], ['as a key', { 'jane.o\'neil+news@example.com': 1 }],
    ['deep inside', [[[{ a: [{ b: 'jane.o\'neil+news@example.com' }] }]]]], ['by the id', { subject: `leads.${jane.id}.triaged` }], ['by the id in capitals', jane.id.toUpperCase()],
    ['by a token', replyAddress(token, 'reply.example')], ['by a token in capitals', token.toUpperCase()],
  ])('%s', (_, value) => {
    expect(jane.person.isNamed(value)).toBe(true);
  });

  it('with a domain in another script', () => {
    expect(of('jane@xn--mnchen-3ya.example').person.isNamed('mail jane@München.example now')).toBe(true);
  });
});

describe('nobody is found', () => {
  it.each<[string, unknown]>([
    ['in another’s address', { email: 'jane@example.com' }], ['in one that only ends like it', 'not.jane.o\'neil+news@example.com.org'], ['in a token of another', signToken('reply', leadId(secrets.leadIdSecret, 'x@y.example'), secrets.tokenSecrets)],
    ['in a token that another secret signed', signToken('reply', jane.id, ['some other secret'])], ['in nothing', null], ['in numbers', [1, { a: 2 }]],
  ])('%s', (_, value) => {
    expect(jane.person.isNamed(value)).toBe(false);
  });
});
