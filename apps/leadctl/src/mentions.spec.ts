import { describe, expect, it } from '@jest/globals';
import { leadId } from '@leadstream/lead/identity';
import { readings } from '@leadstream/lead/readings';
import { replyAddress, signToken } from '@leadstream/lead/signed-token';
import { isLong } from '@leadstream/testing/long';
import { mentions, Person } from './mentions.ts';

const secrets = { leadIdSecret: 'a secret of the leads', tokenSecrets: ['a secret of the tokens'] };
const of = (address: string) => new Person(leadId(secrets.leadIdSecret, address), secrets);
const NEWS = "jane.o'neil+news@example.com";
const jane = of(NEWS);
const token = signToken('reply', jane.id, secrets.tokenSecrets);

const ADDRESS = 'jane.doe@example.com';
const doe = of(ADDRESS);
const each = (text: string, how: (code: number) => string): string =>
  [...text].map((one) => how(one.charCodeAt(0))).join('');
const hex = (code: number): string => code.toString(16).padStart(2, '0');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const bytes = (text: string): string => Buffer.from(text).toString('latin1');
const percent = (text: string): string => each(bytes(text), (code) => `%${hex(code)}`);
const quotedPrintable = (text: string): string => each(bytes(text), (code) => `=${hex(code).toUpperCase()}`);
const escaped = (text: string): string => each(text, (code) => `\\u00${hex(code)}`);
const entities = (text: string): string => each(text, (code) => `&#x${hex(code)};`);
const wide = (text: string): string => each(text, (code) => (code === 46 ? '.' : String.fromCharCode(code + 0xfee0)));
const folded = (text: string): string => base64(text).replace(/.{76}/g, '$&\r\n');

describe('a person is found', () => {
  it.each<[string, unknown]>([
    ['by the address', { email: NEWS }],
    ['in another case, with blanks', { email: " Jane.O'Neil+NEWS@Example.COM " }],
    ['between angles', `From: "Jane" <${NEWS}>`],
    ['at the end of a sentence', `write to ${NEWS}.`],
    ['in a form’s body', `source=x&email=${NEWS}&firstName=J`],
    ['urlencoded', "email=jane.o'neil+news%40example.com"],
    ['in quoted-printable', "To: jane.o'neil+news=40example.com"],
    ['as an HTML entity', "<p>jane.o'neil+news&#64;example.com</p>"],
    ['in JSON in JSON', { body: JSON.stringify([{ email: NEWS }]) }],
    ['in JSON that escapes it', { body: '[{"email":"jane.o\'neil+news\\u0040example.com"}]' }],
    ['in base64', { mime: base64(`From: ${NEWS}\r\n\r\nhello`) }],
    ['as a key', { [NEWS]: 1 }],
    ['deep inside', [[[{ a: [{ b: NEWS }] }]]]],
    ['by the id', { subject: `leads.${jane.id}.triaged` }],
    ['by the id in capitals', jane.id.toUpperCase()],
    ['by a token', replyAddress(token, 'reply.example')],
    ['by a token in capitals', token.toUpperCase()],
  ])('%s', (_, value) => {
    expect(mentions(value, jane)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['in full-width letters', wide(ADDRESS)],
    ['with a full-width @', 'jane.doe＠example.com'],
    ['with a small @', 'jane.doe﹫example.com'],
    ['with ideographic dots', 'jane.doe@example。com'],
    ['in mathematical letters', '𝐣𝐚𝐧𝐞.doe@example.com'],
    ['in circled letters', 'ⓙane.doe@ⓔxample.com'],
    ['with a soft hyphen', 'jane.d\u00adoe@exam\u00adple.com'],
    ['with zero-width blanks all over', [...ADDRESS].join('\u200b')],
    ['with a thousand of them', `jane.${'\u2060'.repeat(1_000)}doe@example.com`],
    ['after a zero-width blank', `see\u200b${ADDRESS}`],
    ['with a Hangul filler', 'jane.\u3164doe@example.com'],
    ['with tags', 'jane.doe\u{e0041}@example.com'],
    ['in quotes', '"jane.doe"@example.com'],
    ['in quotes with escapes', '"jane\\.doe"@example.com'],
    ['with blanks around the @', 'jane.doe @ example.com'],
    ['over two lines', 'To: jane.doe@\r\n example.com'],
    ['with comments', 'jane.doe(of Acme)@(the) example.com'],
    ['with a comment in another', 'jane.doe ((a) b) @example.com'],
    ['percent-encoded all over', percent(ADDRESS)],
    ['percent-encoded twice', percent(percent(ADDRESS))],
    ['in quoted-printable all over', `Subject: ${quotedPrintable(ADDRESS)}`],
    ['over a soft line break', 'jane.doe@exam=\r\nple.com'],
    ['in an encoded word', `=?utf-8?Q?${quotedPrintable(ADDRESS)}?=`],
    ['in one of base64', `=?utf-8?B?${base64(`Jane Doe <${ADDRESS}>`)}?=`],
    ['in entities', entities(ADDRESS)],
    ['in decimal ones without their end', 'jane&#46doe&#0064;example&#46com'],
    ['in named ones', 'jane&period;doe&commat;example&period;com'],
    ['in entities that are escaped', 'jane.doe&amp;#64;example.com'],
    ['in JSON’s escapes', `{"email":"${escaped(ADDRESS)}"}`],
    ['in them without JSON', `email: ${escaped(ADDRESS)}`],
    ['in half a JSON', '{"text":"hello\\njane.doe@example.com'],
    ['in a member that another one hides', `{"email":"${escaped(ADDRESS)}","email":"x"}`],
    ['in JavaScript’s', '\\x6aane.doe\\u{40}example.com'],
    ['in another case', 'JANE.Doe@EXAMPLE.com'],
    ['after a plus of a form', 'note=write+to+jane.doe%40example.com&a=b'],
    ['in JSON in a form', `payload=${percent(JSON.stringify({ email: ADDRESS }))}&v=1`],
    ['in escapes in JSON in a form', `payload=${encodeURIComponent(`{"email":"${escaped(ADDRESS)}"}`)}`],
    ['in quoted-printable in base64', base64(`<p>${quotedPrintable(ADDRESS)}</p>`)],
    ['in lines of base64', `base64\r\n\r\n${folded(`${'a long letter. '.repeat(9)}${ADDRESS} and more`)}\r\n--end`],
    ['in base64 of a URL, not closed', Buffer.from(`??>>${ADDRESS}`).toString('base64url')],
    ['in four encodings', base64(percent(entities(quotedPrintable(ADDRESS))))],
    ['in quarantine', { body: base64(JSON.stringify({ body: JSON.stringify([{ email: percent(ADDRESS) }]) })) }],
    ['in a URL', `https://acme.example/?to=${ADDRESS}&x=1`],
    ['in a path', `/u/${ADDRESS}/edit`],
    ['in Markdown', `**${ADDRESS}**`],
    ['in single quotes', `'${ADDRESS}'`],
    ['in a Chinese sentence', `请联系${ADDRESS}谢谢`],
    ['in a Korean one', `${ADDRESS}으로`],
    ['behind dots', `…${ADDRESS}`],
    ['in mailto', `mailto:${ADDRESS}?subject=x`],
  ])('%s', (_, value) => {
    expect(mentions(value, doe)).toBe(true);
  });

  it.each([
    'jane@München.example',
    'jane@xn--mnchen-3ya.example',
    'jane@mu\u0308nchen.example',
    'JANE@MÜNCHEN.EXAMPLE',
    'jane@m%C3%BCnchen.example',
    'jane=40m=C3=BCnchen.example',
    'jane@m&#252;nchen.example',
  ])('with a domain in another script: %s', (text) => {
    expect(mentions(`mail ${text} now`, of('jane@xn--mnchen-3ya.example'))).toBe(true);
  });
});

describe('no person is found', () => {
  it.each<[string, unknown]>([
    ['in another’s address', { email: 'jane@example.com' }],
    ['in one that only ends like it', `not.${NEWS}.org`],
    ['in a token of another', signToken('reply', of('x@y.example').id, secrets.tokenSecrets)],
    ['in a token that another secret signed', signToken('reply', jane.id, ['some other secret'])],
    ['in nothing', null],
    ['in numbers', [1, { a: 2 }]],
  ])('%s', (_, value) => {
    expect(mentions(value, jane)).toBe(false);
  });

  const others = [
    'jane.doe@example.com.au',
    'jane.doe@example.community',
    'jane.doe@example.co',
    'jane.doe@an.example.com',
    'jane.doe@my-example.com',
    'xjane.doe@example.com',
    "o'jane.doe@example.com",
    'a+jane.doe@example.com',
    'mary-jane.doe@example.com',
    'mary.jane.doe@example.com',
    'jane.doe+news@example.com',
    'janedoe@example.com',
    'jane_doe@example.com',
    'éjane.doe@example.com',
    'e\u0301jane.doe@example.com',
    'jané.doe@example.com',
    'яjane.doe@example.com',
    '"mary jane.doe"@example.com',
    '"jane.doe "@example.com',
    'jane.doe@exämple.com',
    'jane..doe@example.com',
    'jane.doe at example.com',
    'jane.doe',
    'jane.doe @',
    '@example.com',
  ];
  it.each(others)('in %s', (address) => {
    const forms = [
      address,
      percent(address),
      quotedPrintable(address),
      base64(`hello ${address} hello`),
      JSON.stringify({ email: address }),
      `email=${encodeURIComponent(address)}`,
    ];
    expect(forms.filter((text) => mentions(text, doe))).toEqual([]);
  });

  it('in another spelling of the same mailbox, which is a lead of its own', () => {
    const gmail = of('janedoe@gmail.com');
    const others = ['jane.doe@gmail.com', 'janedoe+news@gmail.com', 'janedoe@googlemail.com'];
    expect(others.filter((text) => mentions(text, gmail))).toEqual([]);
  });
});

describe('the work is linear in the length of the text', () => {
  /** Texts of a quarter in `npm test`: the bounds are counts, not times. */
  const MB = (isLong ? 1 : 1 / 4) * 1024 * 1024;
  /** A regular expression that backtracks overflows its stack at a few million letters. */
  const STACK = 16 * 1024 * 1024;
  const filled = (unit: string, size = 2 * MB): string => unit.repeat(Math.ceil(size / unit.length));
  const hostile: [string, string][] = [
    ['combining marks', filled('\u0301', MB)],
    ['marks of many classes', filled('\u0301\u0323\u0327\u05b0\u3099', MB)],
    ['marks around an @', `${filled('\u0301', MB)}@${filled('\u0323', MB)}`],
    ['=', filled('=', 4 * MB)],
    ['%', filled('%', 4 * MB)],
    ['&#', filled('&#', 4 * MB)],
    ['&#x0', `&#x${filled('0')}`],
    ['&amp', filled('&amp;')],
    ['=3D', filled('=3D')],
    ['%25', filled('%25')],
    ['%25 nested', `%${filled('25')}40`],
    ['\\u', filled('\\u')],
    ['\\', filled('\\')],
    ['unclosed base64', filled('QUJD', STACK)],
    ['blanks before nothing', filled(' ', STACK)],
    ['base64 of base64', base64(base64(base64(filled('QUJD'))))],
    ['short runs', filled('aaaaaaaaaaaaaaa ')],
    ['short lines', `${'A'.repeat(16)}${filled('\nA')}`],
    ['@', filled('@', 4 * MB)],
    ['quoted @', filled('"@')],
    ['separators', filled(`${'a=b/'.repeat(16)}@a.b `)],
    ['addresses', Array.from({ length: 50_000 }, (__, index) => `u${index}@e${index % 7}.example`).join(' ')],
    ['blanks', `${filled(' ')}@${filled(' ')}`],
    ['comments', `${filled('(')}@${filled('(')}`],
    ['closed comments', `${filled('()')}@`],
    ['quotes', `${filled('"')}@`],
    ['dots', `${filled('.')}@${filled('.')}`],
    ['invisible characters', `a${filled('\u200b', MB)}@b.example`],
    ['brackets', filled('[', 4 * MB)],
    ['nested lists', `${'['.repeat(MB)}${']'.repeat(MB)}`],
    ['a form', filled('a=b&')],
    ['soft line breaks', filled('=\r\n')],
    ['blanks after =', filled(`=${' '.repeat(9)}`)],
    ['all at once', filled('%3D=25&#61;\\u003d"@ ')],
    [
      'JSON in JSON',
      Array(12)
        .fill(0)
        .reduce<string>((text) => JSON.stringify(text), '"a@b.example"'.repeat(16)),
    ],
  ];

  it.each(hostile)('%s', (_, text) => {
    let looked = 0;
    for (const reading of readings(text)) looked += reading.length;
    let asked = 0;
    const nobody = {
      id: 'nobody',
      has: () => {
        asked++;
        return false;
      },
      signed: () => {
        asked++;
        return false;
      },
    };
    expect(mentions(text, nobody)).toBe(false);
    expect([looked <= 40 * text.length, asked <= 2 * text.length]).toEqual([true, true]);
  });
});
