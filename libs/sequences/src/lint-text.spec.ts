import { describe, expect, it } from '@jest/globals';
import { lint } from './lint.ts';
import { renderStep } from './render.ts';
import { plainCharacters, segmentsOf } from './text-message.ts';
import { exampleSequence } from './testing/example-sequence.ts';

const BODY = "Hi {{ first_name | fallback: 'there' }}, may we call you?\n\nReply STOP to end";
const HOURS = { days: [1, 2, 3, 4, 5], from: '09:00', to: '20:00' };
const text = {
  ...{ id: 'text', action: 'text', channel: 'sms', audience: 'lead', wait: { fixed: 'PT5M' }, window: HOURS },
  ...{ latenessMax: 'P1D', whenLate: 'skip' },
};
const sequence = (step: object = {}, template: object = {}, over: object = {}) =>
  exampleSequence({ steps: [{ ...text, ...step }], templates: { text: { body: BODY, ...template } }, ...over });
const problems = (...given: Parameters<typeof sequence>) =>
  lint(sequence(...given)).map(({ rule, message }) => `${rule}: ${message}`);

describe('a text', () => {
  it('of its own hours, plain, with the way out, has no problem', () => {
    expect(problems()).toEqual([]);
  });

  it.each<[string, RegExp, object, object, object?]>([
    ['at any hour', /^sms: a text needs hours/, { window: 'none' }, {}],
    ['in the deployment’s hours', /^sms: a text needs hours/, { window: 'business-hours' }, {}],
    ['too early', /^sms: a text needs hours/, { window: { ...HOURS, from: '07:59' } }, {}],
    ['too late', /^sms: a text needs hours/, { window: { ...HOURS, to: '20:01' } }, {}],
    ['to staff', /^sms: a text goes to the lead/, { audience: 'staff' }, {}],
    [
      'that may be as late as it likes',
      /^sms: a text needs latenessMax/,
      { latenessMax: undefined, whenLate: undefined },
      {},
    ],
    ['that is planned again when it is late', /^sms: a text needs latenessMax/, { whenLate: 'plan-again' }, {}],
    ['that says nothing of a late one', /^sms: a text needs latenessMax/, { whenLate: undefined }, {}],
    ['as a follow-up', /^sms: a text has no subject/, { thread: true }, {}],
    ['with a subject', /^sms: a text has no subject/, {}, { subject: 'Hello' }],
    ['without a way out', /^sms: its last line/, {}, { body: 'May we call you?' }],
    ['with the way out above its end', /^sms: its last line/, {}, { body: 'Reply STOP to end\n\nMay we call you?' }],
    ['with markup', /^sms: a text is plain/, {}, { body: `**Hi** ${BODY}` }],
    ['with a link', /^sms: a link in a text/, {}, { body: `See https://acme.example ${BODY}` }],
    ['of four segments', /^sms: the text has 4 segments/, {}, { body: `${'a'.repeat(460)} ${BODY}` }],
    ['of four segments by one letter', /^sms: the text has 4 segments/, {}, { body: `${'я'.repeat(190)} ${BODY}` }],
  ])('%s is refused', (_, problem, step, template) => {
    expect(problems(step, template)).toEqual([expect.stringMatching(problem)]);
  });

  it('takes the sequence’s own business hours', () => {
    const businessHours = { from: '09:00', to: '18:00' };
    expect(problems({ window: 'business-hours' }, {}, { businessHours })).toEqual([]);
    expect(
      problems({ window: 'business-hours' }, {}, { businessHours: { ...businessHours, to: '21:00' } }),
    ).toHaveLength(1);
  });

  it('shows the fallback in place of a name that makes it too long', () => {
    const long = sequence({}, { body: `${'a'.repeat(400)} ${BODY}` });
    expect(renderStep(long, 'text', { first_name: 'Ann' }).text).toContain('Hi Ann,');
    expect(renderStep(long, 'text', { first_name: 'Łukasz' }).text).toContain('Hi there,');
  });
});

describe('segments', () => {
  it.each([
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    ['я'.repeat(70), 1],
    ['я'.repeat(71), 2],
    ['👍'.repeat(35), 1],
    ['👍'.repeat(36), 2],
  ])('%s takes %d', (given, count) => {
    expect(segmentsOf(given)).toBe(count);
  });

  it('plain quotes, dashes and blanks keep a text in GSM-7', () => {
    expect(plainCharacters('“Hi” – it’s\u00a0us…\n\n\n\nbye ')).toBe('"Hi" - it\'s us...\n\nbye');
  });
});
