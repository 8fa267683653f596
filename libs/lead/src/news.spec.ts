import { describe, expect, it } from '@jest/globals';
import type { Data } from '@leadstream/contracts/events';
import {
  claimed,
  completed,
  demo,
  enrolled,
  limits,
  plannedStep,
  resubmitted,
  returning,
  stepDue,
  submission,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { given, type Past } from '@leadstream/testing/given';
import type { LeadState } from './state.ts';
import { decideTriage, type Submission } from './triage.ts';

const { tags: _, ...whitepaper } = submission();
const { contact } = whitepaper;
const form = (fields: Record<string, unknown>, source = 'whitepaper') => ({ source, fields });
const came =
  (over: Partial<Submission> = {}) =>
  (state: LeadState) =>
    decideTriage(
      state,
      { ...whitepaper, returning, intake: { seq: 2, key: 'web/2' }, trusted: false, canTell: true, ...over },
      limits(),
    );
const first = triaged({ trusted: false, dossier: form({ message: 'First words' }) });
const underWay = [first, enrolled()];
const said = (over: Partial<Data<'lead.resubmitted'>>, id: string): Past => ({
  ...resubmitted(null, { trusted: false, intake: { seq: 3, key: id }, ...over }),
  id,
});
const told = (words: string, id: string): Past =>
  said({ dossier: form({ message: words }), tellRep: true, news: `message: ${words}` }, id);
const isTold = (past: readonly Past[], over: Partial<Submission>): unknown => {
  const decision = came(over)(given(...past).state);
  return 'data' in decision && 'tellRep' in decision.data ? decision.data.tellRep : undefined;
};

describe('a submission while a run is under way', () => {
  it('with a new message tells the rep, with the message before', () => {
    given(...underWay)
      .when(came({ dossier: form({ message: 'please CALL ME TODAY' }, 'contact_form') }))
      .thenEvent('lead.resubmitted', {
        route: null,
        tellRep: true,
        news: 'message: please CALL ME TODAY\n(message before: First words)',
        merged: [
          { field: 'leadData.fields.message', from: 'First words', to: 'please CALL ME TODAY', rule: 'offered' },
        ],
      });
  });

  it.each([
    ['another phone', { contact: { ...contact, phone: '+4930123456' } }],
    ['a text in a field of any name', { dossier: form({ wozu: 'Wir brauchen Hilfe' }) }],
    ['a text without spaces', { dossier: form({ q: '価格を教えてください' }) }],
    ['a second phone in a field', { dossier: form({ 'Mobile phone': '0151 12345678' }) }],
    ['one of several texts', { dossier: form({ interest: ['pricing', 'a quote for us'] }) }],
    ['one word in a message of another language', { dossier: form({ お問い合わせ内容: '至急' }) }],
    ['one word as the message', { dossier: form({ Comments: 'Urgent' }) }],
  ])('that says %s tells the rep', (_, over) => {
    expect(isTold(underWay, over)).toBe(true);
  });

  it.each([
    ['the same, in other spaces and case', { dossier: form({ message: ' first   WORDS' }) }],
    ['nothing', { dossier: form({}) }],
    [
      'another id, date, link or browser',
      {
        dossier: form({
          gclid: 'Xy-1',
          at: '2026-11-29 10:00',
          ref: 'https://x.example/a-b',
          ua: 'Mozilla/5.0 (X11; Linux)',
        }),
      },
    ],
    ['the known phone', { contact }],
  ])('that says %s does not', (_, over) => {
    expect(isTold(underWay, over)).toBeUndefined();
  });

  it('tells the rep nothing that another submission has said, taken or not', () => {
    const past = [...underWay, told('call me', 'b')];
    expect(isTold(past, { dossier: form({ message: 'Call me' }) })).toBeUndefined();
    expect(isTold(past, { dossier: form({ message: 'Call me now' }) })).toBe(true);
  });

  it('of a lead that gets no mail tells the rep all the same', () => {
    const past = [...underWay, unsubscribed, { ...resubmitted(returning), id: 'b' }];
    expect(isTold(past, { dossier: form({ message: 'call me' }) })).toBe(true);
  });

  it('that starts a run tells the rep by that run', () => {
    expect(isTold(underWay, { route: demo, dossier: form({ message: 'call me' }) })).toBeUndefined();
  });

  it('tells the rep of strangers’ words five times a day, of a trusted caller’s always', () => {
    const past = [...underWay, ...[1, 2, 3, 4, 5].flatMap((n) => [told(`words ${n}`, `n${n}`), ...noticeOf(`n${n}`)])];
    expect(isTold(past.slice(0, -3), { dossier: form({ message: 'one more' }) })).toBe(true);
    expect(isTold(past, { dossier: form({ message: 'one more' }) })).toBeUndefined();
    expect(isTold(past, { dossier: form({ message: 'one more' }), trusted: true })).toBe(true);
  });

  it('that has ended just now tells the rep all the same, once', () => {
    const over = [...underWay, completed];
    expect(isTold(over, { dossier: form({ message: 'call me' }) })).toBe(true);
    expect(isTold(over, { dossier: form({ message: 'First words' }) })).toBeUndefined();
    expect(isTold([...over, told('call me', 'b')], { dossier: form({ message: 'call me' }) })).toBeUndefined();
  });

  it('waits for the deployment of the notice', () => {
    expect(isTold(underWay, { dossier: form({ message: 'call me' }), canTell: false })).toBeUndefined();
  });
});

/** The notice of an event's news, begun and ended. */
const noticeOf = (id: string): Past[] => [
  {
    type: 'lead.enrolled',
    data: { runId: id, sequence: 'news-notice', version: 1, planned: plannedStep({ audience: 'staff' }) },
  },
  { type: 'lead.sequence-completed', data: { runId: id, sequence: 'news-notice', why: 'finished' } },
];

describe('the notice of news', () => {
  it('interrupts the run under way, which goes on after it', () => {
    const { state } = given(...underWay, told('call me', 'news'));
    expect(state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'news', route: { sequence: 'news-notice' } },
      aside: { phase: { kind: 'planned' } },
      answer: { text: 'message: call me', news: true },
    });
    expect(given(...underWay, told('call me', 'news'), ...noticeOf('news')).state).toMatchObject({
      phase: { kind: 'planned' },
      aside: null,
      run: { sequence: 'content-nurture' },
    });
  });

  it('waits for the outcome of a mail in flight, and follows the end of a run at once', () => {
    expect(given(...underWay, stepDue(), claimed(), told('call me', 'news')).state).toMatchObject({
      phase: { kind: 'claimed' },
      untold: [{ id: 'news' }],
    });
    expect(given(...underWay, completed, told('call me', 'news')).state.phase.kind).toBe('enrolling');
  });

  it('has the words of a notice before it that was not sent', () => {
    const ofNews = { runId: 'a', stepId: 'tell-rep', audience: 'staff' } as const;
    const planned = plannedStep({ audience: 'staff', id: 'tell-rep' });
    const parked: Past[] = [
      ...underWay,
      told('call me', 'a'),
      { type: 'lead.enrolled', data: { runId: 'a', sequence: 'news-notice', version: 1, planned } },
      stepDue(ofNews),
      claimed('send-n', ofNews),
      { type: 'lead.send-failed', data: { ...claimed('send-n', ofNews).data, class: 'permanent' } } as Past,
      told('tomorrow is fine', 'b'),
    ];
    expect(given(...parked).state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'b' },
      aside: { run: { sequence: 'content-nurture' } },
      answer: { id: 'b', text: 'message: tomorrow is fine\n\nmessage: call me' },
    });
  });

  it('of an older log is sent never: the event’s flag decides', () => {
    expect(given(...underWay, said({ dossier: form({ message: 'call me' }) }, 'b')).state.phase.kind).toBe('planned');
  });
});

describe('the data of a second submission', () => {
  const known = triaged({
    trusted: false,
    dossier: { ...form({ message: 'one', size: '', company: 'Acme' }), utm: { utm_source: 'a' } },
  });
  const given2 = {
    contact: { ...contact, firstName: 'Jo', phone: '+4930123456' },
    dossier: { ...form({ message: 'two', size: '50', company: '' }, 'other'), medium: 'cpc', utm: { utm_source: 'b' } },
  };

  it('of a trusted caller replaces what is known, as far as it is not empty', () => {
    const { state } = given(known, said({ ...given2, trusted: true }, 'b'));
    expect([state.contact?.firstName, state.contact?.phone]).toEqual(['Jo', '+4930123456']);
    expect(state.dossier).toEqual({
      source: 'whitepaper',
      medium: 'cpc',
      utm: { utm_source: 'b' },
      fields: { message: 'two', size: '50', company: 'Acme' },
    });
  });

  it('of an open form fills gaps, and the event has what was offered', () => {
    const { state } = given(known, said(given2, 'b'));
    expect(state.contact?.firstName).toBe(contact.firstName);
    expect(state.dossier).toEqual({
      source: 'whitepaper',
      medium: 'cpc',
      utm: { utm_source: 'a' },
      fields: { message: 'one', size: '50', company: 'Acme' },
    });
    given(known)
      .when(came(given2))
      .thenEvent('lead.resubmitted', {
        merged: expect.arrayContaining([
          { field: 'firstName', from: contact.firstName, to: 'Jo', rule: 'offered' },
          { field: 'leadData.medium', to: 'cpc', rule: 'filled' },
          { field: 'leadData.fields.size', to: '50', rule: 'filled' },
          { field: 'leadData.utm.utm_source', from: 'a', to: 'b', rule: 'offered' },
        ]),
      });
  });

  it('of strangers fills no more than a bounded number of fields', () => {
    const many = (prefix: string) =>
      form(Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`${prefix}${n}`, 'x'])));
    const { state } = given(known, said({ dossier: many('a') }, 'b'), said({ dossier: many('b') }, 'c'));
    expect(Object.keys(state.dossier?.fields ?? {})).toHaveLength(200);
  });
});
