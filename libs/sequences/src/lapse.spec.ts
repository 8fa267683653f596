import { describe, expect, it } from '@jest/globals';
import {
  bounced,
  claimed,
  clicked,
  completed,
  declined,
  enrolled,
  paused,
  replied,
  restarted,
  resubmitted,
  resumed,
  sent,
  stepDue,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { given, MONDAY, type Past } from '@leadstream/testing/given';
import { idleAt, RE_ENGAGEMENT, view, type LeadState } from '@leadstream/lead/state';
import { decideLapse } from './lapse.ts';

const daysAfter = (days: number, of = MONDAY) => Temporal.Instant.from(of).add({ hours: Math.round(days * 24) });
const lapse =
  (days: number, isActive = true) =>
  (state: LeadState) =>
    decideLapse(state, { now: daysAfter(days), isActive: () => isActive });
const sending: Past[] = [enrolled(), stepDue(), claimed(), sent()];
const over: Past[] = [triaged(), ...sending, completed];
const at = (days: number, event: Past): Past => ({ ...event, at: daysAfter(days).toString() });
const click = (seconds: number): Past => {
  const event = clicked();
  return { ...event, data: { ...event.data, at: Temporal.Instant.from(MONDAY).add({ seconds }).toString() } } as Past;
};
const lapsed: Past = { type: 'lead.lapsed', data: { since: MONDAY, route: RE_ENGAGEMENT }, id: 'run-9' };

describe('a lead lapses', () => {
  it('90 days after its last activity, not a moment sooner', () => {
    given(...over)
      .when(lapse(90))
      .then({ type: 'lead.lapsed', data: { since: MONDAY, route: RE_ENGAGEMENT } });
    given(...over)
      .when(lapse(89.9))
      .thenNothing('not-due');
    expect(given(...over).state).toMatchObject({ lastActivityAt: MONDAY });
    expect(view(given(...over).state)['idleAt']).toBe(daysAfter(90).toString());
  });

  it('later when the person has done something since, and not when a scanner or an image loader has', () => {
    const opened: Past = {
      type: 'lead.opened',
      data: { key: 'o', provider: 'sendgrid', at: daysAfter(40).toString(), machine: false },
    };
    given(...over, opened)
      .when(lapse(90))
      .thenEvent('lead.lapsed');
    given(...over, click(20))
      .when(lapse(90))
      .thenEvent('lead.lapsed');
    given(...over, click(40 * 86_400))
      .when(lapse(90))
      .thenNothing('not-due');
    given(...over, at(40, resubmitted(null)))
      .when(lapse(90))
      .thenNothing('not-due');
  });

  it('once a year at most, also when the check-in itself is not answered', () => {
    const run9 = { runId: 'run-9', sequence: RE_ENGAGEMENT.sequence };
    const again: Past[] = [
      ...over,
      at(90, lapsed),
      at(91, { type: 'lead.sequence-completed', data: { ...run9, why: 'finished' } }),
    ];
    given(...again)
      .when(lapse(91 + 364))
      .thenNothing('not-due');
    given(...again)
      .when(lapse(91 + 365))
      .thenEvent('lead.lapsed');
  });

  it.each<[string, Past[]]>([
    ['has answered', [replied()]],
    ['has unsubscribed', [unsubscribed]],
    ['has declined a sequence', [declined()]],
    ['has bounced', [bounced]],
    ['is paused', [paused]],
    ['has an answer that nobody has proven', [replied('human', { authenticated: false })]],
    ['is in a new run', [restarted()]],
  ])('not while it %s', (_, since) => {
    const { state, when } = given(...over, ...since);
    when(lapse(400)).thenNothing('not-due');
    expect(idleAt(state)).toBeNull();
  });

  it('not in the middle of a run', () =>
    given(triaged(), ...sending)
      .when(lapse(400))
      .thenNothing('not-due'));

  it('after an operator has resumed it', () => {
    given(...over, paused, resumed)
      .when(lapse(90))
      .thenEvent('lead.lapsed');
  });

  it('only while the sequence is deployed and not retired', () => {
    given(...over)
      .when(lapse(90, false))
      .thenNothing('not-deployed', 're-engagement');
  });

  it('into a run of its own, which any submission takes over from', () => {
    const { state } = given(...over, lapsed);
    expect(state.phase).toMatchObject({ kind: 'enrolling', runId: 'run-9', route: RE_ENGAGEMENT });
    expect(RE_ENGAGEMENT.rank).toBe(0);
  });
});
