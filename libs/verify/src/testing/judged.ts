import type { Data, Draft, Recorded } from '@leadstream/contracts/events';
import {
  claimed,
  completed,
  delivered,
  enrolled,
  nextPlanned,
  sent,
  stepDue,
  triaged,
} from '@leadstream/testing/builders';
import { MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { judge } from '../judge.ts';

export const HOUR_MS = 3_600_000;
export const at = (time: string, event: Draft): Past => ({ ...event, at: `2026-11-23T${time}Z` });
export const says = (events: readonly Recorded[], now = '2026-11-23T09:00:30Z'): string[] =>
  judge(events, { now: Temporal.Instant.from(now), overdueMs: HOUR_MS }).findings.map(
    ({ rule, seqs }) => `${rule}: ${seqs.join(' ')}`,
  );
export const restOf = (past: Past[]): string => {
  const { rest } = judge(recorded(past), { now: Temporal.Instant.from(MONDAY), overdueMs: HOUR_MS });
  return rest.kind === 'waits' ? `waits for ${rest.what}` : rest.kind;
};

export const second = { step: 1, stepId: 'second' } as const;
export const of = (event: Draft, over: object): Draft => ({ ...event, data: { ...event.data, ...over } }) as Draft;
export const retried = (sendId: string, previous: Data<'lead.send-started'>['previous'], attempt = 2): Draft =>
  claimed(sendId, { attempt, ...(previous ? { previous } : {}) });
export const found = (over: object = {}): Draft =>
  of(sent('a'), {
    evidence: 'provider-event',
    provider: 'mailgun',
    feedbackKey: 'lookup/a',
    foundAt: '2026-11-23T09:00:00Z',
    ...over,
  });
export const begun: Past[] = [triaged(), enrolled(), stepDue()];
export const first: Past[] = [...begun, claimed('a'), sent('a')];
export const whole: Past[] = [
  ...first,
  delivered('a'),
  nextPlanned({ index: 1 }),
  stepDue(second),
  claimed('b', second),
  of(sent('b'), second),
  delivered('b'),
  completed,
];
export const refusal = { sendId: 'a', class: 'server-error' } as const;
/** The step again, at the earliest time that the builder's refusal allows. */
export const RETRY_AT = '2026-11-23T09:05:00Z';
export const againDue: Past[] = [nextPlanned({ at: RETRY_AT }, 'retry'), at('09:05:00', stepDue())];
export const again = (sendId: string): Past[] => [
  ...againDue,
  at('09:05:00', claimed(sendId)),
  at('09:05:01', sent(sendId)),
];
