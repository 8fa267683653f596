import type { Data, Draft, PlannedStep, Route } from '@leadstream/contracts/events';
import type { Limits } from '@leadstream/lead/triage';
import { MONDAY, type Past } from './given.ts';

/** Named facts of one lead's run, to be overridden where a test differs. */

export const nurture: Route = { sequence: 'content-nurture', tag: 'source:whitepaper', rank: 10 };
export const demo: Route = { sequence: 'sales-demo', tag: 'source:demo_request', rank: 20 };
export const returning: Route = { sequence: 'returning-lead', tag: 'returning', rank: 5 };

/** Limits for a stranger's submission that arrives `afterMonday` after MONDAY. */
export const limits = (afterMonday = 'PT1M'): Limits => ({
  nowMs: Temporal.Instant.from(MONDAY).epochMilliseconds + Temporal.Duration.from(afterMonday).total('milliseconds'),
  reenrolAfterMs: 7 * 86_400_000,
});

export const submission = (over: Partial<Data<'lead.triaged'>> = {}): Data<'lead.triaged'> => ({
  contact: { email: 'Jane.Doe@example.com', address: 'jane.doe@example.com', firstName: 'Jane' },
  changes: [],
  tags: [nurture.tag],
  route: nurture,
  zone: { id: 'Europe/Berlin', source: 'explicit', confidence: 'high', evidence: 'given by the form' },
  dossier: { source: 'whitepaper' },
  intake: { seq: 1, key: 'web/1' },
  ...over,
});

export const triaged = (over: Partial<Data<'lead.triaged'>> = {}): Past => ({
  type: 'lead.triaged',
  data: submission(over),
  id: 'run-1',
});

export const resubmitted = (
  route: Data<'lead.resubmitted'>['route'] = nurture,
  over: Partial<Data<'lead.resubmitted'>> = {},
): Draft => ({
  type: 'lead.resubmitted',
  data: { ...submission(), intake: { seq: 9, key: 'web/9' }, reason: 'came back', ...over, route },
});

export const plannedStep = (over: Partial<PlannedStep> = {}): PlannedStep => ({
  index: 0,
  id: 'first',
  action: 'first',
  channel: 'email',
  audience: 'lead',
  at: MONDAY,
  delayMs: 240_000,
  window: { days: [1, 2, 3, 4, 5], from: '09:15', to: '17:30' },
  latenessMaxMs: 4 * 3_600_000,
  ...over,
});

export const enrolled = (over: Partial<PlannedStep> = {}, runId = 'run-1'): Draft => ({
  type: 'lead.enrolled',
  data: { runId, sequence: 'content-nurture', version: 1, planned: plannedStep(over) },
});

const step = { runId: 'run-1', step: 0, stepId: 'first', audience: 'lead' as const, channel: 'email' as const };
const send = (sendId: string, attempt: number) => ({ ...step, sendId, attempt });

export const stepDue = (over: Partial<Data<'lead.step-due'>> = {}): Draft => ({
  type: 'lead.step-due',
  data: { ...step, action: 'first', plannedAt: MONDAY, lagMs: 0, ...over },
});
export const claimed = (sendId = 'send-1', over: Partial<Data<'lead.send-started'>> = {}): Draft => ({
  type: 'lead.send-started',
  data: { ...send(sendId, 1), action: 'first', deadline: '2026-11-23T09:02:00Z', ...over },
});
export const sent = (sendId = 'send-1', attempt = 1): Draft => ({
  type: 'lead.sent',
  data: { ...send(sendId, attempt), provider: 'sendgrid', evidence: 'response' },
});
export const deferred = (sendId = 'send-1', over: Partial<Data<'lead.send-deferred'>> = {}): Draft => ({
  type: 'lead.send-deferred',
  data: { ...send(sendId, 1), class: 'rate-limited', retryAt: '2026-11-23T09:05:00Z', ...over },
});
export const failed = (sendId = 'send-1'): Draft => ({
  type: 'lead.send-failed',
  data: { ...send(sendId, 1), class: 'permanent' },
});
export const unknown = (sendId = 'send-1'): Draft => ({
  type: 'lead.send-unknown',
  data: { ...send(sendId, 1), class: 'timeout' },
});
export const skipped = (
  guard: Data<'lead.send-skipped'>['guard'],
  sendId?: string,
  over: Partial<Data<'lead.send-skipped'>> = {},
): Draft => ({ type: 'lead.send-skipped', data: { ...step, guard, ...(sendId ? { sendId } : {}), ...over } });
export const nextPlanned = (
  over: Partial<PlannedStep> = {},
  why: Data<'lead.step-planned'>['why'] = 'next',
): Draft => ({ type: 'lead.step-planned', data: { runId: 'run-1', planned: plannedStep(over), why } });
export const completed: Draft = {
  type: 'lead.sequence-completed',
  data: { runId: 'run-1', sequence: 'content-nurture', why: 'finished' },
};

const fact = (key: string, sendId?: string) => ({
  key,
  provider: 'sendgrid',
  at: MONDAY,
  ...(sendId ? { sendId } : {}),
});
export const delivered = (sendId = 'send-1', key = `delivered/${sendId}`): Draft => ({
  type: 'lead.delivered',
  data: fact(key, sendId),
});
export const clicked = (sendId = 'send-1'): Draft => ({
  type: 'lead.clicked',
  data: fact(`clicked/${sendId}`, sendId),
});
export const tagged = (add: string[], remove: string[] = []): Draft => ({
  type: 'lead.tagged',
  data: { by: 'olga', add, remove },
});
export const bounced: Draft = { type: 'lead.bounced', data: fact('bounced') };
export const complained: Draft = { type: 'lead.complained', data: fact('complained') };
export const suppressed = (why: Data<'lead.suppressed'>['why'] = 'unsubscribed'): Draft => ({
  type: 'lead.suppressed',
  data: { why, by: 'ana', list: 'mailchimp.csv' },
});
export const unsubscribed: Draft = { type: 'lead.unsubscribed', data: { ...fact('unsubscribed'), via: 'one-click' } };
export const declined = (sequence = nurture.sequence, key = `declined/${sequence}`): Draft => ({
  type: 'lead.unsubscribed',
  data: { ...fact(key), via: 'page', sequence },
});
export const undelivered = (key = 'undelivered', sendId?: string): Draft => ({
  type: 'lead.undelivered',
  data: { ...fact(key, sendId), classification: 'blocked' },
});
export const replied = (
  replyClass: Data<'lead.replied'>['class'] = 'human',
  over: Partial<Data<'lead.replied'>> = {},
): Draft => ({
  type: 'lead.replied',
  data: {
    ...fact(`reply/${replyClass}`),
    class: replyClass,
    matchedBy: 'token',
    ...(replyClass === 'human' ? { tellRep: true } : {}),
    ...over,
  },
});
export const paused: Draft = { type: 'lead.paused', data: { by: 'olga' } };
export const resumed: Draft = { type: 'lead.resumed', data: { by: 'olga' } };
export const restarted = (route = nurture, id = 'run-2'): Past => ({
  type: 'lead.restarted',
  data: { by: 'olga', route },
  id,
});
export const erased: Draft = { type: 'lead.erased', data: { by: 'olga' } };

/** A sender's report of a claim that a restore took out of the log. */
export const lostClaim = (outcome: 'accepted' | 'unknown'): Draft => ({
  type: 'lead.recovered',
  data: {
    witness: 'sender',
    sends: {
      lost: { ...step, attempt: 1, outcome, startedAt: '2026-11-23T09:15:00Z' },
    },
  },
});
