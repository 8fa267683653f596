import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isCallable, isLinkable } from './linkable.ts';

const DOMAINS = [
  'evil.com/win',
  'evil.com',
  'EVIL.Agency',
  'evil.co',
  'evil.xn--p1ai',
  'зло.рф',
  'बुरा.भारत',
  '例子.中国',
  'a.b.c.evil.shop',
  'i❤.ws',
  '1.1.1.1',
  'win at 1.1.1.1',
  '10.0',
  '0x7f.1',
  '127.1',
  '[::1]',
  '2001:db8::1',
  'fe80::1%eth0',
  'http:evil',
  'hxxp://evil',
  'hXXps evil',
  'https',
  'www evil',
  'mailto:x',
  'tel:+1',
  'skype:evil?call',
  'javascript:alert',
  'a@b',
  '//evil.com',
];

describe('a text that a mail program would link', () => {
  it.each(DOMAINS)('is found: %s', (text) => {
    expect(isLinkable(text)).toBe(true);
  });

  it('is found with any dots, widths and invisible characters', () => {
    const dots = fc.constantFrom('.', '\u3002', '\uff0e', '\uff61', '\u2024', '\ufe52');
    const unseen = fc
      .array(
        fc.constantFrom(
          '\ufe0f',
          '\ufe00',
          '\u200b',
          '\u200c',
          '\u200d',
          '\u00ad',
          '\u2060',
          '\u180e',
          '\u034f',
          '\u3164',
          '\u{e0100}',
          '\u{e0001}',
          '\u202e',
          '\u061c',
          '\u2800',
        ),
        { maxLength: 2 },
      )
      .map((all) => all.join(''));
    const wide = (text: string) =>
      text.replace(/[!-~]/g, (character) => String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0));
    fc.assert(
      fc.property(
        fc.constantFrom('evil.com/win', 'evil.shop', '1.1.1.1', 'a.b.agency'),
        fc.boolean(),
        dots,
        fc.array(unseen, { minLength: 30, maxLength: 30 }),
        (text, isWide, dot, noise) => {
          const written = [...text]
            .map(
              (character, index) => `${character === '.' ? dot : isWide ? wide(character) : character}${noise[index]}`,
            )
            .join('');
          expect(isLinkable(written)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    'evil dot com',
    'Evil DOT Net now',
    'evil d0t org',
    'evil[.]com',
    'evil(.)com',
    'evil (dot) com',
    'evil{dot}com',
    'evil. com',
    'evil .com',
    'evil . shop',
    'e v i l . c o m',
    'evil·com',
    'evil•com',
    'evil\u06d4com',
    'evil\u2026com',
    'evil,com',
    'evil!com',
    'Win evil | com',
  ])('is found where its dot is spelled out: %s', (text) => {
    expect(isLinkable(text)).toBe(true);
  });

  it.each(['=?utf-8?q?evil=2Ecom?=', '=?UTF-8?B?ZXZpbC5jb20=?='])(
    'is found in a word that mail programs decode: %s',
    (text) => {
      expect(isLinkable(text)).toBe(true);
    },
  );

  it.each([
    'Dot Coleman',
    'Dot',
    'Gal·la',
    'ジョン・スミス',
    'Acme & Com',
    'Jane Com',
    'J. Comer',
    'Anne-Net',
    'Dr. Organ',
    'Studio 1 800',
  ])('is no name that only resembles one: %s', (name) => {
    expect([isLinkable(name), isCallable(name)]).toEqual([false, false]);
  });

  it.each([
    'O’Brien',
    'J. R. R.',
    'J.R.R.',
    'Dr. Jane',
    'Smith, Jr.',
    'Ahmed s/o Karim',
    'Novo Nordisk A/S',
    'ACME GmbH & Co. KG',
    '3M',
    '7-Eleven',
    'Jane (née Doe)',
    'علی\u200cرضا',
    '葛\u{e0100}城',
    'X Æ A-12',
  ])('is no name of the real world: %s', (name) => {
    expect([isLinkable(name), isCallable(name)]).toEqual([false, false]);
  });

  it.each([
    '1-900-555-1234',
    '+49 30 123456',
    '８００５５５１２３',
    '1\ufe0f\u20e38\ufe0f\u20e30\ufe0f\u20e35\ufe0f\u20e35\ufe0f\u20e35\ufe0f\u20e3',
    '(0800) 555 123',
    '٠٨٠٠٥٥٥',
    '1-800-FLOWERS',
    'Call 1 (900) WIN-NOW',
    '1.888.GOLD',
  ])('is found where it is a number to call: %s', (text) => {
    expect(isCallable(text)).toBe(true);
  });
});
