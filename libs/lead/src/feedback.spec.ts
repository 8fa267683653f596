import { describe, expect, it } from '@jest/globals';
import { bounced, claimed, complained, deferred, delivered, enrolled, nextPlanned, replied, sent, stepDue, triaged, unknown, unsubscribed } from '@leadstream/testing/builders';
import { given, MONDAY } from '@leadstream/testing/given';
import { decideFeedback, type Feedback } from './feedback.ts';
import { nextActionAt, statusOf, type LeadState } from './state.ts';

const say = (feedback: Partial<Feedback> & Pick<Feedback, 'kind'>) => (state: LeadState) =>
  decideFeedback(state, { key: 'new', provider: 'sendgrid', at: MONDAY, ...feedback } as Feedback);
const due = [triaged(), enrolled(), stepDue()];

describe('feedback', () => {
  it('for nobody we know is a nothing', () => {
    given().when(say({ kind: 'bounced' })).thenNothing('unknown lead');
  });

  it('is recorded once, whatever id this telling of it has (trace 11)', () => {
    given(...due, claimed(), sent(), delivered('send-1', 'event/1')).when(say({ kind: 'delivered', key: 'event/1', sendId: 'send-1' })).thenNothing('known already');
  });

  it('that the provider has the mail settles a send of which nobody knew', () => {
    given(...due, claimed(), unknown()).when(say({ kind: 'accepted', sendId: 'send-1', providerMessageId: 'm1' }))
      .thenEvent('lead.sent', { sendId: 'send-1', evidence: 'provider-event', providerMessageId: 'm1', feedbackKey: 'new' });
  });

  it('that the provider has the mail spares the lead a second one, although it had answered with an error', () => {
    const refused = [...due, claimed(), deferred()];
    given(...refused).when(say({ kind: 'accepted', sendId: 'send-1' })).thenEvent('lead.sent', { sendId: 'send-1', evidence: 'provider-event' });
    expect(given(...refused, nextPlanned({}, 'retry'), stepDue(), sent()).state.phase.kind).toBe('settled');
  });

  it('that the provider has the mail is no news after its answer', () => {
    given(...due, claimed(), sent()).when(say({ kind: 'accepted', sendId: 'send-1' })).thenNothing('the send is accepted');
  });

  it('about a send that is not this lead’s settles nothing', () => {
    given(...due, claimed()).when(say({ kind: 'accepted', sendId: 'somebody-else' })).thenNothing('not a send of this lead');
  });

  it.each(['bounced', 'complained'] as const)('that the mail to a rep has %s says nothing of the lead', (kind) => {
    const staff = [triaged(), enrolled({ audience: 'staff' }), stepDue({ audience: 'staff' }), claimed('send-1', { audience: 'staff' })];
    given(...staff, sent()).when(say({ kind, sendId: 'send-1' })).thenNothing('the send is accepted');
    given(...staff, unknown()).when(say({ kind, sendId: 'send-1' })).thenEvent('lead.sent', { audience: 'staff', evidence: 'provider-event' });
  });

  it('that somebody clicks on “no more mails” again and again is said once', () => {
    given(...due, unsubscribed).when(say({ kind: 'unsubscribed', via: 'page' })).thenNothing('unsubscribed already');
    given(...due, replied()).when(say({ kind: 'unsubscribed', via: 'page' })).thenEvent('lead.unsubscribed', { via: 'page' });
  });

  it('that a person replied is the stop, in any phase', () => {
    for (const past of [[triaged()], due, [...due, claimed()], [...due, claimed(), unknown()]]) {
      given(...past).when(say({ kind: 'replied', class: 'human', matchedBy: 'token' })).thenEvent('lead.replied', { class: 'human' });
      expect(statusOf(given(...past, replied()).state)).toBe('responded');
    }
  });
});

describe('asking for no more mail', () => {
  const asks = say({ kind: 'unsubscribed', via: 'page' });

  it('is a stop of its own after an answer', () => {
    given(...due, replied()).when(asks).thenEvent('lead.unsubscribed');
  });

  it.each([['unsubscribed', unsubscribed], ['bounced', bounced], ['complained', complained]])('adds nothing for a lead that is %s already, however often', (_, stop) => {
    given(...due, stop).when(asks).thenNothing('unsubscribed already');
  });
});

describe('a stop', () => {
  it.each([['responded', replied()], ['bounced', bounced], ['complained', complained], ['unsubscribed', unsubscribed]])('%s leaves nothing to be hunted', (status, stop) => {
    const { state } = given(triaged(), enrolled(), stop);
    expect([statusOf(state), nextActionAt(state)]).toEqual([status, null]);
  });

  it('is not weakened by a later one', () => {
    expect(statusOf(given(...due, complained, replied()).state)).toBe('complained');
    expect(statusOf(given(...due, replied(), complained).state)).toBe('complained');
  });

  it('of the address outlasts what the lead said in words, so that no restart lifts it', () => {
    expect(statusOf(given(...due, unsubscribed, bounced).state)).toBe('bounced');
    expect(statusOf(given(...due, bounced, unsubscribed).state)).toBe('bounced');
  });
});
