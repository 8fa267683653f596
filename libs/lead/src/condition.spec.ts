import { describe, expect, it } from '@jest/globals';
import type { Condition } from '@leadstream/contracts/events';
import {
  claimed,
  clicked,
  enrolled,
  nurture,
  replied,
  resubmitted,
  resumed,
  sent,
  stepDue,
  tagged,
  triaged,
} from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import { decideClaim, decideRetry } from './claim.ts';
import { fieldOf, isOneOf } from './condition.ts';
import { statusOf, type LeadState } from './state.ts';

const now = Temporal.Instant.from(MONDAY).add({ seconds: 10 });
const claim = (state: LeadState) =>
  decideClaim(state, { now, sendId: 'new', deadlineMs: 90_000 }, { runId: 'run-1', step: 0 });
const lead = triaged({ dossier: { source: 'whitepaper', utm: { utm_term: 'Cost' }, fields: { companySize: 50 } } });
const due = (when: Condition, ...since: Past[]) => given(lead, enrolled({ when }), ...since, stepDue());
const booking = resubmitted(null, { tags: ['source:booking'] });

describe('a step with a condition', () => {
  it.each<[string, Condition, Past[]]>([
    ['has every tag', { tagged: ['source:whitepaper', 'vip'] }, [tagged(['vip'])]],
    ['has lost a tag that it may not have', { notTagged: ['vip'] }, [tagged(['vip']), tagged([], ['vip'])]],
    ['has a field of that value', { fields: { companySize: '50', 'utm.utm_term': ['cost', 'speed'] } }, []],
    ['has clicked since the run began', { happened: ['clicked'] }, [clicked()]],
    ['has booked', { happened: ['booked'] }, [booking]],
    ['has not booked', { notHappened: ['booked'] }, [resubmitted(null), clicked()]],
  ])('is sent when the lead %s', (_, when, since) => {
    due(when, ...since)
      .when(claim)
      .thenEvent('lead.send-started');
  });

  it.each<[string, Condition, Past[], string]>([
    ['a tag is missing', { tagged: ['vip'] }, [], 'the tag vip is absent'],
    ['a tag is there', { notTagged: ['vip'] }, [tagged(['vip'])], 'the tag vip is present'],
    ['a field has another value', { fields: { companySize: [10, 20] } }, [], 'the field companySize is not 10 or 20'],
    ['a field is missing', { fields: { country: 'DE' } }, [], 'the field country is not DE'],
    ['nobody has clicked', { happened: ['clicked'] }, [], 'the lead has not clicked'],
    ['the lead has booked', { notHappened: ['booked'] }, [booking], 'the lead has booked'],
  ])('is left out, with the reason, when %s', (_, when, since, reason) => {
    due(when, ...since)
      .when(claim)
      .thenEvent('lead.send-skipped', { guard: 'condition', reason });
  });

  it('counts what happened in its own run only', () => {
    const before: Past[] = [lead, enrolled(), clicked(), { ...resubmitted(nurture), id: 'run-2' }];
    given(...before, enrolled({ when: { happened: ['clicked'] } }, 'run-2'), stepDue({ runId: 'run-2' }))
      .when((state) => decideClaim(state, { now, sendId: 'new', deadlineMs: 1 }, { runId: 'run-2', step: 0 }))
      .thenEvent('lead.send-skipped', { guard: 'condition' });
  });

  it('waits for an operator like every other step, and is decided after that', () => {
    due({ tagged: ['vip'] }, { type: 'lead.paused', data: { by: 'olga' } })
      .when(claim)
      .thenEvent('lead.send-skipped', { guard: 'paused' });
    due({ tagged: ['vip'] }, { type: 'lead.paused', data: { by: 'olga' } }, resumed)
      .when(claim)
      .thenEvent('lead.send-skipped', { guard: 'condition' });
  });

  it('to the rep is left out too', () => {
    given(lead, enrolled({ audience: 'staff', when: { notHappened: ['replied'] } }), replied(), stepDue())
      .when(claim)
      .thenEvent('lead.send-skipped', { guard: 'condition', reason: 'the lead has replied' });
  });

  it('is not tried again once the condition does not hold', () => {
    due({ notTagged: ['vip'] }, stepDue(), claimed(), tagged(['vip']))
      .when((state) =>
        decideRetry(state, { sendId: 'send-1', class: 'rate-limited' }, { now, sendId: 'new', deadlineMs: 1 }),
      )
      .thenEvent('lead.send-skipped', { guard: 'condition', sendId: 'send-1' });
  });

  it('is not sent to a lead with a tag that ends the sequence', () => {
    given(lead, enrolled({ exits: ['customer'] }), tagged(['customer']), stepDue())
      .when(claim)
      .thenEvent('lead.send-skipped', { guard: 'condition', reason: 'the tag customer ends the sequence' });
  });

  it('counts a click on an earlier mail of the run', () => {
    const { state } = given(lead, enrolled(), stepDue(), claimed(), sent(), clicked());
    expect(state.run?.happened).toEqual(['clicked']);
    expect(statusOf(state)).toBe('active');
  });
});

describe('a field of a submission', () => {
  it('is found by its name, and never on the prototype', () => {
    const answer = { outcome: 'enriched', attempt: 1, at: '2026-11-23T10:00:00Z' } as const;
    const dossier = { source: 'fair', fields: { size: '5' }, other: { lang: 'de' }, utm: { utm_term: 'x' } };
    const enrichment = { domain: { ...answer, facts: { company: 'Acme' } }, http: answer };
    const names = ['source', 'size', 'lang', 'utm.utm_term', 'utm_term', 'constructor'];
    expect(names.map((name) => fieldOf({ dossier, enrichment }, name))).toEqual([
      'fair',
      '5',
      'de',
      'x',
      undefined,
      undefined,
    ]);
    const facts = ['enrichment.domain.company', 'enrichment.domain.constructor', 'enrichment.http.company'];
    expect(facts.map((name) => fieldOf({ dossier, enrichment }, name))).toEqual(['Acme', undefined, undefined]);
  });

  it('matches by one of its repeated values, without case', () => {
    expect(isOneOf(['Cloud', 'Data'], ['data '])).toBe(true);
    expect(isOneOf(undefined, ['undefined'])).toBe(false);
  });
});
