import { describe, expect, it } from '@jest/globals';
import type { Data, Draft } from '@leadstream/contracts/events';
import {
  bounced,
  complained,
  demo,
  enrolled,
  erased,
  limits,
  replied,
  returning,
  submission,
  suppressed,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { given } from '@leadstream/testing/given';
import { decideCommand } from './command.ts';
import { decideFeedback } from './feedback.ts';
import { nextActionAt, statusOf, STOP_TAG, type LeadState } from './state.ts';
import { decideTriage } from './triage.ts';

const suppress =
  (why: Data<'lead.suppressed'>['why'] = 'unsubscribed') =>
  (state: LeadState) =>
    decideCommand(state, { kind: 'suppress', why, by: 'ana', list: 'mailchimp.csv' });
const comes = (state: LeadState, key = 'web/2') => {
  const { tags: _, ...said } = submission();
  return decideTriage(state, { ...said, route: demo, returning, intake: { seq: 2, key }, trusted: false }, limits());
};

describe('a list of addresses that get no mail', () => {
  it.each(['unsubscribed', 'bounced'] as const)('stops an address without a lead: %s', (why) => {
    given().when(suppress(why)).then(suppressed(why));
    expect(statusOf(given(suppressed(why)).state)).toBe('suppressed');
    expect(nextActionAt(given(suppressed(why)).state)).toBeNull();
  });

  it('holds for the lead that comes later: the rep is told, and the lead stays stopped', () => {
    const { state } = given(suppressed());
    const came = comes(state);
    expect(came).toMatchObject({ type: 'lead.triaged', data: { route: returning } });
    const lead = given(suppressed(), came as Draft).state;
    expect(statusOf(lead)).toBe('unsubscribed');
    expect(lead.tags).toEqual(expect.arrayContaining([STOP_TAG, demo.tag]));
  });

  it('tells the rep of the same submission again no sooner than a day later', () => {
    const first = comes(given(suppressed()).state) as Draft;
    given(suppressed(), first)
      .when((state) => comes({ ...state, phase: { kind: 'completed' } }, 'web/3'))
      .thenEvent('lead.resubmitted', { route: null });
  });

  it('stops a lead that is under way', () => {
    given(triaged(), enrolled()).when(suppress()).then(suppressed());
    expect(statusOf(given(triaged(), enrolled(), suppressed()).state)).toBe('unsubscribed');
  });

  it('replaces a weaker stop, and no other', () => {
    given(triaged(), replied('human')).when(suppress()).then(suppressed());
    given(triaged(), unsubscribed).when(suppress()).thenNothing('stopped', 'unsubscribed');
    given(triaged(), bounced).when(suppress()).thenNothing('stopped', 'bounced');
    given(triaged(), unsubscribed).when(suppress('bounced')).then(suppressed('bounced'));
    given(triaged(), complained).when(suppress('bounced')).thenNothing('stopped', 'complained');
    given(triaged(), erased).when(suppress()).thenNothing('erased', 'erased');
    given(suppressed()).when(suppress()).thenNothing('stopped', 'unsubscribed');
  });

  it.each([
    ['unsubscribed', 'lead.restarted'],
    ['bounced', undefined],
  ] as const)('that says %s is lifted by a restart: %s', (why, type) => {
    const came = comes(given(suppressed(why)).state) as Draft;
    const lead = given(suppressed(why), came).state;
    expect(decideCommand(lead, { kind: 'restart', by: 'ana', route: demo })).toMatchObject(
      type ? { type } : { nothing: 'stopped' },
    );
  });

  it('makes no lead: no other command and no fact finds one', () => {
    given(suppressed())
      .when((state) => decideCommand(state, { kind: 'pause', by: 'ana' }))
      .thenNothing('unknown-lead');
    given(suppressed())
      .when((state) =>
        decideFeedback(state, { key: 'k', provider: 'sendgrid', at: '2026-11-23T09:00:00Z', kind: 'delivered' }),
      )
      .thenNothing('unknown-lead');
  });

  it('holds after a restore that lost it: the read model’s stop needs no lead', () => {
    const recovered: Draft = {
      type: 'lead.recovered',
      data: { witness: 'projection', stop: { why: 'unsubscribed', at: '2026-11-23T09:00:00Z' } },
    };
    const { state } = given(recovered);
    expect(statusOf(state)).toBe('suppressed');
    expect(comes(state)).toMatchObject({ type: 'lead.triaged', data: { route: { sequence: returning.sequence } } });
  });
});
