import { describe, expect, it } from '@jest/globals';
import type { EventType, Recorded } from '@leadstream/contracts/events';
import { ToldEvents, type ToldSettings } from './told.ts';

const LEAD = 'lead-1';
const AT = '2026-11-24T10:00:00Z';
const LATER = '2026-11-24T10:30:00Z';
const NOW = Date.parse('2026-11-24T11:00:00Z');
const event = (seq: number, type: EventType, data: object = {}, at = AT) =>
  ({ type, data, id: `id-${seq}`, leadId: LEAD, seq, version: seq, at }) as unknown as Recorded;
const log = [
  event(1, 'lead.triaged'),
  event(2, 'lead.replied', { class: 'human' }),
  event(3, 'lead.sequence-completed', { sequence: 'content-nurture' }),
  event(4, 'lead.sequence-completed', { sequence: 'reply-notice' }),
];
const told = (causeSeq: number, type: string, at = AT) => ({
  ...{ type, id: `id-${causeSeq}`, at },
  ...{ version: causeSeq, causeSeq },
});
const whole = [told(1, 'lead.accepted'), told(2, 'lead.responded'), told(3, 'lead.completed')];

const judged = (events: readonly Recorded[], all: typeof whole, over: Partial<ToldSettings> = {}) => {
  const public_ = new ToldEvents({ upTo: [100], keptMs: 30 * 86_400_000, isRestored: false, ...over });
  for (const one of all) public_.add(`lead.outcome.what.${LEAD}`, one);
  return [...public_.faults(events, NOW), ...public_.rest()].map(({ says }) => says);
};

describe('PUBLIC', () => {
  it('is what the log says', () => {
    expect(judged(log, whole)).toEqual([]);
  });

  it.each<[string, typeof whole, string]>([
    ['lacks an outcome', whole.slice(0, 2), 'event 3 has no lead.completed'],
    ['has one without a cause', [...whole, told(9, 'lead.bounced')], 'of event 9, which is no cause'],
    ['has another outcome than the cause has', [...whole.slice(0, 2), told(3, 'lead.bounced')], 'event 3 has no'],
    ['has one twice', [...whole, told(3, 'lead.completed')], 'twice'],
    ['has them out of order', [whole[1], whole[0], whole[2]] as typeof whole, 'out of order'],
    ['tells of a notice to the rep', [...whole, told(4, 'lead.completed')], 'of event 4, which is no cause'],
  ])('is refuted when it %s', (_, all, says) => {
    expect(judged(log, all).join('\n')).toContain(says);
  });

  it('need not have what its publisher has not handled, or what has aged out', () => {
    expect(judged(log, [], { upTo: [0] })).toEqual([]);
    expect(judged(log, [], { keptMs: 1_000 })).toEqual([]);
  });

  it('names no submission of an erased lead, and keeps the rest', () => {
    const events = [...log, event(5, 'lead.erased')];
    const rest = [...whole.slice(1), told(5, 'lead.erased')];
    expect(judged(events, rest)).toEqual([]);
    expect(judged([event(5, 'lead.erased')], rest)).toEqual([]);
    expect(judged(events, [...whole, told(5, 'lead.erased')])).toEqual([
      'PUBLIC names a submission of a lead that was erased',
    ]);
  });

  it('may have outcomes of a log that a restore replaced', () => {
    expect(judged(log, [...whole, told(9, 'lead.bounced')], { isRestored: true })).toEqual([]);
  });

  it('may have the outcome of a lost event whose id another event has after a restore', () => {
    const other = [...log.slice(0, 2), event(3, 'lead.enrolled', {}, LATER)];
    expect(judged(other, whole, { isRestored: true })).toEqual([]);
    expect(judged(other, whole)).toEqual([expect.stringContaining('of event 3, which is no cause')]);
  });

  it('has no other outcome of an event of the restored log', () => {
    const forged = [event(1, 'lead.triaged'), event(2, 'lead.replied', { class: 'human', authenticated: false })];
    expect(judged(forged, whole.slice(0, 2), { isRestored: true })).toEqual([
      expect.stringContaining('of event 2, which is no cause'),
    ]);
  });

  it('may have an outcome again once a restored log has made its event again, and not twice of one event', () => {
    const again = [...log.slice(0, 2), event(3, 'lead.sequence-completed', { sequence: 'content-nurture' }, LATER)];
    const both = [...whole, told(3, 'lead.completed', LATER)];
    expect(judged(again, both, { isRestored: true })).toEqual([]);
    expect(judged(again, both)).toContain('lead.completed of event 3 is in PUBLIC twice');
    expect(judged(again, [...both, told(3, 'lead.completed', LATER)], { isRestored: true })).toEqual([
      'lead.completed of event 3 is in PUBLIC twice',
    ]);
  });

  it('tells of no lead that the log does not have', () => {
    expect(judged([], whole)).toEqual(['PUBLIC tells of a lead that the log does not have']);
  });
});
