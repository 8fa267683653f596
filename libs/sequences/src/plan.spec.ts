import { describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import {
  bounced,
  claimed,
  complained,
  completed,
  declined,
  deferred,
  enrolled,
  nextPlanned,
  paused,
  replied,
  resumed,
  sent,
  skipped,
  stepDue,
  triaged,
  unknown,
  unsubscribed,
} from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import type { LeadState } from '@leadstream/lead/state';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { decideDue, decidePlan, type Planning } from './plan.ts';
import { exampleSequence } from './testing/example-sequence.ts';

const definition = exampleSequence({
  steps: [
    {
      id: 'first',
      action: 'mail',
      channel: 'email',
      audience: 'lead',
      wait: { min: 'PT3M', max: 'PT7M' },
      window: 'business-hours',
      latenessMax: 'PT4H',
    },
    {
      id: 'second',
      action: 'mail',
      channel: 'email',
      audience: 'lead',
      wait: { fixed: 'P2D' },
      window: 'business-hours',
    },
  ],
});
const planning = (now: string, over: Partial<Planning> = {}): Planning => ({
  now: Temporal.Instant.from(now),
  draw: () => 0.5,
  delayScale: 1,
  hours: BUSINESS_HOURS,
  sequence: (id) => (id === definition.id ? definition : undefined),
  ...over,
});
const plan =
  (now = MONDAY, over?: Partial<Planning>) =>
  (state: LeadState) =>
    decidePlan(state, planning(now, over));
const hunt = (now: string) => (state: LeadState) => decideDue(state, planning(now));
const first = [triaged(), enrolled(), stepDue(), claimed()];

describe('enrolment', () => {
  it('plans the first step after the drawn delay', () => {
    given(triaged())
      .when(plan())
      .thenEvent('lead.enrolled', {
        runId: 'run-1',
        sequence: 'content-nurture',
        version: 1,
        planned: { index: 0, delayMs: 300_000, at: '2026-11-23T09:05:00Z', latenessMaxMs: 14_400_000 },
      });
  });

  it.each([
    [0, 180_000],
    [0.999_999_9, 420_000],
  ])('draws between three and seven minutes: %d', (draw, delayMs) => {
    given(triaged())
      .when(plan(MONDAY, { draw: () => draw }))
      .thenEvent('lead.enrolled', { planned: { delayMs } });
  });

  it('has the same delay whenever it is planned, and another for another lead', () => {
    const drawn = (leadId: string, at = MONDAY) => {
      const { draw: _, ...undrawn } = planning(at);
      const { decision } = given(triaged()).when((state) => decidePlan({ ...state, leadId }, undrawn));
      return (decision as Extract<Draft, { type: 'lead.enrolled' }>).data.planned.delayMs;
    };
    const delays = ['lead-1', 'lead-2', 'lead-3', 'lead-4'].map((id) => drawn(id));
    expect(delays).toEqual(['lead-1', 'lead-2', 'lead-3', 'lead-4'].map((id) => drawn(id, '2026-11-23T09:00:09Z')));
    expect(new Set(delays).size).toBe(4);
    for (const delayMs of delays) expect(delayMs >= 180_000 && delayMs <= 420_000).toBe(true);
  });

  it('holds a lead of Saturday 2:00 until Monday 9:15:00 in its zone', () => {
    given({ ...triaged(), at: '2026-11-21T01:00:00Z' })
      .when(plan('2026-11-21T01:00:01Z'))
      .thenEvent('lead.enrolled', {
        planned: { at: '2026-11-23T08:15:00Z', local: '2026-11-23T09:15:00+01:00[Europe/Berlin]' },
      });
  });

  it('waits for the first day of the working week in the lead’s country', () => {
    const inRiyadh = { id: 'Asia/Riyadh', source: 'explicit', confidence: 'high', evidence: '' } as const;
    given({ ...triaged({ zone: inRiyadh }), at: '2026-11-19T18:00:00Z' })
      .when(plan('2026-11-19T18:00:01Z'))
      .thenEvent('lead.enrolled', {
        planned: { local: '2026-11-22T09:15:00+03:00[Asia/Riyadh]', window: { days: [7, 1, 2, 3, 4] } },
      });
  });

  it('takes the hours of its sequence before the deployment’s, and the deployment’s days', () => {
    const early = { ...definition, businessHours: { from: '06:00', to: '08:00' } };
    const hours = { from: '10:00', to: '12:00', days: { DE: [6] }, holidays: [] };
    const planned = (sequence: typeof definition) => {
      const state = given({ ...triaged(), at: '2026-11-20T19:00:00Z' });
      const { decision } = state.when(plan('2026-11-20T19:00:01Z', { hours, sequence: () => sequence }));
      return (decision as Extract<Draft, { type: 'lead.enrolled' }>).data.planned.local;
    };
    expect(planned(definition)).toBe('2026-11-21T10:00:00+01:00[Europe/Berlin]');
    expect(planned(early)).toBe('2026-11-21T06:00:00+01:00[Europe/Berlin]');
  });

  it('is moved past the holidays of the lead’s country where they count, by deployment or by sequence', () => {
    const christmasEve = '2026-12-24T18:00:00Z';
    const local = (holidays: string[], own?: string[], at = christmasEve) => {
      const { decision } = given({ ...triaged(), at }).when(
        plan(at, {
          hours: { ...BUSINESS_HOURS, holidays },
          sequence: () => ({ ...definition, ...(own ? { holidays: own } : {}) }),
        }),
      );
      return (decision as Extract<Draft, { type: 'lead.enrolled' }>).data.planned.local?.slice(0, 10);
    };
    expect(local([])).toBe('2026-12-25');
    expect(local(['by-country'])).toBe('2026-12-28');
    expect(local(['by-country', 'DE=2026-12-28', 'US=12-29'])).toBe('2026-12-29');
    expect(local(['by-country'], [])).toBe('2026-12-25');
    expect(local([], ['12-25'])).toBe('2026-12-28');
    // Good Friday to Easter Monday.
    expect(local(['by-country'], undefined, '2027-03-25T18:00:00Z')).toBe('2027-03-30');
  });

  it('waits for the hours that all zones share in which the lead may be, and again when it is held', () => {
    const candidates = ['America/New_York', 'America/Los_Angeles'];
    const zone = { id: 'America/New_York', source: 'country', confidence: 'low', candidates, evidence: '' } as const;
    const local = '2026-11-23T12:15:00-05:00[America/New_York]';
    const planned = { local, window: { zones: candidates } };
    given({ ...triaged({ zone: { ...zone, candidates } }), at: '2026-11-23T12:00:00Z' })
      .when(plan('2026-11-23T12:00:01Z'))
      .thenEvent('lead.enrolled', { planned });
  });

  it('ignores windows and lateness when waits are scaled down', () => {
    const { decision } = given({ ...triaged(), at: '2026-11-21T01:00:00Z' }).when(
      plan('2026-11-21T01:00:01Z', { delayScale: 0.000_05 }),
    );
    expect(decision).toMatchObject({ data: { planned: { delayMs: 15, at: '2026-11-21T01:00:00.015Z' } } });
    expect(JSON.stringify(decision)).not.toMatch(/window|lateness/);
  });

  it('happens once (trace 17)', () => {
    given(triaged(), enrolled()).when(plan()).thenNothing('wrong-phase', 'planned');
    given(triaged(), enrolled(), completed).when(plan()).thenNothing('wrong-phase', 'completed');
  });

  it('in a declined sequence ends before it begins, unless its step is for staff', () => {
    const { decision } = given(triaged(), declined()).when(plan());
    expect(decision).toEqual({
      type: 'lead.sequence-completed',
      data: { runId: 'run-1', sequence: 'content-nurture', why: 'stopped' },
    });
    expect(given(triaged(), declined(), decision as Draft).state.phase.kind).toBe('completed');
    const toStaff = { ...definition, steps: definition.steps.map((step) => ({ ...step, audience: 'staff' as const })) };
    given(triaged(), declined())
      .when(plan(MONDAY, { sequence: () => toStaff }))
      .thenEvent('lead.enrolled');
  });

  it.each<[string, Past]>([
    ['answered', replied()],
    ['asked for no more mail', unsubscribed],
    ['bounced', bounced],
    ['complained', complained],
  ])('of a lead that has %s ends before it has begun, but not what is for staff', (_, stop) => {
    const { decision } = given(triaged(), stop).when(plan());
    expect(decision).toEqual({
      type: 'lead.sequence-completed',
      data: { runId: 'run-1', sequence: 'content-nurture', why: 'stopped' },
    });
    const toStaff = { ...definition, steps: definition.steps.map((step) => ({ ...step, audience: 'staff' as const })) };
    given(triaged(), stop)
      .when(plan(MONDAY, { sequence: () => toStaff }))
      .thenEvent('lead.enrolled');
  });

  it('of a lead that has replied ends, and then the rep is notified', () => {
    const { decision } = given(triaged(), replied()).when(plan());
    expect(given(triaged(), replied(), decision as Draft).state.phase).toMatchObject({
      kind: 'enrolling',
      route: { sequence: 'reply-notice' },
    });
  });

  it('waits for a sequence that is not deployed', () => {
    given(triaged())
      .when(plan(MONDAY, { sequence: () => undefined }))
      .thenNothing('not-deployed', 'content-nurture step 0');
  });
});

describe('after a step', () => {
  it('the next one is planned two local days after the first was accepted', () => {
    given(...first, { ...sent(), at: MONDAY })
      .when(plan())
      .thenEvent('lead.step-planned', { why: 'next', planned: { index: 1, at: '2026-11-25T09:00:00Z' } });
  });

  it('the run ends when there is none', () => {
    given(triaged(), enrolled({ index: 1, id: 'second' }), stepDue({ step: 1 }), claimed('s', { step: 1 }), {
      type: 'lead.sent',
      data: { ...sent('s').data, step: 1 } as never,
    })
      .when(plan())
      .thenEvent('lead.sequence-completed', { why: 'finished' });
  });

  it('a lead under way keeps the version of its enrolment', () => {
    const shorter = { ...definition, version: 2, steps: definition.steps.slice(0, 1) };
    const sequence = (_id: string, version?: number) => (version === 1 ? definition : shorter);
    given(...first, sent())
      .when(plan(MONDAY, { sequence }))
      .thenEvent('lead.step-planned', { planned: { index: 1 } });
    given(triaged()).when(plan(MONDAY, { sequence })).thenEvent('lead.enrolled', { version: 2 });
  });

  it('the run ends when the lead has replied', () => {
    given(...first, replied(), sent())
      .when(plan())
      .thenEvent('lead.sequence-completed', { why: 'stopped' });
  });

  it('the run ends when the lead has unsubscribed', () => {
    given(...first, unsubscribed, sent())
      .when(plan())
      .thenEvent('lead.sequence-completed', { why: 'stopped' });
  });

  it('the run ends when the lead has declined its sequence, unless the next step is for staff', () => {
    const toldLater = {
      ...definition,
      steps: definition.steps.map((step) => (step.id === 'second' ? { ...step, audience: 'staff' as const } : step)),
    };
    given(...first, declined(), sent())
      .when(plan())
      .then({ type: 'lead.sequence-completed', data: { runId: 'run-1', sequence: 'content-nurture', why: 'stopped' } });
    given(...first, declined('sales-demo'), sent())
      .when(plan())
      .thenEvent('lead.step-planned', { planned: { index: 1 } });
    given(...first, declined(), sent())
      .when(plan(MONDAY, { sequence: () => toldLater }))
      .thenEvent('lead.step-planned', { planned: { audience: 'staff' } });
  });

  it('no step is planned after a send of unknown outcome', () => {
    given(...first, unknown())
      .when(plan())
      .thenNothing('wrong-phase', 'parked');
  });

  it('a deferred step is planned for the time that the provider named', () => {
    given(...first, deferred())
      .when(plan())
      .thenEvent('lead.step-planned', { why: 'retry', planned: { index: 0, at: '2026-11-23T09:05:00Z' } });
  });

  it('a retry of a step that is left out when late keeps its deadline, and another step has all of its time', () => {
    const latenessAfter = (minutes: number, over: object): unknown => {
      const retryAt = new Date(Date.parse(MONDAY) + minutes * 60_000).toISOString();
      const past = [
        triaged(),
        enrolled({ latenessMaxMs: 3_600_000, window: undefined, ...over }),
        stepDue(),
        claimed(),
      ];
      const { decision } = given(...past, deferred('send-1', { retryAt })).when(plan());
      return 'data' in decision && 'planned' in decision.data ? decision.data.planned.latenessMaxMs : decision;
    };
    expect([40, 65].map((minutes) => latenessAfter(minutes, { whenLate: 'skip' }))).toEqual([1_200_000, 0]);
    expect(latenessAfter(40, {})).toBe(3_600_000);
  });

  it('a repeated outcome plans nothing twice (trace 15)', () => {
    given(...first, deferred(), nextPlanned({}, 'retry'))
      .when(plan())
      .thenNothing('wrong-phase', 'planned');
  });

  it.each(['window', 'late'] as const)('a step held by %s is planned into the next window', (guard) => {
    given(triaged(), enrolled(), stepDue(), skipped(guard))
      .when(plan('2026-11-23T20:00:00Z'))
      .thenEvent('lead.step-planned', { why: guard, planned: { at: '2026-11-24T08:15:00Z' } });
  });

  it('a step held until its mailbox has room is planned for that time, and not held by a clock', () => {
    const until = '2026-11-25T10:00:00Z';
    const held = { ...skipped('window'), data: { ...skipped('window').data, until } as never };
    given(triaged(), enrolled(), stepDue(), held)
      .when(plan('2026-11-23T11:00:00Z'))
      .thenEvent('lead.step-planned', { why: 'window', planned: { at: until } });
    expect(given(triaged(), enrolled(), stepDue(), held).state.phase).not.toHaveProperty('step.holds');
  });

  it('a step that clocks hold repeatedly is planned later each time, and not at once', () => {
    const noon = '2026-11-23T11:00:00Z';
    for (const guard of ['window', 'late', 'away'] as const) {
      for (const [holds, at] of [
        [undefined, noon],
        [1, '2026-11-23T11:01:00Z'],
        [2, '2026-11-23T11:02:00Z'],
        [4, '2026-11-23T11:08:00Z'],
        [40, '2026-11-24T08:15:00Z'],
      ] as const) {
        given(triaged(), enrolled(holds ? { holds } : {}), stepDue(), skipped(guard))
          .when(plan(noon))
          .thenEvent('lead.step-planned', { why: guard, planned: { at, holds: (holds ?? 0) + 1 } });
      }
    }
  });

  it('a step that is planned for another reason resets the count', () => {
    const { decision } = given(triaged(), enrolled({ holds: 3 }), stepDue(), skipped('paused')).when(plan());
    expect(decision).not.toHaveProperty('data.planned.holds');
  });

  it('a step of a lead that is away is planned for the first business hour of its return', () => {
    const away = replied('out-of-office', { until: '2026-11-25T23:00:00Z' });
    given(...first, sent(), away)
      .when(plan())
      .thenEvent('lead.step-planned', { why: 'next', planned: { at: '2026-11-26T08:15:00Z' } });
    given(triaged(), enrolled(), stepDue(), away, skipped('away'))
      .when(plan())
      .thenEvent('lead.step-planned', { why: 'away', planned: { at: '2026-11-26T08:15:00Z' } });
  });

  it('a late step is skipped if the sequence says so', () => {
    given(triaged(), enrolled({ latenessMaxMs: 3_600_000, whenLate: 'skip' }), stepDue(), skipped('late'))
      .when(plan())
      .thenEvent('lead.step-planned', { why: 'next', planned: { index: 1 } });
  });

  it('a step whose claimant stood still is planned again', () => {
    given(...first, skipped('stalled', 'send-1'))
      .when(plan())
      .thenEvent('lead.step-planned', { why: 'retry', planned: { index: 0 } });
  });

  it('a paused step waits for the resume', () => {
    const held = [triaged(), enrolled(), stepDue(), paused, skipped('paused')];
    given(...held)
      .when(plan())
      .thenNothing('paused');
    given(...held, resumed)
      .when(plan())
      .thenEvent('lead.step-planned', { why: 'resumed', planned: { index: 0 } });
  });
});

describe('the hunter', () => {
  const planned = [triaged(), enrolled()];

  it('finds a step due at its time and not before', () => {
    given(...planned)
      .when(hunt('2026-11-23T08:59:59Z'))
      .thenNothing('not-due');
    given(...planned)
      .when(hunt('2026-11-23T09:00:02Z'))
      .thenEvent('lead.step-due', { step: 0, lagMs: 2_000, plannedAt: MONDAY });
  });

  it('begins the run that notifies the rep of a reply', () => {
    const sequence = (id: string) =>
      id === 'reply-notice'
        ? {
            ...definition,
            id,
            steps: [
              {
                id: 'tell',
                action: 'mail',
                channel: 'email' as const,
                audience: 'staff' as const,
                window: 'none' as const,
              },
            ],
          }
        : definition;
    given(triaged(), enrolled(), replied())
      .when(plan(MONDAY, { sequence }))
      .thenEvent('lead.enrolled', { sequence: 'reply-notice', planned: { audience: 'staff' } });
  });

  it('decides nothing for a lead that has unsubscribed', () => {
    given(...planned, unsubscribed)
      .when(hunt('2027-01-01T00:00:00Z'))
      .thenNothing('not-due');
  });

  it('repeats a lost step-due (trace 10)', () => {
    given(...planned, stepDue())
      .when(hunt('2026-11-23T09:30:00Z'))
      .thenEvent('lead.step-due');
  });

  it('repeats a step-due at growing intervals, so that a long outage of the provider does not fill the log', () => {
    given(...planned, stepDue(), stepDue())
      .when(hunt('2026-11-23T09:30:02Z'))
      .thenNothing('not-due');
    given(...planned, stepDue(), stepDue())
      .when(hunt('2026-11-23T09:30:03Z'))
      .thenEvent('lead.step-due');
    given(...planned, ...Array.from({ length: 20 }, () => stepDue()))
      .when(hunt('2026-11-23T15:01:00Z'))
      .thenEvent('lead.step-due');
  });

  it('records a claim as unknown after its deadline, and not before (trace 5)', () => {
    given(...first)
      .when(hunt('2026-11-23T09:01:59Z'))
      .thenNothing('not-due');
    given(...first)
      .when(hunt('2026-11-23T09:02:00Z'))
      .thenEvent('lead.send-unknown', { sendId: 'send-1', class: 'swept' });
  });

  it('does the work of a lost message', () => {
    given(triaged()).when(hunt('2026-11-23T10:00:00Z')).thenEvent('lead.enrolled');
    given(...first, sent())
      .when(hunt('2026-11-23T10:00:00Z'))
      .thenEvent('lead.step-planned', { why: 'next' });
  });

  it('leaves parked runs to operators', () => {
    given(...first, unknown())
      .when(hunt('2027-01-01T00:00:00Z'))
      .thenNothing('not-due');
  });
});
