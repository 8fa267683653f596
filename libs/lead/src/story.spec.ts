import { describe, expect, it } from '@jest/globals';
import * as facts from '@leadstream/testing/builders';
import { demo } from '@leadstream/testing/builders';
import { fold, MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { nextOf } from './next.ts';
import { storyOf, type Definitions } from './story.ts';

const NAMES: Record<string, string[]> = {
  'content-nurture': ['first', 'second'],
  'sales-demo': ['confirm', 'remind'],
  'reply-notice': ['tell'],
};
const definitions: Definitions = (sequence, version) =>
  NAMES[sequence] && {
    name: `${sequence} ${version}`,
    steps: NAMES[sequence].map((id) => ({ id, audience: id === 'tell' ? 'staff' : 'lead' })),
  };

/** Each run as a line, each of its steps as another. */
function told(...past: Past[]): string[] {
  const events = recorded(past);
  const runs = storyOf(events, definitions).flatMap((run) => [
    `${run.sequence} v${run.version} by ${run.cause}${run.ended ? `, ${run.ended.why}` : ''}`,
    ...run.steps.map(({ id, state, why, at, attempts, facts: reports }) =>
      [
        `  ${id} ${state}${why ? `: ${why}` : ''}`,
        ...(at ? [at.slice(11, 19)] : []),
        ...(attempts ? [`${attempts}×`] : []),
        ...reports.map(({ fact }) => fact),
      ].join(', '),
    ),
  ]);
  return [...runs, nextOf(fold(events)).text];
}
const begun = [facts.triaged(), facts.enrolled()];
const sent = [facts.stepDue(), facts.claimed(), facts.sent()];
const second = facts.nextPlanned({ index: 1, id: 'second', at: '2026-11-25T09:00:00Z' });
const nurture = 'content-nurture v1 by lead.triaged';

describe('the story of a lead', () => {
  it('says what comes next, in the lead’s own time', () => {
    expect(told(...begun)).toEqual([
      nurture,
      '  first next, 09:00:00',
      '  second later',
      'the mail "first" is due at 2026-11-23 10:00 Europe/Berlin',
    ]);
  });

  it('ends a run by a reply, whose notice to the rep is a run of its own', () => {
    const answer: Past = { ...facts.replied('human', { sendId: 'send-1' }), id: 'answer' };
    expect(told(...begun, ...sent, facts.delivered(), second, answer)).toEqual([
      `${nurture}, ended by replied`,
      '  first done, 09:00:04, 1×, delivered, replied',
      '  second not-sent: a person has answered',
      'reply-notice vnull by lead.replied',
      'the scheduler plans the first step of reply-notice',
    ]);
  });

  it('ends the declined run, and names the sequence', () => {
    expect(told(...begun, ...sent, second, facts.declined())).toEqual([
      `${nurture}, ended by unsubscribed`,
      '  first done, 09:00:04, 1×',
      '  second not-sent: the lead declined content-nurture',
      'nothing: the lead declined content-nurture',
    ]);
  });

  it('begins a moved lead’s run at the step that it was moved to', () => {
    const moved: Past = { type: 'lead.moved', data: { by: 'olga', route: demo, step: 1 }, id: 'run-2' };
    const remind = facts.enrolled({ index: 1, id: 'remind' }, 'run-2');
    const inDemo: Past = { type: 'lead.enrolled', data: { ...remind.data, sequence: 'sales-demo' } as never };
    expect(told(...begun, moved, inDemo)).toEqual([
      `${nurture}, ended by moved`,
      '  first not-sent: ended by moved',
      '  second not-sent: ended by moved',
      'sales-demo v1 by lead.moved',
      '  remind next, 09:00:00',
      'the mail "remind" is due at 2026-11-23 10:00 Europe/Berlin',
    ]);
  });

  it('counts the attempts of a deferred step, and says when the next one comes', () => {
    expect(told(...begun, facts.stepDue(), facts.claimed(), facts.deferred())).toEqual([
      nurture,
      '  first next, 09:05:00, 1×',
      '  second later',
      'the mail "first" is tried again after 2026-11-23 10:05 Europe/Berlin',
    ]);
  });

  it('needs an operator for an unknown send, until the provider’s own event settles it', () => {
    const unknown = [...begun, facts.stepDue(), facts.claimed(), facts.unknown()];
    expect(told(...unknown)).toEqual([
      nurture,
      '  first needs-you: it is unknown whether the provider took it, 1×',
      '  second later',
      'an operator has to settle the mail "first": it is unknown whether the provider took it',
    ]);
    expect(told(...unknown, facts.delivered())).toEqual([
      nurture,
      '  first done, 09:00:05, 1×, delivered',
      '  second later',
      'the scheduler plans the step after the mail "first"',
    ]);
  });

  it('leaves the step next while the lead is paused', () => {
    expect(told(...begun, facts.paused)).toEqual([
      nurture,
      '  first next: it waits until an operator resumes the lead, 09:00:00',
      '  second later',
      'the mail "first" waits until an operator resumes the lead, paused by olga',
    ]);
  });

  it('names the return of a lead that is away as the time of its mail', () => {
    expect(told(...begun, facts.replied('out-of-office', { until: '2026-12-07T00:00:00Z' })).at(-1)).toBe(
      'the mail "first" is due at 2026-12-07 01:00 Europe/Berlin',
    );
  });

  it('says of a step that a condition left out which part did not hold', () => {
    const out: Past = {
      type: 'lead.send-skipped',
      data: { ...facts.skipped('condition').data, reason: 'the tag vip is absent' } as never,
    };
    expect(told(...begun, facts.stepDue(), out, second).slice(1, 3)).toEqual([
      '  first not-sent: the tag vip is absent',
      '  second next, 09:00:00',
    ]);
  });

  it('forgets the hold of a step that is planned again', () => {
    const moved: Past = { type: 'lead.moved', data: { by: 'olga', route: demo, step: 0 }, id: 'run-2' };
    const again = facts.nextPlanned({ at: '2026-11-24T09:00:00Z' }, 'window');
    expect(told(...begun, facts.stepDue(), facts.skipped('window'), again, moved).slice(1, 2)).toEqual([
      '  first not-sent: ended by moved',
    ]);
  });

  it('keeps the reason for which a run ended, whatever stops the lead later', () => {
    const moved: Past = { type: 'lead.moved', data: { by: 'olga', route: demo, step: 0 }, id: 'run-2' };
    const steps = (...past: Past[]) => told(...past).slice(1, 3);
    expect(steps(...begun, moved, facts.erased)).toEqual(steps(...begun, moved));
  });

  it('tells of an erased lead what was sent, and that nothing comes', () => {
    expect(told(...begun, ...sent, second, facts.erased)).toEqual([
      `${nurture}, ended by erased`,
      '  first done, 09:00:04, 1×',
      '  second not-sent: the lead is erased',
      'nothing: the lead is erased',
    ]);
  });

  it('has the steps of the log alone where no definition is known', () => {
    const [run] = storyOf(recorded([...begun, ...sent]), () => undefined);
    expect(run).toMatchObject({ id: 'run-1', name: null, startedAt: MONDAY, steps: [{ id: 'first', state: 'done' }] });
  });
});
