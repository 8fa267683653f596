import { describe, expect, it } from '@jest/globals';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { claimed, enrolled, sent, submission } from '@leadstream/testing/builders';
import { shorterPeriod } from './reading.ts';
import { csvOf, reportOf } from './tables.ts';
import { Tally } from './tally.ts';

const AT = '2026-11-23T09:00:00Z';
let seq = 0;
const recorded = (leadId: string, draft: Draft, at = AT): Recorded => ({
  ...draft,
  id: 'run-1',
  leadId,
  seq: ++seq,
  version: seq,
  prevSeq: 0,
  at,
  source: 'test',
});
const tallied = (...events: Recorded[]): Tally => {
  const tally = new Tally();
  for (const event of events) tally.add(event);
  return tally;
};
const triaged: Draft = { type: 'lead.triaged', data: submission({}) };
const mailed = (leadId: string, at?: string) =>
  [triaged, enrolled({}), claimed(), sent()].map((draft) => recorded(leadId, draft, at));
const totalsOf = (tally: Tally, fromMs = 0) => reportOf(tally.leads(), { fromMs, rowsMax: 10 }).totals;

describe('a report', () => {
  it('has the runs that began and the mails that went out in its period', () => {
    const tally = tallied(...mailed('one'), ...mailed('other', '2026-11-24T09:00:00Z'));
    expect(totalsOf(tally)).toMatchObject({ runs: 2, mails: 2 });
    expect(totalsOf(tally, Date.parse('2026-11-24T00:00:00Z'))).toMatchObject({ runs: 1, mails: 1 });
  });

  it('has nothing of an erased lead, as a later reader of the log', () => {
    const tally = tallied(...mailed('one'), recorded('one', { type: 'lead.erased', data: { by: 'ana' } }));
    expect([totalsOf(tally), tally.kept]).toMatchObject([{ runs: 0, mails: 0 }, 0]);
  });

  it('has nothing of the canary', () => {
    const tags = ['source:canary'];
    const canary = recorded('one', { type: 'lead.triaged', data: submission({ tags }) });
    expect(totalsOf(tallied(canary, ...mailed('one').slice(1)))).toMatchObject({ runs: 0, mails: 0 });
  });

  it('has no run of a notice to the rep', () => {
    const { type, data } = enrolled({}) as Draft<'lead.enrolled'>;
    const notice = recorded('one', { type, data: { ...data, sequence: 'reply-notice' } });
    expect(totalsOf(tallied(recorded('one', triaged), notice)).runs).toBe(0);
  });

  it('keeps the rows with the largest figures', () => {
    const tally = tallied(...['a', 'b', 'c'].flatMap((id) => mailed(id)), ...mailed('d', '2026-11-23T20:00:00Z'));
    const { tables } = reportOf(tally.leads(), { fromMs: 0, rowsMax: 1 });
    const hours = tables.find(({ name }) => name === 'reply_rate_by_hour');
    expect(hours).toMatchObject({ rows: [[10, 3, 0, 0, 0, 0, 0, 0, 0]], more: 1 });
  });
});

describe('a log with too much for a period', () => {
  const nowMs = Date.parse('2026-11-30T00:00:00Z');
  const next = (days: number, first: string) => shorterPeriod(days, Date.parse(first), nowMs);

  it('is read anew from the first shorter one that leaves something out', () => {
    expect(next(0, '2026-09-01T00:00:00Z')).toBe(1);
    expect(next(0, '2026-11-20T00:00:00Z')).toBe(2);
    expect(next(0, '2026-11-29T12:00:00Z')).toBe(4);
    expect(next(3, '2026-11-29T12:00:00Z')).toBe(4);
  });

  it('is read for the shortest one when none leaves anything out', () => {
    expect(next(0, '2026-11-29T23:30:00Z')).toBe(4);
  });
});

describe('the CSV of a table', () => {
  it('quotes its cells, and has no formula', () => {
    const rows = [['=1+1', 'a "b", c', 3, null]];
    expect(csvOf({ columns: ['one', 'two', 'three', 'four'], rows })).toBe(
      'one,two,three,four\r\n\'=1+1,"a ""b"", c",3,\r\n',
    );
  });
});
