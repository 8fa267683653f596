import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseFolder } from './folder.ts';
import { withFooter } from './footer.ts';
import { contrast } from './frame.ts';
import { lint } from './lint.ts';
import { renderStep } from './render.ts';
import { exampleSequence } from './testing/example-sequence.ts';
import { written } from './written.ts';

const FOOTER = { fromName: 'Sam & Co', postalAddress: '1 Acme Road', wayOut: 'https://acme.example/u/x?sequence=a&b' };
const FRAME = {
  language: 'en',
  colors: { header: '#0b3d91' },
  logo: { url: 'https://acme.example/logo.png?a=1&b=2', alt: 'Acme "Cloud"', width: 160, height: 40 },
  signature: "**{{ sender_name | fallback: 'Sam' }}**\nAcme Cloud, [acme.example](https://acme.example)",
};
const step = { action: 'mail', channel: 'email', window: 'none' };
const framed = (
  frame: object | undefined,
  body = "Hi {{ first_name | fallback: 'there' }},\n\n[a link](https://a.example)",
) =>
  exampleSequence({
    steps: [
      { ...step, id: 'first', audience: 'lead', wait: { fixed: 'PT1H' }, window: 'business-hours' },
      { ...step, id: 'tell', audience: 'staff' },
    ],
    templates: { mail: { subject: "About {{ company | fallback: 'you' }}", body } },
    ...(frame ? { frame } : {}),
  });
const mailOf = (frame: object | undefined, tokens = {}) =>
  withFooter(renderStep(framed(frame), 'first', tokens), FOOTER);

describe('the frame of a sequence', () => {
  it('is the document that was looked at in a browser', () => {
    const { html } = mailOf(FRAME, { first_name: 'Jane', company: 'R<b>&D', sender_name: 'Ana <i> Ruiz' });
    expect(html).toBe(readFileSync('libs/sequences/src/testing/fixtures/framed-mail.html', 'utf8'));
  });

  it('changes neither the text nor the subject of a mail', () => {
    const { html: _, ...plain } = mailOf(undefined, { first_name: 'Jane' });
    const { html: __, ...other } = mailOf(FRAME, { first_name: 'Jane' });
    expect(other).toEqual(plain);
  });

  it('of a definition that was deployed before there were frames is none: its mails have the same bytes', () => {
    expect(mailOf(undefined, { first_name: 'Jane' }).html).toBe(
      '<p>Hi Jane,</p>\n<p><a href="https://a.example">a link</a></p>\n' +
        '<p style="color:#667;font-size:12px">Sam &amp; Co · 1 Acme Road<br><a ' +
        'href="https://acme.example/u/x?sequence=a&amp;b">No more mails</a></p>\n',
    );
  });

  it('is not around a mail to staff', () => {
    expect(renderStep(framed(FRAME), 'tell', {}).framed).toBeUndefined();
  });

  it('loads one picture, whose address is the same for each lead', () => {
    const pictures = [{}, { first_name: 'Jane', email: 'jane@example.com' }].map((tokens) =>
      [...mailOf(FRAME, tokens).html.matchAll(/<(?!a |\/)[^>]*https?:[^>]*>|url\(|@import/gi)].map(([tag]) => tag),
    );
    expect(pictures[0]).toEqual([expect.stringContaining('src="https://acme.example/logo.png?a=1&amp;b=2"')]);
    expect(pictures[1]).toEqual(pictures[0]);
  });

  it('survives the way into the store and back as files', () => {
    const sequence = { ...framed(FRAME), id: 'content-nurture' };
    expect(parseFolder(written(sequence)).sequences[0]?.frame).toEqual(sequence.frame);
  });
});

/** Findings of the lint, with the line of the frame's text, which begins at line 1. */
const linted = (frame: string, body = 'Hello') => {
  const files = written(framed(undefined, body));
  const file = 'content-nurture/sequence.yaml';
  const text = files[file] ?? '';
  return lint(parseFolder({ ...files, [file]: `${text}${frame}` }))
    .filter((one) => one.file.startsWith('content-nurture/') && one.rule !== 'unknown-trigger')
    .map(({ file: where, line = 0, rule, message, warns = false }) => ({
      line: where === file ? line - text.split('\n').length + 1 : where,
      rule,
      message,
      warns,
    }));
};

describe('a frame is refused by file and line', () => {
  it.each([
    ['another color than a hexadecimal one', 'frame:\n  colors:\n    text: red\n', 3, 'must be a color'],
    [
      'a logo over http',
      'frame:\n  logo:\n    url: http://a.example/l.png\n    alt: A\n    width: 100\n    height: 40\n',
      3,
      'https',
    ],
    [
      'a logo whose address has a token',
      'frame:\n  logo:\n    url: https://a.example/{{ email }}.png\n    alt: A\n    width: 100\n    height: 40\n',
      3,
      'same for each lead',
    ],
    [
      'a logo with a password',
      'frame:\n  logo:\n    url: https://u:p@a.example/l.png\n    alt: A\n    width: 100\n    height: 40\n',
      3,
      'https',
    ],
    [
      'a logo of a data address',
      'frame:\n  logo:\n    url: data:image/png;base64,AA\n    alt: A\n    width: 100\n    height: 40\n',
      3,
      'https',
    ],
    [
      'a logo without a text',
      'frame:\n  logo:\n    url: https://a.example/l.png\n    alt: " "\n    width: 100\n    height: 40\n',
      4,
      'without pictures',
    ],
    [
      'a picture of one pixel',
      'frame:\n  logo:\n    url: https://a.example/l.png\n    alt: A\n    width: 1\n    height: 1\n',
      5,
      'width',
    ],
    [
      'a logo wider than a mail',
      'frame:\n  logo:\n    url: https://a.example/l.png\n    alt: A\n    width: 900\n    height: 40\n',
      5,
      'width',
    ],
    ['an unknown part', 'frame:\n  footer: none\n', 2, 'footer'],
    ['a language that is none', 'frame:\n  language: 12345\n', 2, 'language'],
    ['a signature with a token without a fallback', 'frame:\n  signature: "{{ sender_name }}"\n', 2, 'fallback'],
    [
      'a signature with a token for staff',
      'frame:\n  signature: "{{ email | fallback: \'a\' }}"\n',
      2,
      'for staff only',
    ],
    ['a signature with a picture', 'frame:\n  signature: "![a](https://a.example/a.png)"\n', 2, 'image'],
    ['a signature with HTML', 'frame:\n  signature: "<b>Ana</b>"\n', 2, 'html'],
  ])('with %s', (_, frame, line, says) => {
    const found = linted(frame);
    expect(found).toContainEqual({
      line,
      rule: expect.any(String),
      message: expect.stringContaining(says),
      warns: false,
    });
  });

  it('of a sequence that sends nothing to a lead', () => {
    const staff = exampleSequence({ steps: [{ ...step, id: 'tell', audience: 'staff' }], frame: {} });
    expect(lint(staff)).toMatchObject([{ rule: 'unreachable', message: expect.stringContaining('nobody sees') }]);
  });
});

describe('a frame is warned of, and deployed all the same', () => {
  it('with a text that is hard to read on its color, by the ratio of WCAG', () => {
    expect(linted('frame:\n  colors:\n    text: "#777777"\n')).toEqual([
      {
        line: 3,
        rule: 'contrast',
        warns: true,
        message: expect.stringContaining('text #777777 on card #ffffff has a contrast of 4.4:1'),
      },
      { line: 3, rule: 'contrast', warns: true, message: expect.stringContaining('on page #f3f5f7') },
    ]);
    expect(linted('frame:\n  dark:\n    link: "#0b3d91"\n')).toMatchObject([
      { line: 3, rule: 'contrast', message: expect.stringContaining('in dark mode') },
    ]);
    expect(linted('frame: {}\n')).toEqual([]);
  });

  it('when Gmail would hide the end of a mail', () => {
    const body = 'wörd '.repeat(19_000);
    expect(linted('frame: {}\n', body)).toMatchObject([
      { line: 'content-nurture/mail.md', rule: 'clipped', warns: true, message: expect.stringMatching(/11\d KB/) },
    ]);
    expect(linted('frame: {}\n', body.slice(0, 80_000))).toEqual([]);
  });
});

it('the contrast of two colors is that of WCAG 2.2', () => {
  const ratio = (one: string, other: string) => Number(contrast(one, other).toFixed(2));
  expect(ratio('#000000', '#ffffff')).toBe(21);
  expect(ratio('#777777', '#ffffff')).toBe(4.48);
  expect(ratio('#ffffff', '#767676')).toBe(4.54);
  expect(ratio('#0b5cad', '#0b5cad')).toBe(1);
});
