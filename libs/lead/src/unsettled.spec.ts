import { describe, expect, it } from '@jest/globals';
import {
  claimed,
  demo,
  enrolled,
  failed,
  replied,
  skipped,
  stepDue,
  triaged,
  unknown,
  unsubscribed,
  erased,
  restarted,
} from '@leadstream/testing/builders';
import { LEAD_ID, recorded, type Past } from '@leadstream/testing/given';
import { unsettledOf } from './unsettled.ts';

const due = [triaged(), enrolled(), stepDue()];
const lost = [...due, claimed(), unknown()];
const anew: Past[] = [
  restarted(demo),
  { type: 'lead.enrolled', data: { ...enrolled().data, runId: 'run-2', sequence: 'sales-demo' } } as Past,
];
const ofRun2 = (event: Past): Past => ({ ...event, data: { ...event.data, runId: 'run-2' } }) as Past;
const seen = (...past: Past[]) =>
  unsettledOf(recorded(past)).map(({ sendId, why, parked, sequence, since, class: kind }) => [
    sendId,
    why,
    parked ? 'parked' : 'gone on',
    sequence,
    since.slice(17, 19),
    kind,
  ]);

describe('the unsettled sends of a lead', () => {
  it('include the send that the run is parked on, also when the lead is stopped', () => {
    expect(seen(...lost)).toEqual([['send-1', 'unknown', 'parked', 'content-nurture', '04', 'timeout']]);
    expect(seen(...lost, unsubscribed)).toEqual(seen(...lost));
    expect(seen(...due, claimed(), failed())).toEqual([
      ['send-1', 'failed', 'parked', 'content-nurture', '04', 'permanent'],
    ]);
    expect(seen(...due, skipped('unrenderable'))).toEqual([
      [null, 'unrenderable', 'parked', 'content-nurture', '03', null],
    ]);
  });

  it.each<[string, Past[]]>([
    ['an answer', [replied()]],
    ['a new run', anew],
    ['an erasure', [erased]],
  ])('include one left behind by %s', (_, after) => {
    expect(seen(...lost, ...after)).toEqual([['send-1', 'unknown', 'gone on', 'content-nurture', '04', 'timeout']]);
  });

  it('include each unknown send, by its own events only', () => {
    const both = [...lost, ...anew, ofRun2(stepDue()), ofRun2(claimed('send-2')), ofRun2(unknown('send-2'))];
    expect(seen(...both)).toEqual([
      ['send-1', 'unknown', 'gone on', 'content-nurture', '04', 'timeout'],
      ['send-2', 'unknown', 'parked', 'sales-demo', '09', 'timeout'],
    ]);
    expect(seen(...both, skipped('operator', 'send-1'))).toEqual([
      ['send-2', 'unknown', 'parked', 'sales-demo', '09', 'timeout'],
    ]);
  });

  it('are none for a lead under way, and have no personal data', () => {
    expect(seen(...due, claimed())).toEqual([]);
    expect(JSON.stringify(unsettledOf(recorded(lost)))).not.toMatch(/jane|@/i);
    expect(unsettledOf(recorded(lost))).toMatchObject([{ leadId: LEAD_ID, step: 'first', status: 'parked' }]);
  });
});
