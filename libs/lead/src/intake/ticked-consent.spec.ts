import { describe, expect, it } from '@jest/globals';
import { leadCreated } from '@leadstream/contracts/lead-created';
import { clean } from '../hygiene.ts';
import { adapterSchema } from './adapter.ts';
import { leadsIn } from './adapt.ts';

const WORDS = 'I agree to texts from Acme.';
const AT = '2026-11-02T10:00:00Z';
const file = (sms: object) => ({
  ...{ title: 'Acme', docs: 'https://acme.example', source: 'acme', read: [{ all: '$' }] },
  consent: { sms },
});
const flat = { box: 'sms_ok', words: WORDS, at: 'sent' };
const listed = {
  box: { in: 'answers', by: 'ref', is: 'sms', take: 'value' },
  text: { in: '$.form.questions', by: 'ref', is: 'sms', take: 'title' },
  at: 'sent',
  source: 'page',
};
const post = (over: object = {}) => ({
  email: 'a@x.example',
  phone: '+4915112345678',
  sent: AT,
  sms_ok: true,
  ...over,
});
const questions = [
  { ref: 'news', title: 'I want mails.' },
  { ref: 'sms', title: WORDS },
];
const answered = (answers: unknown, over: object = {}) =>
  post({ page: 'https://acme.example/demo', form: { questions }, answers, ...over });

/** What triage reads of the post. */
function read(sms: object, body: object) {
  const [one] = leadsIn(adapterSchema.parse(file(sms)), body);
  const lead = clean(leadCreated.parse(one?.lead), { defaultRegion: 'US' });
  if ('refused' in lead) throw new Error('refused');
  return { consent: lead.smsConsent, rules: lead.changes.map(({ rule }) => rule) };
}

describe('a consent in a form service’s post', () => {
  it.each([true, 'true', 'Yes', ' on ', 1, '1', ['on']])('is a box with the value %j', (sms_ok) => {
    expect(read(flat, post({ sms_ok })).consent).toEqual({ text: WORDS, at: AT });
  });

  it.each([
    ...[false, 'false', 'no', 'off', 0, '0', '', null, undefined, ' ', [], {}],
    ...['maybe', 'ja', 'I agree', 2, ['yes', 'no'], ['yes', 'yes'], { yes: true }, 'yes, no'],
  ])('is no box with the value %j', (sms_ok) => {
    expect(read(flat, post({ sms_ok })).consent).toBeUndefined();
  });

  it('is to the letter what the file calls a tick, alone or among other choices', () => {
    const is = { ...flat, is: ['Text me'] };
    for (const sms_ok of ['Text me', ['Mail me', 'Text me']])
      expect(read(is, post({ sms_ok })).consent).toEqual({ text: WORDS, at: AT });
    for (const sms_ok of [true, 'yes', 'text me', 'Do not Text me', ['Mail me']])
      expect(read(is, post({ sms_ok })).consent).toBeUndefined();
  });

  it('is the answer to its own question, with the words and the page of the post', () => {
    const yes = answered([
      { ref: 'news', value: false },
      { ref: 'sms', value: true },
    ]);
    expect(read(listed, yes).consent).toEqual({ text: WORDS, at: AT, source: 'https://acme.example/demo' });
    const other = answered([
      { ref: 'news', value: true },
      { ref: 'sms', value: false },
    ]);
    expect(read(listed, other).consent).toBeUndefined();
    expect(read(listed, answered([{ ref: 'news', value: true }])).consent).toBeUndefined();
    const both = answered([
      { ref: 'sms', value: true },
      { ref: 'sms', value: false },
    ]);
    expect(read(listed, both).consent).toBeUndefined();
  });

  it.each([
    ['time', flat, post({ sent: undefined }), 'consent-no-time'],
    ['time that can be read', flat, post({ sent: 'yesterday' }), 'consent-no-time'],
    ['number', flat, post({ phone: undefined }), 'consent-no-number'],
    ['words', listed, answered([{ ref: 'sms', value: true }], { form: {} }), 'consent-no-words'],
    [
      'words of which it is sure',
      listed,
      answered([{ ref: 'sms', value: true }], { form: { questions: [...questions, { ref: 'sms', title: 'Else' }] } }),
      'consent-no-words',
    ],
    [
      'words that are stored whole',
      listed,
      answered([{ ref: 'sms', value: true }], { form: { questions: [{ ref: 'sms', title: 'x'.repeat(1_001) }] } }),
      'consent-no-words',
    ],
  ])('without a %s is none, and triage records which is missing', (_, sms, body, rule) => {
    const { consent, rules } = read(sms, body);
    expect([consent, rules]).toEqual([undefined, expect.arrayContaining([rule])]);
  });

  it('is none where the file names no box, whatever the post calls consent', () => {
    const { consent: _, ...bare } = file(flat);
    const given = { sms: { text: WORDS, at: AT } };
    for (const adapter of [bare, file(flat)]) {
      const [one] = leadsIn(adapterSchema.parse(adapter), post({ sms_ok: false, consent: given }), [['consent', 'on']]);
      expect(one?.lead['consent']).toBeUndefined();
    }
  });
});

describe('a file’s consent', () => {
  it.each([
    ['without a box', { words: WORDS, at: 'sent' }],
    ['without a time', { box: 'sms_ok', words: WORDS }],
    ['without words', { box: 'sms_ok', at: 'sent' }],
    ['with words of two kinds', { ...flat, text: 'label' }],
    ['with blank words', { ...flat, words: ' ' }],
    ['that calls a no a tick', { ...flat, is: ['yes', 'No'] }],
    ['that calls an empty box a tick', { ...flat, is: [''] }],
    ['that calls nothing a tick', { ...flat, is: [] }],
    ['with code for a path', { ...flat, box: 'a => a' }],
    ['with a member of another name', { ...flat, yes: ['on'] }],
  ])('%s is refused', (_, sms) => {
    expect(adapterSchema.safeParse(file(sms)).success).toBe(false);
    expect(adapterSchema.safeParse(file(flat)).success).toBe(true);
  });
});
