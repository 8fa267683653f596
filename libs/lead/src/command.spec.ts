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
import { given, recorded, type Past } from '@leadstream/testing/given';
import { decideCommand, type Command } from './command.ts';
import { evolve } from './evolve.ts';
import { statusOf, view, type LeadState, type Send } from './state.ts';

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
      .thenEvent('lead.resumed', { by: 'olga', althoughAway: false });
    given(...underWay)
      .when(command({ kind: 'resume' }))
      .thenNothing('not-paused');
  });

  it('ends an absence only when asked to', () => {
    const away = replied('out-of-office', { until: '2026-11-25T09:00:00Z' });
    given(...underWay, away)
      .when(command({ kind: 'resume' }))
      .thenNothing('away');
    const { decision } = given(...underWay, away, paused).when(command({ kind: 'resume' }));
    expect(given(...underWay, away, paused, decision as Past).state).toMatchObject({
      paused: null,
      awayUntil: '2026-11-25T09:00:00Z',
    });
    const { decision: nevertheless } = given(...underWay, away).when(command({ kind: 'resume', althoughAway: true }));
    expect(given(...underWay, away, nevertheless as Past).state.awayUntil).toBeNull();
  });

  it('keeps the rest of the wait that a pause interrupts, at most the drawn wait', () => {
    const pausedAt = given(...underWay, paused).state.paused?.at ?? '';
    const planned = (afterMs: number, delayMs: number) =>
      enrolled({ at: new Date(Date.parse(pausedAt) + afterMs).toISOString(), delayMs });
    for (const [afterMs, delayMs, waitMs] of [
      [50_000, 90_000, 50_000],
      [3 * 86_400_000, 90_000, 90_000],
      [-1, 90_000, 0],
    ] as const) {
      const past = [triaged(), planned(afterMs, delayMs), paused];
      const { decision } = given(...past).when(command({ kind: 'resume' }));
      expect(decision).toMatchObject({ data: { waitMs } });
      const { state } = given(...past, decision as Past);
      const until = new Date(Date.parse(state.updatedAt ?? '') + waitMs).toISOString();
      expect(state.phase).toMatchObject({ kind: 'held', guard: 'paused' });
      expect(Date.parse((state.phase as { until?: string }).until ?? '')).toBe(Date.parse(until));
    }
  });

  it('keeps the wait of the run that a notice to the rep interrupts', () => {
    const { state } = given(...underWay, paused);
    const interrupted: LeadState = {
      ...state,
      aside: { run: state.run, phase: state.phase },
      phase: { kind: 'completed' },
    };
    const decision = decideCommand(interrupted, { by: 'olga', kind: 'resume' });
    const [event] = recorded([decision as Past]);
    if (!event) throw new Error('not recorded');
    expect(evolve(interrupted, event).aside?.phase).toMatchObject({ kind: 'held', guard: 'paused' });
  });

  it('stops a lead that said so to one of us; a restart lifts that', () => {
    const stop = command({ kind: 'stop', at: '2026-11-23T10:00:00Z', reason: 'on the phone' });
    const { decision } = given(...underWay, replied()).when(stop);
    expect(decision).toEqual({
      type: 'lead.unsubscribed',
      data: {
        key: 'operator/2026-11-23T10:00:00Z',
        provider: 'operator',
        at: '2026-11-23T10:00:00Z',
        via: 'operator',
        by: 'olga',
        reason: 'on the phone',
      },
    });
    expect(statusOf(given(...underWay, replied(), decision as Past).state)).toBe('unsubscribed');
    given(...underWay, decision as Past)
      .when(stop)
      .thenNothing('stopped', 'unsubscribed');
    given(...underWay, bounced)
      .when(stop)
      .thenNothing('stopped', 'bounced');
    given(...underWay, decision as Past, restarted(demo))
      .when(stop)
      .thenNothing('known-already');
  });

  it('restarts the last sequence of the lead, and not the notice to the rep', () => {
    const routes = [
      { ...demo, rank: 7 },
      { ...nurture, rank: 5 },
    ];
    const notice: Past[] = [
      replied(),
      {
        type: 'lead.enrolled',
        data: { runId: 'event-3', sequence: 'reply-notice', version: 1, planned: plannedStep({ audience: 'staff' }) },
      },
    ];
    given(...underWay, ...notice)
      .when(command({ kind: 'restart', routes }))
      .thenEvent('lead.restarted', { route: { ...nurture, rank: 5 } });
    given(...underWay)
      .when(command({ kind: 'restart', routes: [demo] }))
      .thenNothing('not-deployed', nurture.sequence);
  });

  it('records only the tags that change, and none that stops set', () => {
    const [had = ''] = given(...underWay).state.tags;
    given(...underWay)
      .when(command({ kind: 'tag', add: [had, 'vip', 'vip'], remove: ['other'] }))
      .then({ type: 'lead.tagged', data: { by: 'olga', add: ['vip'], remove: [] } });
    given(...underWay)
      .when(command({ kind: 'tag', add: [had], remove: ['other'] }))
      .thenNothing('unchanged', 'the lead has these tags already, or lacks them');
    given(...underWay)
      .when(command({ kind: 'tag', add: ['STOP_SEQUENCE'], remove: [] }))
      .thenNothing('reserved-tag', 'STOP_SEQUENCE');
  });

  it('gives the lead to a rep once, and keeps notes', () => {
    const assign = command({ kind: 'assign', rep: 'ana', reason: 'knows them' });
    const { decision } = given(...underWay).when(assign);
    expect(decision).toEqual({ type: 'lead.assigned', data: { rep: 'ana', by: 'olga', reason: 'knows them' } });
    given(...underWay, decision as Past)
      .when(assign)
      .thenNothing('unchanged', 'the lead has the rep ana');
    given(...underWay)
      .when(command({ kind: 'note', text: 'Jane called' }))
      .then({ type: 'lead.noted', data: { by: 'olga', text: 'Jane called' } });
  });

  it('moves and restarts no lead with an open claim (trace 13)', () => {
    given(...underWay, stepDue(), claimed())
      .when(command({ kind: 'move', route: demo, step: 1 }))
      .thenNothing('claim-open');
    given(...underWay, stepDue(), claimed())
      .when(command({ kind: 'restart', route: demo }))
      .thenNothing('claim-open');
  });

  it.each(['reply-notice', 'unproven-answers', 'news-notice'])(
    'begins no %s: it would tell the rep nothing',
    (sequence) => {
      const route = { ...nurture, sequence };
      for (const wanted of [{ kind: 'move', route, step: 0 } as const, { kind: 'restart', route } as const])
        given(...underWay)
          .when(command(wanted))
          .thenNothing('notice', sequence);
    },
  );

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

  it('settles a send that the provider refused for good: a person may have mailed the lead by hand', () => {
    const refused = [...underWay, stepDue(), claimed(), failed()];
    for (const as of ['sent', 'skipped'] as const) {
      const { decision } = given(...refused).when(command({ kind: 'resolve', sendId: 'send-1', as }));
      expect(given(...refused, decision as Past).state.phase.kind).toBe('settled');
    }
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

  it('resolves no post to a chat, which the mail follows', () => {
    const { state } = given(...parked);
    const chat = { channel: 'chat', outcome: 'unknown' } as const;
    const posted: LeadState = {
      ...state,
      phase: { kind: 'completed' } as never,
      sends: Object.fromEntries(
        Object.entries(state.sends).map(([id, send]): [string, Send] => [id, { ...send, ...chat }]),
      ),
    };
    expect(decideCommand(posted, { kind: 'resolve', sendId: 'send-1', as: 'skipped', by: 'olga' })).toEqual({
      nothing: 'not-resolvable',
      detail: 'chat',
    });
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
