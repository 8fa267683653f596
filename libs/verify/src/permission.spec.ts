import { describe, expect, it } from '@jest/globals';
import type { Data } from '@leadstream/contracts/events';
import { decideClaim } from '@leadstream/lead/claim';
import {
  bounced,
  claimed,
  complained,
  declined,
  enrolled,
  erased,
  nurture,
  paused,
  replied,
  restarted,
  resubmitted,
  resumed,
  stepDue,
  suppressed,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { fold, MONDAY, recorded, type Past } from '@leadstream/testing/given';
import fc from 'fast-check';
import type { Rule } from './finding.ts';
import { judge } from './judge.ts';

const UNTIL = '2026-11-25T09:00:00Z';
const unproven = { authenticated: false } as const;
const recovered = (facts: Partial<Data<'lead.recovered'>>): Past => ({
  type: 'lead.recovered',
  data: { witness: 'projection', ...facts },
});
const stopped = (why: NonNullable<Data<'lead.recovered'>['stop']>['why']) => recovered({ stop: { why, at: MONDAY } });
const away = (until = UNTIL) => replied('out-of-office', { until });
const zone = (id: string) => ({ id, source: 'explicit', confidence: 'high', evidence: '' }) as const;
const begun: Past[] = [triaged(), enrolled(), stepDue()];

/** A restart's run has its first step due at once. */
const withRun = (event: Past, id: string): Past[] =>
  event.type === 'lead.restarted' ? [{ ...event, id }, enrolled({}, id), stepDue({ runId: id })] : [event];
const runOf = (past: Past[]): string => past.findLast(({ type }) => type === 'lead.restarted')?.id ?? 'run-1';

const FORBIDDEN: readonly Rule[] = ['after stop', 'paused', 'window'];
const forbidden = (past: Past[]): Rule[] => {
  const { findings } = judge(recorded([...past, claimed('forged', { runId: runOf(past) })]), {
    now: Temporal.Instant.from(MONDAY),
    overdueMs: 1e9,
  });
  return [...new Set(findings.map(({ rule }) => rule).filter((rule) => FORBIDDEN.includes(rule)))];
};
/** Whether the sender claims the due step at the time at which the forged claim is recorded. */
const isClaimed = (past: Past[]): boolean => {
  const now = Temporal.Instant.from(MONDAY).add({ seconds: past.length });
  const decision = decideClaim(
    fold(recorded(past)),
    { now, sendId: 'forged', deadlineMs: 60_000 },
    { runId: runOf(past), step: 0 },
  );
  return 'type' in decision && decision.type === 'lead.send-started';
};

describe('a forged claim is found, and the sender makes none', () => {
  it.each<[string, Rule, Past[]]>([
    ['after a reply', 'after stop', [replied()]],
    ['after an unsubscribe in words', 'after stop', [replied('unsubscribe')]],
    ['after an unsubscribe', 'after stop', [unsubscribed]],
    ['after a bounce', 'after stop', [bounced]],
    ['after a list that says unsubscribed', 'after stop', [suppressed('unsubscribed')]],
    ['after a list that says bounced', 'after stop', [suppressed('bounced')]],
    ['after a complaint', 'after stop', [complained]],
    ['after the sequence was declined', 'after stop', [declined()]],
    ['after an erasure', 'after stop', [erased]],
    ['after a recovered reply', 'after stop', [stopped('responded')]],
    ['after a recovered unsubscribe', 'after stop', [stopped('unsubscribed')]],
    ['after a recovered bounce', 'after stop', [stopped('bounced')]],
    ['after a recovered complaint', 'after stop', [stopped('complained')]],
    ['after a recovered erasure', 'after stop', [stopped('erased')]],
    ['of a sequence that was declined in a lost log', 'after stop', [recovered({ declined: [nurture.sequence] })]],
    ['of a paused lead', 'paused', [paused]],
    ['of a lead that was paused in a lost log', 'paused', [recovered({ paused: { by: 'olga', at: MONDAY } })]],
    ['after a reply of unproven origin', 'paused', [replied('human', unproven)]],
    [
      'after a recovered reply of unproven origin',
      'paused',
      [recovered({ unproven: { held: true, count: 1, toldAt: null } })],
    ],
    ['of a lead that is away', 'paused', [away()]],
    ['of a lead that is away, by its later answer', 'paused', [away('2026-11-23T08:00:00Z'), away()]],
    ['of a lead that a lost log knew as away', 'paused', [recovered({ awayUntil: UNTIL })]],
    ['of a lead that is away, after a stranger’s form', 'paused', [away(), resubmitted(null, { trusted: false })]],
    ['at night, in a zone that only a lost log knew', 'window', [recovered({ zone: zone('Asia/Tokyo') })]],
  ])('%s', (_, rule, past) =>
    expect([forbidden([...begun, ...past]), isClaimed([...begun, ...past])]).toEqual([[rule], false]),
  );

  it('outside the hours of one of the zones in which the lead may be, until its own is known', () => {
    const zones = ['Europe/Berlin', 'America/New_York'];
    const past = [triaged(), enrolled({ window: { days: [1], from: '09:15', to: '17:30', zones } }), stepDue()];
    expect([forbidden(past), isClaimed(past)]).toEqual([['window'], false]);
    const known = [...past, recovered({ zone: zone('Europe/Paris') })];
    expect([forbidden(known), isClaimed(known)]).toEqual([[], true]);
  });
});

describe('a claim on a holiday of its plan', () => {
  it('is made by no sender, and is a finding', () => {
    const hours = { days: [1], from: '09:15', to: '17:30' };
    const past = (closed: string[]) => [triaged(), enrolled({ window: { ...hours, closed } }), stepDue()];
    expect([forbidden(past([MONDAY.slice(0, 10)])), isClaimed(past([MONDAY.slice(0, 10)]))]).toEqual([
      ['window'],
      false,
    ]);
    expect([forbidden(past(['2026-11-24'])), isClaimed(past(['2026-11-24']))]).toEqual([[], true]);
  });
});

describe('a claim of the sender is no finding', () => {
  it.each<[string, Past[]]>([
    ['after an automatic answer', [replied('auto')]],
    ['after an absence of unproven origin', [replied('out-of-office', { ...unproven, until: UNTIL })]],
    ['after the lead’s return', [away('2026-11-23T08:00:00Z')]],
    ['after a trusted form of a lead that was away', [away(), resubmitted(null)]],
    ['after an operator resumed the lead', [paused, away(), resumed]],
    ['after another sequence was declined', [declined('sales-demo')]],
    ['after an operator restarted the lead', [unsubscribed, declined(), replied(), ...withRun(restarted(), 'run-2')]],
  ])('%s', (_, past) => expect([forbidden([...begun, ...past]), isClaimed([...begun, ...past])]).toEqual([[], true]));

  it('and any other is one, after any facts about the lead', () => {
    const facts: Past[] = [
      ...[bounced, complained, unsubscribed, erased, paused, resumed, restarted(), declined(), declined('sales-demo')],
      ...(['human', 'auto', 'unsubscribe'] as const).flatMap((kind) => [replied(kind), replied(kind, unproven)]),
      ...[away(), away('2026-11-23T08:00:00Z'), replied('out-of-office', { ...unproven, until: UNTIL })],
      ...[true, false].map((trusted) => resubmitted(null, { trusted, zone: zone('Asia/Tokyo') })),
      ...(['responded', 'unsubscribed', 'bounced', 'complained', 'erased'] as const).map(stopped),
      ...[{ declined: [nurture.sequence] }, { paused: { by: 'olga', at: MONDAY } }, { awayUntil: UNTIL }].map(
        recovered,
      ),
      ...[{ unproven: { held: true, count: 1, toldAt: null } }, { zone: zone('Asia/Tokyo') }].map(recovered),
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...facts), { maxLength: 5 }), (some) => {
        const past = [...begun, ...some.flatMap((event, index) => withRun(event, `run-${index + 2}`))];
        expect(forbidden(past).length === 0).toBe(isClaimed(past));
      }),
      { numRuns: 1_000 },
    );
  });
});
