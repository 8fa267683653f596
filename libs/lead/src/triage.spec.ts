import { describe, expect, it } from '@jest/globals';
import {
  bounced,
  claimed,
  completed,
  demo,
  enrolled,
  limits,
  nurture,
  replied,
  returning,
  sent,
  stepDue,
  submission,
  triaged,
  unsubscribed,
  erased,
  resubmitted,
} from '@leadstream/testing/builders';
import { given } from '@leadstream/testing/given';
import { statusOf, type LeadState } from './state.ts';
import { decideTriage, type Submission } from './triage.ts';

const { tags: _, ...whitepaper } = submission();
const came =
  (over: Partial<Submission> = {}) =>
  (state: LeadState) =>
    decideTriage(
      state,
      { ...whitepaper, returning, intake: { seq: 2, key: 'web/2' }, trusted: true, ...over },
      limits(),
    );
const underWay = [triaged(), enrolled()];

describe('a submission', () => {
  it('makes a lead', () => {
    given()
      .when(came())
      .thenEvent('lead.triaged', { route: nurture, tags: ['source:whitepaper'], intake: { key: 'web/2' } });
  });

  it('is recorded once, however often it is delivered or published (trace 17)', () => {
    given(...underWay)
      .when(came({ intake: { seq: 9, key: 'web/1' } }))
      .thenNothing('known-already');
    given(triaged(), enrolled(), completed)
      .when(came({ intake: { seq: 9, key: 'web/1' } }))
      .thenNothing('known-already');
  });

  it('of a lead under way adds to it and starts nothing', () => {
    given(...underWay)
      .when(came())
      .thenEvent('lead.resubmitted', { route: null, reason: 'content-nurture is under way' });
  });

  it('that asks for a demo takes over from a nurture', () => {
    given(...underWay)
      .when(came({ route: demo }))
      .thenEvent('lead.resubmitted', { route: demo });
  });

  it('that changes the route waits while a claim is open (trace 16)', () => {
    given(...underWay, stepDue(), claimed())
      .when(came({ route: demo }))
      .thenNothing('claim-open');
  });

  it('starts a new run once the last one has ended', () => {
    given(...underWay, completed)
      .when(came())
      .thenEvent('lead.resubmitted', { route: nurture });
  });

  it.each([
    ['answered', replied()],
    ['unsubscribed', unsubscribed],
    ['bounced', bounced],
  ])('of a lead that has %s notifies the rep only', (_case, stop) => {
    given(...underWay, stop)
      .when(came({ route: demo }))
      .thenEvent('lead.resubmitted', { route: returning });
  });

  it('of an erased lead writes nothing into its log', () => {
    given(...underWay, erased)
      .when(came({ route: demo }))
      .thenNothing('erased');
  });

  it('keeps the stop', () => {
    const { state } = given(...underWay, replied(), resubmitted(returning));
    expect([statusOf(state), state.phase.kind]).toEqual(['responded', 'enrolling']);
  });

  it('keeps known values that are missing this time', () => {
    const again = resubmitted(null, { contact: { email: 'jane.doe@example.com', address: 'jane.doe@example.com' } });
    expect(given(...underWay, again).state.contact?.firstName).toBe('Jane');
  });

  it('does not make an enrolled run begin again when its event comes twice', () => {
    expect(given(...underWay, stepDue(), claimed(), sent(), triaged()).state.phase.kind).toBe('settled');
  });
});
