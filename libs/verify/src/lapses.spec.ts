import { expect, it } from '@jest/globals';
import {
  claimed,
  clicked,
  completed,
  declined,
  enrolled,
  paused,
  replied,
  sent,
  stepDue,
  triaged,
} from '@leadstream/testing/builders';
import { MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { RE_ENGAGEMENT } from '@leadstream/lead/state';
import { judge } from './judge.ts';

const after = (days: number): string =>
  Temporal.Instant.from(MONDAY)
    .add({ hours: 24 * days })
    .toString();
const at = (days: number, event: Past): Past => ({ ...event, at: after(days) });
const lapsed = (days: number, id = 'run-9'): Past => ({
  type: 'lead.lapsed',
  data: { since: MONDAY, route: RE_ENGAGEMENT },
  id,
  at: after(days),
});
const over: Past[] = [triaged(), enrolled(), stepDue(), claimed(), sent(), completed];
const faults = (...past: Past[]): string[] =>
  judge(recorded(past), { now: Temporal.Instant.from(MONDAY), overdueMs: 1e12 })
    .findings.filter(({ rule }) => rule === 'lapse')
    .map(({ says }) => says.replace(/^event \d+ starts a check-in /, ''));
const click = (time: string): Past => ({ ...clicked(), data: { ...clicked().data, at: time } }) as Past;
const ended = (days: number): Past =>
  at(days, {
    type: 'lead.sequence-completed',
    data: { runId: 'run-9', sequence: RE_ENGAGEMENT.sequence, why: 'stopped' },
  });

it('a check-in after 90 days of silence is allowed, a machine’s click among them', () => {
  expect(faults(...over, lapsed(90))).toEqual([]);
  expect(faults(...over, at(40, click(MONDAY)), lapsed(90))).toEqual([]);
  expect(faults(...over, lapsed(90), ended(91), lapsed(456, 'run-10'))).toEqual([]);
});

it.each<[string, Past[], string]>([
  ['too soon', [...over, lapsed(89)], '89 days after the lead was active'],
  ['after a click', [...over, at(40, click(after(40))), lapsed(90)], '50 days after the lead was active'],
  ['a second time in a year', [...over, lapsed(90), ended(91), lapsed(400, 'run-10')], '309 days after another one'],
  ['in the middle of a run', [...over.slice(0, 5), lapsed(90)], 'of a lead that is under way'],
  ['after a decline', [...over, declined(), lapsed(90)], 'of a lead that wants no mail, or has answered'],
  ['after an answer', [...over, replied('unsubscribe'), lapsed(90)], 'of a lead that wants no mail, or has answered'],
  ['while it is paused', [...over, paused, lapsed(90)], 'of a lead that is held'],
])('no check-in %s is allowed', (_, past, says) => expect(faults(...past)).toEqual([says]));
