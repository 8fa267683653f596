import { describe, expect, it } from '@jest/globals';
import {
  claimed,
  completed,
  declined,
  deferred,
  delivered,
  demo,
  enrolled,
  failed,
  limits,
  nurture,
  paused,
  replied,
  returning,
  sent,
  skipped,
  stepDue,
  submission,
  triaged,
  unknown,
  unsubscribed,
  erased,
  restarted,
  resubmitted,
} from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import { decideClaim, decideRetry, recheckClaim } from './claim.ts';
import { decideCommand } from './command.ts';
import { decideFeedback } from './feedback.ts';
import { DECLINED_MAX, nextActionAt, statusOf, view, type LeadState } from './state.ts';
import { decideTriage } from './triage.ts';

const now = Temporal.Instant.from(MONDAY).add({ seconds: 10 });
const due = [triaged(), enrolled(), stepDue()];
const staff = { audience: 'staff' } as const;
const retried = claimed('send-2', { attempt: 2, previous: { sendId: 'send-1', class: 'server-error' } });
const phaseOf = (...past: Past[]): string => given(...past).state.phase.kind;

describe('a lead that declines the sequence under way', () => {
  it.each<[string, Past[]]>([
    ['planned', [triaged(), enrolled()]],
    ['due', due],
    ['deferred', [...due, claimed(), deferred()]],
    ['held', [...due, skipped('window')]],
    ['paused', [triaged(), enrolled(), paused]],
    ['parked without a send', [...due, skipped('unrenderable')]],
  ])('ends its run where that is %s', (_, past) => {
    const { state } = given(...past, declined());
    expect([state.phase.kind, nextActionAt(state), state.stop, state.declined]).toEqual([
      'completed',
      null,
      null,
      ['content-nurture'],
    ]);
  });

  it.each<[string, Past[], string]>([
    ['in flight', [...due, claimed()], 'claimed'],
    ['parked as unknown', [...due, claimed(), unknown()], 'parked'],
    ['parked as failed', [...due, claimed(), failed()], 'parked'],
    ['accepted, and nothing is planned yet', [...due, claimed(), sent()], 'settled'],
    ['not begun yet', [triaged()], 'enrolling'],
  ])('leaves to its own end what is %s', (_, past, kind) => expect(phaseOf(...past, declined())).toBe(kind));

  it.each<[string, Past[], string]>([
    ['deferred', [deferred()], 'completed'],
    ['given back', [skipped('suppressed', 'send-1')], 'completed'],
    ['accepted', [sent()], 'settled'],
    ['refused by the provider, and repeated', [retried], 'claimed'],
    ['unknown', [unknown()], 'parked'],
    ['unknown, then settled', [unknown(), delivered()], 'settled'],
  ])('goes on with nothing once the mail in flight is %s', (_, then, kind) =>
    expect(phaseOf(...due, claimed(), declined(), ...then)).toBe(kind),
  );

  it('still has the steps to staff sent', () => {
    for (const past of [
      [triaged(), enrolled(staff)],
      [triaged(), enrolled(staff), stepDue(staff)],
    ]) {
      const { state } = given(...past, declined());
      expect(state.phase.kind).not.toBe('completed');
      expect(nextActionAt(state)).not.toBeNull();
    }
    given(triaged(), enrolled(staff), stepDue(staff), declined())
      .when((state) => decideClaim(state, { now, sendId: 'new', deadlineMs: 1_000 }, { runId: 'run-1', step: 0 }))
      .thenEvent('lead.send-started', staff);
  });

  it('has the rep notified of a reply that waited for the end of the run', () => {
    const answered = [...due, replied()];
    expect(given(...answered, declined()).state).toMatchObject({
      phase: { kind: 'enrolling', route: { sequence: 'reply-notice' } },
      untold: [],
    });
    expect(given(...due, claimed(), replied(), declined(), deferred()).state).toMatchObject({
      phase: { kind: 'enrolling', route: { sequence: 'reply-notice' } },
    });
  });

  it('has the rep’s notice of its reply completed', () => {
    const notice = {
      ...enrolled(staff, 'answer'),
      data: { ...enrolled(staff, 'answer').data, sequence: 'reply-notice' },
    } as Past;
    expect(phaseOf(triaged(), enrolled(), { ...replied(), id: 'answer' }, notice, declined('reply-notice'))).toBe(
      'planned',
    );
  });

  it('is shown with an ended run and the declined sequence', () => {
    expect(view(given(...due, declined()).state)).toMatchObject({
      status: 'completed',
      phase: 'completed',
      declined: ['content-nurture'],
      nextActionAt: null,
      tags: ['source:whitepaper'],
    });
  });
});

describe('a lead that declines another sequence than the one under way', () => {
  it('goes on, and the decline is recorded once', () => {
    const { state } = given(...due, declined('sales-demo', 'a'), declined('sales-demo', 'b'));
    expect([state.phase.kind, statusOf(state), state.declined]).toEqual(['due', 'active', ['sales-demo']]);
  });
});

describe('the guards of a declined sequence', () => {
  const inFlight = given(...due, claimed(), declined());

  it('forbid a retry, and give the claim back', () => {
    inFlight
      .when((state) =>
        decideRetry(state, { sendId: 'send-1', class: 'server-error' }, { now, sendId: 'new', deadlineMs: 1_000 }),
      )
      .thenEvent('lead.send-skipped', { guard: 'suppressed', sendId: 'send-1' });
  });

  it('are checked again for a claim found in the log', () => {
    expect(recheckClaim(inFlight.state, 'send-1', now)).toEqual({ nothing: 'guarded', detail: 'suppressed' });
    expect(recheckClaim(given(...due, claimed(), declined('sales-demo')).state, 'send-1', now)).toBe(true);
  });
});

describe('a decline of a sequence', () => {
  const says = (sequence?: string) => (state: LeadState) =>
    decideFeedback(state, {
      kind: 'unsubscribed',
      key: 'new',
      provider: 'leadstream',
      at: MONDAY,
      via: 'page',
      ...(sequence ? { sequence } : {}),
    });

  it('is recorded with the sequence’s id', () =>
    given(...due)
      .when(says('content-nurture'))
      .thenEvent('lead.unsubscribed', { via: 'page', sequence: 'content-nurture' }));
  it('is recorded once', () =>
    given(...due, declined())
      .when(says('content-nurture'))
      .thenNothing('unsubscribed-already'));
  it('adds nothing after an unsubscribe from all mail', () =>
    given(...due, unsubscribed)
      .when(says('content-nurture'))
      .thenNothing('unsubscribed-already'));
  it('is recorded after a reply, whose stop a restart lifts', () =>
    given(...due, replied())
      .when(says('content-nurture'))
      .thenEvent('lead.unsubscribed', { sequence: 'content-nurture' }));
  it('can be followed by an unsubscribe from all mail, or another decline', () => {
    given(...due, declined())
      .when(says())
      .then({ type: 'lead.unsubscribed', data: { key: 'new', provider: 'leadstream', at: MONDAY, via: 'page' } });
    given(...due, declined())
      .when(says('sales-demo'))
      .thenEvent('lead.unsubscribed', { sequence: 'sales-demo' });
    expect(statusOf(given(...due, declined(), unsubscribed).state)).toBe('unsubscribed');
  });
  it('beyond DECLINED_MAX counts as an unsubscribe from all mail', () => {
    const many = Array.from({ length: DECLINED_MAX }, (_, index) => declined(`made-up-${index}`));
    given(...due, ...many.slice(1))
      .when(says('one-more'))
      .thenEvent('lead.unsubscribed', { sequence: 'one-more' });
    given(...due, ...many)
      .when(says('one-more'))
      .then({ type: 'lead.unsubscribed', data: { key: 'new', provider: 'leadstream', at: MONDAY, via: 'page' } });
  });
});

describe('a submission of a lead that has declined a sequence', () => {
  const { tags: _, ...whitepaper } = submission();
  const came =
    (route = nurture) =>
    (state: LeadState) =>
      decideTriage(
        state,
        { ...whitepaper, route, returning, intake: { seq: 2, key: 'web/2' }, trusted: true },
        limits(),
      );
  const toDemo: Past = { ...resubmitted(demo), id: 'run-2' };
  const demoUnderWay: Past = {
    type: 'lead.enrolled',
    data: { ...(enrolled({}, 'run-2').data as object), sequence: 'sales-demo' } as never,
  };

  it('notifies the rep when it leads to that sequence, and records why', () => {
    given(...due, declined())
      .when(came())
      .thenEvent('lead.resubmitted', {
        route: returning,
        reason: 'the lead has declined content-nurture: the rep is told, no mail goes to the lead',
      });
  });
  it('begins a run of another sequence', () =>
    given(...due, declined())
      .when(came(demo))
      .thenEvent('lead.resubmitted', { route: demo, reason: 'no run was under way' }));
  it('waits for a mail of the declined sequence in flight, but not for a parked one', () => {
    given(...due, claimed(), declined())
      .when(came(demo))
      .thenNothing('claim-open');
    given(...due, claimed(), unknown(), declined())
      .when(came({ ...nurture, sequence: 'other' }))
      .thenEvent('lead.resubmitted', { reason: 'no run was under way' });
  });
  it('replaces a run that the lead still wants only by rank', () => {
    given(...due, declined(), toDemo, demoUnderWay)
      .when(came())
      .thenEvent('lead.resubmitted', { route: null, reason: 'sales-demo is under way' });
    given(...due, declined('sales-demo'))
      .when(came(demo))
      .thenEvent('lead.resubmitted', { route: returning });
  });
  it('notifies the rep once at a time', () => {
    const back: Past = { ...resubmitted(returning), id: 'run-3' };
    given(...due, declined(), back)
      .when(came())
      .thenEvent('lead.resubmitted', { route: null, reason: 'the rep is being told already' });
  });
});

describe('an operator', () => {
  const command =
    (kind: 'restart' | 'move', route = nurture) =>
    (state: LeadState) =>
      decideCommand(state, kind === 'restart' ? { by: 'olga', kind, route } : { by: 'olga', kind, route, step: 0 });

  it('moves no lead into a declined sequence', () => {
    given(...due, declined(), completed)
      .when(command('move'))
      .thenNothing('declined', 'content-nurture');
    given(...due, declined(), completed)
      .when(command('move', demo))
      .thenEvent('lead.moved', { route: demo });
  });
  it('lifts by a restart the decline of that sequence, and of no other', () => {
    given(...due, declined())
      .when(command('restart'))
      .thenEvent('lead.restarted', { route: nurture });
    expect(given(...due, declined(), declined('sales-demo'), restarted()).state).toMatchObject({
      declined: ['sales-demo'],
      phase: { kind: 'enrolling' },
    });
    expect(given(...due, declined(), unsubscribed, restarted(demo)).state).toMatchObject({
      declined: ['content-nurture'],
      stop: null,
    });
  });
  it('erases the person, and keeps the declines', () => {
    expect(given(...due, declined(), erased).state).toMatchObject({
      stop: { why: 'erased' },
      declined: ['content-nurture'],
    });
  });
});
