import { describe, expect, it } from '@jest/globals';
import type { Sequence } from './definition.ts';
import { render, renderStep, Unrenderable, type Mail } from './render.ts';

const body = (text: string, tokens: Record<string, string | undefined> = {}): Mail =>
  render({ subject: 'Hello', body: text }, tokens);
const subject = (text: string, tokens: Record<string, string | undefined> = {}): string =>
  render({ subject: text, body: 'x' }, tokens).subject;
const GREETING = "Hi {{ first_name | fallback: 'there' }},";

describe('a token', () => {
  it('shows its value when it is known', () => {
    expect(body(GREETING, { first_name: 'Jane' })).toMatchObject({ text: 'Hi Jane,', html: '<p>Hi Jane,</p>' });
  });

  it.each([
    [undefined],
    [''],
    [' \t\n'],
    ['\u200b\u00a0'],
    ['\u3164'],
    ['\u200d\u2800'],
    ['undefined'],
    ['null'],
    ['NaN'],
    ['[object Object]'],
    ['Jane undefined'],
  ])('falls back when it is %j', (first_name) => {
    expect(body(GREETING, { first_name }).text).toBe('Hi there,');
  });

  it('shows Null, which is a family name', () => {
    expect(body(GREETING, { first_name: 'Null' }).text).toBe('Hi Null,');
  });

  it('without a fallback fails the mail when it is missing', () => {
    expect(() => body('Hi {{ first_name }},')).toThrow(Unrenderable);
  });

  it('with an unknown name fails the mail', () => {
    expect(() => body("Hi {{ frist_name | fallback: 'there' }},", { frist_name: 'Jane' })).toThrow(Unrenderable);
  });

  it('that is blank is missing in a condition too', () => {
    expect(body('{% if booking_url %}link{% else %}no link{% endif %}', { booking_url: ' ' }).text).toBe('no link');
  });
});

describe('a value that a lead typed', () => {
  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['[x](https://evil.test)', '[x](https://evil.test)'],
    ['https://evil.test', 'https://evil.test'],
    ['**a** _b_ `c` # d', '**a** _b_ `c` # d'],
    ['{{ booking_url }} {% if x %}', '{{ booking_url }} {% if x %}'],
    ['a" onclick="x', 'a&quot; onclick=&quot;x'],
    ['&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['$& $1 \\', '$&amp; $1 \\'],
  ])('stays text: %s', (first_name, html) => {
    expect(body(GREETING, { first_name })).toMatchObject({ text: `Hi ${first_name},`, html: `<p>Hi ${html},</p>` });
  });

  it('stays in one line, so that it makes no paragraph, list or header', () => {
    expect(body(GREETING, { first_name: 'Jane\r\n\r\n- Bcc: x\u2028y' }).text).toBe('Hi Jane - Bcc: x y,');
    expect(subject(GREETING, { first_name: 'Jane\r\nBcc: x' })).toBe('Hi Jane Bcc: x,');
  });

  it('keeps its lines in tokens that allow several', () => {
    const details = 'message: one\n\n* two <b>';
    expect(body("{{ details | fallback: 'none' }}", { details })).toMatchObject({
      text: details,
      html: '<p>message: one<br><br>* two &lt;b&gt;</p>',
    });
  });

  it.each(['\ue0000041\ue001', '\ue0000\ue001'])(
    'stays text when it forges the characters that hide it: %j',
    (name) => {
      expect(body(GREETING, { first_name: name })).toMatchObject({ text: `Hi ${name},`, html: `<p>Hi ${name},</p>` });
    },
  );

  it('is in no mail to another lead', () => {
    const text = `${GREETING}{% if company %} at {{ company }}{% endif %}`;
    const leads = [
      { first_name: 'Jane', company: 'Acme' },
      { first_name: 'Acme', company: 'Jane' },
      { first_name: 'Jo' },
    ];
    expect(leads.map((lead) => body(text, lead).html)).toEqual([
      '<p>Hi Jane, at Acme</p>',
      '<p>Hi Acme, at Jane</p>',
      '<p>Hi Jo,</p>',
    ]);
  });

  it('never becomes the target of a link', () => {
    expect(() => body("[x](https://example.com/{{ first_name | fallback: 'a' }})", { first_name: 'Jane' })).toThrow(
      Unrenderable,
    );
    expect(() => body("[x]({{ first_name | fallback: 'a' }})", { first_name: 'https://evil.test' })).toThrow(
      Unrenderable,
    );
  });
});

describe('a body', () => {
  it('is readable as plain text', () => {
    const text = 'Hi *you*,\n\n1. **one**\n2. [two](https://example.com/a_b)\n\n- a\n- b\n\nBest regards,\nAlex';
    expect(body(text).text).toBe(
      'Hi you,\n\n1. one\n2. two (https://example.com/a_b)\n\n- a\n- b\n\nBest regards,\nAlex',
    );
  });

  it('has the same content in HTML', () => {
    expect(body('**one** [two](https://example.com/?a=1&b=2)\nthree').html).toBe(
      '<p><strong>one</strong> <a href="https://example.com/?a=1&amp;b=2">two</a><br>three</p>',
    );
  });

  it('links to the booking page', () => {
    const booking_url = 'https://cal.example.com/a_b?x=1&y=2';
    expect(body("Here: {{ booking_url | fallback: 'reply' }}.", { booking_url })).toMatchObject({
      text: `Here: ${booking_url}.`,
      html:
        '<p>Here: <a href="https://cal.example.com/a_b?x=1&amp;y=2">' +
        'https://cal.example.com/a_b?x=1&amp;y=2</a>.</p>',
    });
  });

  it('shows HTML as the text it is', () => {
    expect(body('a <img src=x> b').html).toBe('<p>a &lt;img src=x&gt; b</p>');
  });

  it.each([
    ['nothing', ''],
    ['nothing but a condition', '{% if kind %}x{% endif %}'],
    ['a placeholder of a program', 'Hi undefined,'],
    ['half an output', 'Hi }},'],
    ['a link that runs a script', '[x](javascript:alert(1))'],
    ['a filter we do not have', "{{ email | raw | fallback: 'x' }}"],
  ])('of %s makes no mail', (_, text) => {
    expect(() => body(text)).toThrow(Unrenderable);
  });
});

describe('a subject', () => {
  it('is never empty', () => {
    expect(() => render({ body: 'x' }, {})).toThrow(Unrenderable);
    expect(() => subject('{% if kind %}x{% endif %}')).toThrow(Unrenderable);
  });

  it('is cut at 150 characters, between two of them', () => {
    const cut = subject("{{ first_name | fallback: 'x' }} {{ company | fallback: 'x' }}", {
      first_name: '😀'.repeat(99),
      company: 'a'.repeat(99),
    });
    expect(cut.length).toBeLessThanOrEqual(150);
    expect(cut.endsWith('…') && cut.isWellFormed()).toBe(true);
  });

  it('of a follow-up is the first mail’s to the same people, after Re:', () => {
    const step = { channel: 'email', window: 'none' } as const;
    const sequence: Sequence = {
      id: 'x',
      version: 1,
      name: 'x',
      description: 'x',
      rank: 1,
      triggers: [],
      steps: [
        { ...step, id: 'tell', action: 'tell', audience: 'staff' },
        { ...step, id: 'one', action: 'one', audience: 'lead' },
        { ...step, id: 'two', action: 'two', audience: 'lead', thread: true },
      ],
      templates: {
        tell: { subject: 'New lead', body: 'x' },
        one: { subject: "About {{ company | fallback: 'you' }}", body: 'x' },
        two: { body: 'y' },
      },
    };
    expect(renderStep(sequence, 'two', { company: 'ACME' })).toMatchObject({ subject: 'Re: About ACME', text: 'y' });
    expect(() => renderStep(sequence, 'three', {})).toThrow(Unrenderable);
  });
});
