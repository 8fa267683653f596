import { describe, expect, it } from '@jest/globals';
import type { Data } from '@leadstream/contracts/events';
import {
  completed,
  deferred,
  claimed,
  declined,
  enrolled,
  nextPlanned,
  plannedStep,
  replied,
  resumed,
  sent,
  skipped,
  stepDue,
  triaged,
} from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import { guard } from './claim.ts';
import { decideCommand } from './command.ts';
import { decideFeedback } from './feedback.ts';
import { nextActionAt, statusOf, UNPROVEN_MAX, type LeadState } from './state.ts';

const later = (hours: number): string => Temporal.Instant.from(MONDAY).add({ hours }).toString();
const answers =
  (
    over: Partial<Omit<Data<'lead.replied'>, 'provider'>> & { class?: Data<'lead.replied'>['class'] } = {},
    at = MONDAY,
  ) =>
  (state: LeadState) =>
    decideFeedback(state, {
      key: `mail/${at}`,
      provider: 'sendgrid',
      at,
      kind: 'replied',
      class: 'human',
      matchedBy: 'address',
      authenticated: false,
      text: 'evil.example',
      ...over,
    });
const unproven = (over: Partial<Data<'lead.replied'>> = {}, id = 'forged'): Past => ({
  ...replied('human', { matchedBy: 'address', authenticated: false, tellRep: true, key: `mail/${id}`, ...over }),
  id,
});
const waiting = [triaged(), enrolled()];
const held = [...waiting, unproven()];
const notice = (id: string): Past[] => {
  const step = plannedStep({ audience: 'staff' });
  return [{ type: 'lead.enrolled', data: { runId: id, sequence: 'unproven-answers', version: 1, planned: step } }];
};
const over = (id: string): Past => ({
  type: 'lead.sequence-completed',
  data: { runId: id, sequence: 'unproven-answers', why: 'finished' },
});
const told = [...held, ...notice('forged'), over('forged')];

describe('a reply of unproven origin', () => {
  it('is recorded as unproven, with its text for the operator', () => {
    given(...waiting)
      .when(answers())
      .thenEvent('lead.replied', { authenticated: false, tellRep: true, text: 'evil.example' });
  });

  it.each(['human', 'left', 'unsubscribe'] as const)('of class %s holds the lead and stops nothing', (kind) => {
    const { state } = given(...waiting, unproven({ class: kind, tellRep: false }));
    expect([
      statusOf(state),
      state.stop,
      nextActionAt(state),
      guard(state, plannedStep(), Temporal.Instant.from(MONDAY)),
    ]).toEqual(['paused', null, null, 'paused']);
  });

  it.each(['auto', 'out-of-office'] as const)('of class %s changes nothing', (kind) => {
    const { state } = given(...waiting, unproven({ class: kind, tellRep: false, until: later(500) }));
    expect([statusOf(state), state.awayUntil, nextActionAt(state)]).toEqual(['active', null, MONDAY]);
  });

  it('notifies the rep by a run of its own, without its text, and the run under way then goes on', () => {
    expect(given(...held).state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'forged', route: { sequence: 'unproven-answers' } },
      answer: { text: null },
    });
    const { state } = given(...told);
    expect([state.run?.id, state.phase, state.aside]).toEqual([
      'run-1',
      { kind: 'planned', step: plannedStep() },
      null,
    ]);
  });

  it('notifies the rep once a day, however many come', () => {
    given(...told)
      .when(answers({}, later(23)))
      .then({
        type: 'lead.replied',
        data: {
          key: `mail/${later(23)}`,
          provider: 'sendgrid',
          at: later(23),
          class: 'human',
          matchedBy: 'address',
          authenticated: false,
          text: 'evil.example',
        },
      });
    given(...told)
      .when(answers({}, later(24)))
      .thenEvent('lead.replied', { tellRep: true });
  });

  it('holds a resumed lead again, without an earlier notice', () => {
    const again = given(...told, resumed).when(answers({}, later(1)));
    expect(again.decision).not.toMatchObject({ data: { tellRep: true } });
    expect(statusOf(given(...told, resumed, unproven({ tellRep: false }, 'again')).state)).toBe('paused');
  });

  it('is recorded up to UNPROVEN_MAX times, and beyond when it changes something', () => {
    const many = Array.from({ length: UNPROVEN_MAX - 1 }, (_, index) => unproven({ tellRep: false }, String(index)));
    given(...told, ...many)
      .when(answers({}, later(2)))
      .thenNothing('unproven-enough');
    given(...told, ...many)
      .when(answers({}, later(24)))
      .thenEvent('lead.replied', { tellRep: true });
    given(...told, ...many, resumed)
      .when(answers({}, later(2)))
      .thenEvent('lead.replied', { authenticated: false });
  });

  it('counts as proven, and so as a stop, in an event without `authenticated`', () => {
    expect(statusOf(given(...waiting, replied('human', { matchedBy: 'address' })).state)).toBe('responded');
  });
});

describe('a lead that is held by an unproven reply', () => {
  it('goes on when an operator resumes it', () => {
    given(...told)
      .when((state) => decideCommand(state, { kind: 'resume', by: 'olga' }))
      .thenEvent('lead.resumed');
    const { state } = given(...told, resumed);
    expect([statusOf(state), nextActionAt(state), state.unproven.count]).toEqual(['active', MONDAY, 0]);
  });

  it('is stopped by a proven reply, and the rep is notified of that one', () => {
    const { state } = given(...told, { ...replied('human', { text: 'It is me.' }), id: 'proven' });
    expect([statusOf(state), state.unproven.held]).toEqual(['responded', false]);
    expect(state.phase).toMatchObject({ kind: 'enrolling', runId: 'proven', route: { sequence: 'reply-notice' } });
  });

  it('is stopped by a proven reply while the rep is being notified', () => {
    const { state } = given(...held, ...notice('forged'), { ...replied(), id: 'proven' }, over('forged'));
    expect([statusOf(state), state.phase, state.aside]).toMatchObject([
      'responded',
      { kind: 'enrolling', runId: 'proven' },
      null,
    ]);
  });

  it('keeps an outcome that arrives meanwhile: the step is not sent again', () => {
    const before = [...waiting, stepDue(), claimed(), deferred(), unproven()];
    const { state } = given(...before, ...notice('forged'), sent(), over('forged'), resumed);
    expect(state.phase).toMatchObject({ kind: 'settled', step: { index: 0 } });
  });

  it('ends its run when it declines that sequence while the rep is being notified', () => {
    expect(given(...held, ...notice('forged'), declined(), over('forged')).state.phase.kind).toBe('completed');
  });

  it('has the rep notified again while the first notice waits for an operator, and keeps its run', () => {
    const parked = [
      ...held,
      ...notice('forged'),
      { ...stepDue({ audience: 'staff', runId: 'forged' }) },
      { ...claimed('notice', { audience: 'staff', runId: 'forged' }) },
      {
        type: 'lead.send-failed' as const,
        data: {
          sendId: 'notice',
          attempt: 1,
          runId: 'forged',
          step: 0,
          stepId: 'first',
          audience: 'staff' as const,
          channel: 'email' as const,
          class: 'permanent' as const,
        },
      },
    ];
    const { state } = given(...parked, unproven({ at: later(24) }, 'second'), ...notice('second'), over('second'));
    expect([state.run?.id, state.phase.kind]).toEqual(['run-1', 'planned']);
  });

  it('has the rep notified once the step under way has ended', () => {
    const inFlight = [...waiting, stepDue(), claimed(), unproven()];
    expect(given(...inFlight).state.phase.kind).toBe('claimed');
    expect(given(...inFlight, sent(), nextPlanned({ index: 1, id: 'second' })).state).toMatchObject({
      phase: { kind: 'enrolling', runId: 'forged' },
      aside: { phase: { kind: 'planned' } },
    });
    expect(given(...waiting, stepDue(), unproven(), skipped('paused')).state.phase).toMatchObject({
      kind: 'enrolling',
      runId: 'forged',
    });
  });

  it('has no run to resume when its run was over', () => {
    const { state } = given(
      ...waiting,
      stepDue(),
      claimed(),
      sent(),
      completed,
      unproven(),
      ...notice('forged'),
      over('forged'),
      resumed,
    );
    expect([statusOf(state), nextActionAt(state)]).toEqual(['completed', null]);
  });
});
