import { describe, expect, it } from '@jest/globals';
import type { Data } from '@leadstream/contracts/events';
import { decideClaim, writtenFor } from '@leadstream/lead/claim';
import { view } from '@leadstream/lead/state';
import {
  claimed,
  deferred,
  enrolled,
  plannedStep,
  resubmitted,
  stepDue,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { fold, MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { judge } from './judge.ts';

const consent = { text: 'I agree to texts.', at: MONDAY };
const zone = { id: 'Europe/Berlin', source: 'phone', confidence: 'high', evidence: '' } as const;
const contact = { email: 'jane@example.com', address: 'jane@example.com', phone: '+4915112345678' };
const asked = { contact, zone, trusted: true, number: 'one', smsConsent: consent };
const planned = plannedStep({ channel: 'sms' });
const begun = (over: Partial<Data<'lead.triaged'>> = {}): Past[] => [
  triaged({ ...asked, ...over }),
  enrolled({ channel: 'sms' }),
  stepDue({ channel: 'sms' }),
];
const again = (over: Partial<Data<'lead.resubmitted'>>): Past =>
  resubmitted(null, { contact, zone, trusted: true, ...over });
const dead = (sendId?: string): Past => ({
  type: 'lead.undelivered',
  data: { key: 'k', provider: 'twilio', at: MONDAY, channel: 'sms', closed: true, ...(sendId ? { sendId } : {}) },
});
const backWithout: Past = { type: 'lead.recovered', data: { witness: 'projection' } };

const claim = (): Past => {
  const { index: step, id: stepId, audience, channel, action } = planned;
  const about = { runId: 'run-1', step, stepId, audience, channel, action };
  const data = { ...about, sendId: 'forged', attempt: 1, deadline: MONDAY, provider: 'twilio' };
  return { type: 'lead.send-started', data };
};
const found = (past: Past[]): string[] => {
  const { findings } = judge(recorded([...past, claim()]), { now: Temporal.Instant.from(MONDAY), overdueMs: 1e9 });
  return [...new Set(findings.map(({ rule }) => rule).filter((rule) => rule === 'consent' || rule === 'after stop'))];
};
const decided = (past: Past[]): string => {
  const state = fold(recorded(past));
  const { phase } = state;
  if (phase.kind !== 'due') return phase.kind;
  const claimant = { now: Temporal.Instant.from(MONDAY), sendId: 'forged', deadlineMs: 60_000 };
  const decision = decideClaim(state, claimant, writtenFor(state, phase.step));
  if ('nothing' in decision) return decision.nothing;
  return decision.type === 'lead.send-skipped' ? decision.data.guard : decision.type;
};

describe('a forged text is found, and the sender makes none', () => {
  it.each<[string, string, Past[]]>([
    ['without a consent', 'no-consent', begun({ smsConsent: undefined })],
    ['with a stranger’s consent', 'no-consent', begun({ trusted: false })],
    ['to another number since', 'no-consent', [...begun(), again({ number: 'two' })]],
    [
      'after a stranger’s later consent',
      'no-consent',
      [...begun({ smsConsent: undefined }), again({ number: 'one', smsConsent: consent, trusted: false })],
    ],
    ['to a dead number', 'no-phone', [...begun(), dead()]],
    [
      'to a dead number with another consent',
      'no-phone',
      [...begun(), dead(), again({ number: 'one', smsConsent: consent })],
    ],
    ['where only the default zone is known', 'no-zone', begun({ zone: { ...zone, source: 'default' } })],
    ['after a restore whose read model knows of no consent', 'no-consent', [...begun(), backWithout]],
    [
      'after a restore whose read model knows of an unsubscribe, where the consent from before it is reported again',
      'no-consent',
      [
        ...begun(),
        { type: 'lead.recovered', data: { witness: 'projection', textsEndedAt: '2026-11-30T00:00:00Z' } },
        again({ number: 'one', smsConsent: consent }),
      ],
    ],
  ])('%s', (_, guard, past) => {
    expect(found(past)).toEqual(['consent']);
    expect(decided(past)).toBe(guard);
  });

  it('after a STOP, and its consent does not come back with a restart', () => {
    expect(found([...begun(), unsubscribed])).toEqual(['after stop', 'consent'].sort());
    expect(fold(recorded([...begun(), unsubscribed])).sms).toBeNull();
  });

  it('after a STOP and a restart, where the consent from before it is reported again', () => {
    const past = [...begun(), unsubscribed, again({ number: 'one', smsConsent: consent })];
    expect(found(past)).toEqual(['after stop', 'consent'].sort());
    expect(fold(recorded(past)).sms).toBeNull();
    const newer = { ...consent, at: '2026-12-01T00:00:00Z' };
    expect(fold(recorded([...past, again({ number: 'one', smsConsent: newer })])).sms).toMatchObject(newer);
  });

  it.each<[string, Past]>([
    ['a suppression list', { type: 'lead.suppressed', data: { why: 'unsubscribed', by: 'ana', list: 'old' } }],
    ['the provider', { type: 'lead.recovered', data: { witness: 'esp', stop: { why: 'unsubscribed', at: MONDAY } } }],
  ])('after an unsubscribe that %s knows', (_, stop) => {
    expect(found([...begun(), stop])).toContain('after stop');
    expect(fold(recorded([...begun(), stop])).sms).toBeNull();
  });

  it('not by a number that a stranger typed: an answer from it is not the lead’s', () => {
    expect(view(fold(recorded(begun({ trusted: false }))))['numbers']).toEqual([]);
    expect(fold(recorded(begun({ trusted: false }))).sms).toBeNull();
    const filled = [
      ...begun({ contact: { ...contact, phone: undefined }, number: undefined }),
      again({ trusted: false, number: 'two' }),
    ];
    expect(view(fold(recorded(filled)))['numbers']).toEqual([]);
    expect(view(fold(recorded(begun())))['numbers']).toEqual(['one']);
  });
});

describe('a text is allowed', () => {
  it.each<[string, Past[]]>([
    ['with a trusted consent to the number', begun()],
    [
      'to the next number, with a consent of its own',
      [...begun(), dead(), again({ number: 'two', smsConsent: consent })],
    ],
    ['after a stranger gave another number', [...begun(), again({ number: 'two', trusted: false })]],
  ])('%s', (_, past) => {
    expect(found(past)).toEqual([]);
    expect(decided(past)).toBe('lead.send-started');
  });
});

describe('a text that is planned again after a refusal', () => {
  const HOUR_MS = 3_600_000;
  const step = { channel: 'sms', latenessMaxMs: 4 * HOUR_MS, whenLate: 'skip', window: undefined } as const;
  const retryAt = Temporal.Instant.from(MONDAY).add({ hours: 1 }).toString();
  const unplanned = (latenessMaxMs: number): number => {
    const replanned = plannedStep({ ...step, at: retryAt, latenessMaxMs });
    const past: Past[] = [
      triaged(asked),
      enrolled(step),
      stepDue({ channel: 'sms' }),
      claimed('text-1', { channel: 'sms', provider: 'twilio' }),
      deferred('text-1', { channel: 'sms', retryAt }),
      { type: 'lead.step-planned', data: { runId: 'run-1', planned: replanned, why: 'retry' } },
    ];
    const { findings } = judge(recorded(past), { now: Temporal.Instant.from(MONDAY), overdueMs: 1e9 });
    return findings.filter(({ says }) => says.includes('not as it was planned')).length;
  };

  it('keeps its deadline, or has all of its time as in older builds, and nothing else', () =>
    expect([3, 4, 2, 5].map((hours) => unplanned(hours * HOUR_MS))).toEqual([0, 0, 1, 1]));
});
