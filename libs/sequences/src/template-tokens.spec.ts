import { describe, expect, it } from '@jest/globals';
import type { Contact } from '@leadstream/contracts/events';
import type { Dossier } from '@leadstream/contracts/events';
import { render } from './render.ts';
import { TOKENS, tokensOf, type Tokens } from './template-tokens.ts';

const tokens = (
  dossier: Partial<Dossier> = {},
  names: Partial<Omit<Contact, 'email' | 'address'>> = { firstName: 'Jane', lastName: 'Doe' },
  tags: string[] = ['source:whitepaper'],
): Tokens =>
  tokensOf({
    contact: { email: 'jane.doe@example.com', ...names },
    dossier: { source: 'content_download_costs', ...dossier },
    tags,
    sequence: { titles: { 'content_download_*': 'our guides', content_download_costs: 'our guide on costs' } },
    settings: { bookingUrl: 'https://cal.example.com', fromName: 'Alex' },
  });

describe('the tokens of a lead', () => {
  it('are exactly those of the table', () => {
    expect(Object.keys(tokens()).sort()).toEqual(Object.keys(TOKENS).sort());
  });

  it('name the content by the title of its source', () => {
    expect(tokens()['content_title']).toBe('our guide on costs');
    expect(tokens({ source: 'Content_Download_new' })['content_title']).toBe('our guides');
    expect(tokens({ source: 'webinar' })['content_title']).toBeUndefined();
  });

  it.each([
    ['Jane', 'Doe', 'Jane Doe'],
    ['Jane', undefined, 'Jane'],
    [undefined, 'Doe', 'Doe'],
    ['undefined', 'Doe', 'Doe'],
    [undefined, undefined, undefined],
  ])('make one name of %s and %s', (firstName, lastName, full) => {
    expect(tokens({}, { ...(firstName ? { firstName } : {}), ...(lastName ? { lastName } : {}) })['full_name']).toBe(
      full,
    );
  });

  it.each([
    ["O'Brien"],
    ['李雷'],
    ['José María'],
    ['van der Berg'],
    ['J.R.'],
    ['Łukasz-Jan'],
    ['Dr. Jane'],
    ['X Æ A-12'],
    ['John 3rd'],
    ['Ｊａｎｅ'],
    ['Jane (née Doe)'],
  ])('keep the name %s', (firstName) => {
    expect(tokens({}, { firstName })['first_name']).toBe(firstName);
  });

  it.each([
    ['https://evil.test'],
    ['You won, see evil.test/x'],
    ['www.evil'],
    ['a@evil.test'],
    ['<b>Jane'],
    ['.'],
    ['123'],
    ['Congratulations '.repeat(9)],
    ['EVIL\u2024test'],
    ['evil\u3002test'],
    ['evil\uff61test'],
    ['ＷＷＷ．ｅｖｉｌ．ｔｅｓｔ'],
    ['a＠evil'],
    ['evil．test／x'],
    ['skype:evil?call'],
    ['Call 1-900-555-1234 now'],
    ['evil.\ufe0fcom/win'],
    ['Win at 1.1.1.1'],
    ['e\u200dvil.agency'],
    ['see [::1]'],
    ['hxxps evil'],
    ['Bank, (０８００) 555 123'],
  ])('do not let a form have us mail %j to a stranger', (text) => {
    expect(tokens({ fields: { company: text } }, { firstName: text })).toMatchObject({
      first_name: undefined,
      full_name: undefined,
      company: undefined,
    });
  });

  it('keep a company called like a domain, and no mail program makes a link of it', () => {
    const company = (text: string) => tokens({ fields: { company: text } })['company'];
    expect(company('Booking.com')).toBe('Booking\u2060.\u2060com');
    expect(company('Amazon.com Inc.')).toBe('Amazon\u2060.\u2060com Inc\u2060.\u2060');
    for (const text of ['see evil.test/x', 'www.evil.test', 'evil.test:80', 'win at evil.test now', 'a@evil.test'])
      expect(company(text)).toBeUndefined();
    expect(tokens({}, { firstName: 'Dr.Win' })['first_name']).toBeUndefined();
  });

  it.each(['N/A', 'none', '-', '(not set)', '%COMPANY%', '{{company}}', 'null'])('have no company %s', (company) => {
    expect(tokens({ fields: { company } })['company']).toBeUndefined();
  });

  it('show a company as it was written before a program escaped it', () => {
    expect(tokens({ fields: { company: 'AT&amp;T' } })['company']).toBe('AT&T');
  });

  it('have the extension beside the number', () => {
    expect(tokens({}, { phone: '+12065551212', phoneExtension: '12' })['phone']).toBe('+12065551212 ext. 12');
  });

  it.each([
    ['Call 1900', '1234 now'],
    ['Bank 030 12', '45 789'],
    ['evil dot', 'com'],
    ['evil', '. com now'],
    ['x'.repeat(50) + ' 03012', '345 now'],
  ])('do not join %j and %j, which are one link or number', (firstName, lastName) => {
    expect(tokens({}, { firstName, lastName })).toMatchObject({
      first_name: firstName,
      last_name: undefined,
      full_name: firstName,
    });
  });

  it.each([['3M'], ['Studio 54'], ['7-Eleven'], ['Agentur 12345'], ['ACME GmbH & Co. KG']])(
    'keep the company %s',
    (company) => {
      expect(tokens({ fields: { company } })['company']).toBe(company);
    },
  );

  it.each([
    [{ fields: { company: 'ACME' } }],
    [{ fields: { companyName: 'ACME' } }],
    [{ fields: { Company_Name: 'ACME' } }],
    [{ fields: { company: '' }, other: { organisation: 'ACME' } }],
  ])('find the company in %j', (dossier) => {
    expect(tokens(dossier)['company']).toBe('ACME');
  });

  it('include the kind of lead of the latest source', () => {
    expect(tokens({}, {}, ['vip', 'source:whitepaper', 'source:webinar', 'STOP_SEQUENCE'])['kind']).toBe('webinar');
    expect(tokens({}, {}, [])['kind']).toBeUndefined();
  });

  it('give the rep all fields of the form, one a line', () => {
    const { details } = tokens({
      fields: { companySize: 50, message: 'Hello\nthere', empty: '', nothing: null, list: ['a'] },
      other: { referrer: 'a friend' },
      utm: { utm_term: 'cost' },
    });
    expect(details).toBe('companySize: 50\nmessage: Hello\nthere\nlist: ["a"]\nreferrer: a friend\nutm_term: cost');
  });

  it('show a long message cut, never empty', () => {
    const { text } = render(
      { subject: 'x', body: "{{ details | fallback: 'Nothing.' }}" },
      tokens({ fields: { message: 'a '.repeat(50_000) } }),
    );
    expect(text).toMatch(/^message: a a .*…$/s);
  });
});
