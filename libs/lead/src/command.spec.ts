import { describe, expect, it } from '@jest/globals';
import {
  bounced,
  claimed,
  deferred,
  delivered,
  demo,
  enrolled,
  failed,
  nextPlanned,
  nurture,
  paused,
  plannedStep,
  replied,
  stepDue,
  triaged,
  unknown,
  unsubscribed,
  erased,
  restarted,
} from '@leadstream/testing/builders';
import { given, type Past } from '@leadstream/testing/given';
import { decideCommand, type Command } from './command.ts';
import { statusOf, view, type LeadState } from './state.ts';

type Wanted = Command extends infer Each ? (Each extends Command ? Omit<Each, 'by'> : never) : never;
const command = (wanted: Wanted) => (state: LeadState) => decideCommand(state, { by: 'olga', ...wanted });
const underWay = [triaged(), enrolled()];
const parked = [...underWay, stepDue(), claimed(), unknown()];

describe('an operator', () => {
  it('can command only an existing lead', () => {
    given()
      .when(command({ kind: 'pause' }))
      .thenNothing('unknown-lead');
  });

  it('pauses once and resumes once', () => {
    given(...underWay)
      .when(command({ kind: 'pause' }))
      .then({ type: 'lead.paused', data: { by: 'olga' } });
    given(...underWay, paused)
      .when(command({ kind: 'pause' }))
      .thenNothing('paused-already');
    given(...underWay, paused)
      .when(command({ kind: 'resume' }))
      .then({ type: 'lead.resumed', data: { by: 'olga' } });
    given(...underWay)
      .when(command({ kind: 'resume' }))
      .thenNothing('not-paused');
  });

  it('moves and restarts no lead with an open claim (trace 13)', () => {
    given(...underWay, stepDue(), claimed())
      .when(command({ kind: 'move', route: demo, step: 1 }))
      .thenNothing('claim-open');
    given(...underWay, stepDue(), claimed())
      .when(command({ kind: 'restart', route: demo }))
      .thenNothing('claim-open');
  });

  it('lifts a reply’s stop by a restart, but not a bounce', () => {
    given(...underWay, replied())
      .when(command({ kind: 'restart', route: demo }))
      .thenEvent('lead.restarted');
    expect(statusOf(given(...underWay, replied(), restarted(demo)).state)).toBe('active');
    given(...underWay, bounced)
      .when(command({ kind: 'restart', route: demo }))
      .thenNothing('stopped', 'bounced');
  });

  it('resolves a send of unknown outcome', () => {
    given(...parked)
      .when(command({ kind: 'resolve', sendId: 'send-1', as: 'sent' }))
      .thenEvent('lead.sent', { evidence: 'operator', by: 'olga' });
    given(...parked)
      .when(command({ kind: 'resolve', sendId: 'send-1', as: 'skipped' }))
      .thenEvent('lead.send-skipped', { guard: 'operator' });
  });

  it('resolves a send in the send’s own channel', () => {
    const { state } = given(...parked);
    const bySms: LeadState = {
      ...state,
      sends: Object.fromEntries(
        Object.entries(state.sends).map(([id, send]) => [id, { ...send, channel: 'sms' as never }]),
      ),
    };
    for (const as of ['sent', 'skipped'] as const) {
      expect(decideCommand(bySms, { kind: 'resolve', sendId: 'send-1', as, by: 'olga' })).toMatchObject({
        data: { channel: 'sms' },
      });
    }
  });

  it.each<[string, Past[]]>([
    ['has answered', [...parked, replied()]],
    [
      'has replied, and the rep is being notified',
      [
        ...parked,
        replied(),
        {
          type: 'lead.enrolled',
          data: { runId: 'event-6', sequence: 'reply-notice', version: 1, planned: plannedStep({ audience: 'staff' }) },
        },
        stepDue({ runId: 'event-6' }),
        claimed('send-2', { runId: 'event-6' }),
      ],
    ],
    ['has unsubscribed', [...parked, unsubscribed]],
    ['is paused', [...parked, paused]],
    ['began a new run', [...parked, restarted(demo), enrolled({}, 'run-2')]],
    [
      'was moved to the same step',
      [
        ...parked,
        { type: 'lead.moved', data: { by: 'olga', route: nurture, step: 0 }, id: 'run-2' },
        enrolled({}, 'run-2'),
        stepDue({ runId: 'run-2' }),
        claimed('send-2', { runId: 'run-2' }),
      ],
    ],
    [
      'went on because the provider had taken an earlier attempt',
      [
        ...underWay,
        stepDue(),
        claimed('send-0'),
        deferred('send-0'),
        nextPlanned({}, 'retry'),
        stepDue(),
        claimed(),
        unknown(),
        delivered('send-0'),
        nextPlanned({ index: 1 }),
      ],
    ],
    ['is erased', [...parked, erased]],
    ['was erased while the call was under way', [...underWay, stepDue(), claimed(), erased, unknown()]],
  ])('says it too where nothing waits for it: the lead %s', (_, past) => {
    const { state, when } = given(...past);
    expect(view(state)).toMatchObject({ unknownSends: 1 });
    for (const [as, outcome] of [
      ['sent', 'accepted'],
      ['skipped', 'skipped'],
    ] as const) {
      const { decision } = when(command({ kind: 'resolve', sendId: 'send-1', as }));
      if (!('type' in decision)) throw new Error(decision.nothing);
      expect(JSON.stringify(decision)).not.toMatch(/jane|@/i);
      const waits = state.phase.kind === 'parked';
      const after = given(...past, decision).state;
      expect({ ...after, updatedAt: state.updatedAt }).toEqual({
        ...state,
        sends: { ...state.sends, 'send-1': { ...state.sends['send-1'], outcome } },
        ...(waits ? { phase: { kind: 'settled', step: plannedStep(), since: after.updatedAt } } : {}),
      });
      expect(view(after)).toMatchObject({ unknownSends: 0 });
      given(...past, decision)
        .when(command({ kind: 'resolve', sendId: 'send-1', as }))
        .thenNothing('not-resolvable', outcome);
    }
  });

  it('resolves no send that is known, in flight or not remembered', () => {
    const resolve = (sendId: string) => command({ kind: 'resolve', sendId, as: 'skipped' });
    given(...underWay, stepDue(), claimed())
      .when(resolve('send-1'))
      .thenNothing('not-resolvable', 'open');
    given(...underWay, stepDue(), claimed(), failed(), restarted(demo))
      .when(resolve('send-1'))
      .thenNothing('not-resolvable', 'failed');
    const later = Array.from({ length: 100 }, (_, index) => claimed(`later-${index}`, { runId: 'run-2' }));
    for (const [past, sendId] of [
      [[...parked, ...later], 'send-1'],
      [underWay, 'constructor'],
    ] as const) {
      given(...past)
        .when(resolve(sendId))
        .thenNothing('unknown-send', sendId);
    }
  });

  it('leaves no reason on an erased lead: it might name the person', () => {
    given(...parked, erased)
      .when(command({ kind: 'resolve', sendId: 'send-1', as: 'skipped', reason: 'Jane never got it' }))
      .thenNothing('reason-not-kept');
    given(...parked, erased)
      .when(command({ kind: 'pause' }))
      .thenNothing('erased');
  });
});
