import { describe, expect, it } from '@jest/globals';
import {
  bounced,
  claimed,
  complained,
  declined,
  demo,
  enrolled,
  erased,
  nurture,
  paused,
  replied,
  restarted,
  stepDue,
  tagged,
  triaged,
  unknown,
  unsubscribed,
} from '@leadstream/testing/builders';
import { MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { judge } from './judge.ts';

const underWay: Past[] = [triaged(), enrolled()];
const away = replied('out-of-office', { until: '2026-11-25T09:00:00Z' });
const unproven = replied('human', { authenticated: false, tellRep: false });
const resumed = (althoughAway: boolean): Past => ({ type: 'lead.resumed', data: { by: 'olga', althoughAway } });
const moved = (route = nurture): Past => ({ type: 'lead.moved', data: { by: 'olga', route, step: 1 }, id: 'run-2' });
const noted: Past = { type: 'lead.noted', data: { by: 'olga', text: 'Jane called' } };
const assigned: Past = { type: 'lead.assigned', data: { by: 'olga', rep: 'ana' } };
const stopped: Past = {
  type: 'lead.unsubscribed',
  data: { key: 'operator/1', provider: 'operator', at: MONDAY, via: 'operator', by: 'olga' },
};
const faults = (...past: Past[]): string[] =>
  judge(recorded(past), { now: Temporal.Instant.from(MONDAY), overdueMs: Infinity })
    .findings.filter(({ rule }) => rule === 'command')
    .map(({ says }) => says);

describe('an operator', () => {
  it.each<[string, Past[]]>([
    ['pauses a lead again after its resume', [paused, { ...resumed(false) }, paused]],
    ['ends an absence', [away, resumed(true)]],
    ['ends the hold of an unproven reply', [unproven, resumed(false)]],
    ['restarts a lead that answered', [replied(), restarted(demo)]],
    ['restarts a lead that was stopped by hand', [stopped, restarted(demo)]],
    ['stops a lead that answered', [replied(), stopped]],
    ['moves a lead whose last send is unknown', [stepDue(), claimed(), unknown(), moved()]],
    ['moves a lead into a sequence that it did not decline', [declined(demo.sequence), moved()]],
    ['marks a lead that is stopped', [bounced, tagged(['vip']), assigned, noted]],
  ])('may do it: %s', (_, past) => expect(faults(...underWay, ...past)).toEqual([]));

  it.each<[string, Past[]]>([
    ['pauses a lead that is paused', [paused, paused]],
    ['resumes a lead that nothing holds', [resumed(true)]],
    ['resumes a lead that nothing holds', [away, resumed(false)]],
    ['restarts a lead that may get no mail any more', [bounced, restarted(demo)]],
    ['restarts a lead that may get no mail any more', [complained, restarted(demo)]],
    ['moves a lead that wants no such mail', [replied(), moved()]],
    ['moves a lead that wants no such mail', [unsubscribed, moved()]],
    ['moves a lead that wants no such mail', [declined(), moved()]],
    ['begins another run beside an open claim', [stepDue(), claimed(), moved(demo)]],
    ['begins another run beside an open claim', [stepDue(), claimed(), restarted(demo)]],
    ...['reply-notice', 'unproven-answers', 'news-notice'].flatMap((sequence): [string, Past[]][] =>
      [moved({ ...nurture, sequence }), restarted({ ...nurture, sequence })].map((command) => [
        `begins ${sequence}, which only a reply or a submission starts`,
        [command],
      ]),
    ),
    ['stops a lead that may get no mail any more', [bounced, stopped]],
    ['changes the tag STOP_SEQUENCE', [tagged(['STOP_SEQUENCE'])]],
    ['changes the tag STOP_SEQUENCE', [replied(), tagged([], ['STOP_SEQUENCE'])]],
    ...[paused, resumed(true), restarted(demo), moved(), tagged(['vip']), assigned, noted, stopped].map(
      (command): [string, Past[]] => ['is a command to a lead that was erased', [erased, command]],
    ),
  ])('may not: the event %s', (wrong, past) => {
    const seq = 10 * (underWay.length + past.length);
    expect(faults(...underWay, ...past)).toEqual([`event ${seq} ${wrong}`]);
  });
});

it('an unsubscribe of an erased lead is no command', () =>
  expect(faults(...underWay, erased, unsubscribed)).toEqual([]));
