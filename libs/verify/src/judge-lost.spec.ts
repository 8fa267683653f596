import { describe, expect, it } from '@jest/globals';
import type { Draft } from '@leadstream/contracts/events';
import {
  claimed,
  completed,
  declined,
  deferred,
  delivered,
  enrolled,
  erased,
  failed,
  nurture,
  paused,
  replied,
  resubmitted,
  resumed,
  sent,
  skipped,
  stepDue,
  triaged,
  undelivered,
  unknown,
  unsubscribed,
} from '@leadstream/testing/builders';
import { anyText } from '@leadstream/testing/any-text';
import { MONDAY, recorded, type Past } from '@leadstream/testing/given';
import { stateAfter } from '@leadstream/lead/evolve';
import { originName } from '@leadstream/lead/origin';
import fc from 'fast-check';
import { judge } from './judge.ts';
import { sourceOf } from './source.ts';
import { HOUR_MS, says, restOf, of, retried, begun, first, whole, refusal } from './testing/judged.ts';

describe('a lead that is lost', () => {
  const tomorrow = '2026-11-24T09:00:00Z';
  it.each<[string, Past[], string[]]>([
    ['whose run was not begun', [triaged()], ['stuck: 10']],
    ['whose step was never found due', [triaged(), enrolled()], ['stuck: 20']],
    ['whose step no sender handled', begun, ['stuck: 30']],
    ['whose claim was neither finished nor swept', [...begun, claimed('a')], ['stuck: 40']],
    ['with nothing planned after a mail', first, ['stuck: 50']],
    ['with a refusal that was not planned again', [...begun, claimed('a'), deferred('a')], ['stuck: 50']],
    ['that answered, and the rep was not told', [triaged(), enrolled(), replied()], ['stuck: 30']],
    ['that replied while a step was due, which was not skipped', [...begun, replied()], ['stuck: 40']],
    [
      'that declined its sequence while a mail was in flight, without an end of the run',
      [...begun, claimed('a'), declined(), sent('a')],
      ['stuck: 60'],
    ],
    ['that left its sequence before that had begun, and nothing ended it', [triaged(), declined()], ['stuck: 20']],
    [
      'that declined its sequence, without the rep’s notice of its reply',
      [...begun, replied(), declined()],
      ['stuck: 50'],
    ],
    ['that was resumed, and nothing followed', [triaged(), enrolled(), paused, resumed], ['stuck: 40']],
  ])('%s', (_, past, found) => expect(says(recorded(past), tomorrow)).toEqual(found));

  it('is none with a paused source, unless the rep’s notice is pending', () => {
    const given = triaged({ intake: { seq: 1, key: 'web/1', source: 'ingest/website' } });
    const found = (past: Past[], paused: string) =>
      judge(recorded(past), {
        now: Temporal.Instant.from(tomorrow),
        overdueMs: HOUR_MS,
        sourcePausedMs: (source) => (source === paused ? Infinity : undefined),
      });
    const due = [given, enrolled(), stepDue()];
    expect(found(due, 'ingest/website source:whitepaper')).toMatchObject({ findings: [], rest: { kind: 'paused' } });
    expect(found(due, 'ingest/website source:ebook').findings).toMatchObject([{ rule: 'stuck' }]);
    expect(
      found(
        [given, enrolled({ audience: 'staff' }), { ...stepDue({ audience: 'staff' }) }],
        'ingest/website source:whitepaper',
      ).findings,
    ).toMatchObject([{ rule: 'stuck' }]);
  });
  it('is no excuse for a mail that is claimed a minute after its source was paused', () => {
    const found = (afterS: number, over: object = {}, source = 'ingest/website source:whitepaper') => {
      const past: Past[] = [
        triaged({ intake: { seq: 1, key: 'web/1', source: 'ingest/website' } }),
        enrolled(over),
        stepDue(over),
        {
          ...claimed('a', over),
          at: Temporal.Instant.from(MONDAY)
            .add({ seconds: 100 + afterS })
            .toString(),
        },
        of(sent('a'), over),
        resubmitted({ ...nurture, tag: 'source:webinar' }),
      ];
      const { findings } = judge(recorded(past), {
        now: Temporal.Instant.from(MONDAY),
        overdueMs: HOUR_MS,
        sourcePausedMs: (name) => (name === source ? Date.parse(MONDAY) + 100_000 : undefined),
      });
      return findings.map(({ rule, seqs }) => `${rule}: ${seqs.join(' ')}`);
    };
    expect([found(61), found(60), found(-1)]).toEqual([['paused: 40'], [], []]);
    expect([found(61, { audience: 'staff' }), found(61, {}, 'ingest/website source:ebook')]).toEqual([[], []]);
  });
  it('is named under the source by which services pause it', () => {
    fc.assert(
      fc.property(
        fc.option(anyText({ maxLength: 100 }), { nil: undefined }),
        anyText({ maxLength: 60 }),
        (source, tag) => {
          const past = recorded([
            triaged({
              intake: { seq: 1, key: 'web/1', ...(source === undefined ? {} : { source }) },
              route: { ...nurture, tag },
            }),
          ]);
          expect(sourceOf(past)).toBe(originName(stateAfter(past)));
        },
      ),
    );
  });
  it('is none whose time is in the future', () =>
    expect(says(recorded([triaged(), enrolled({ at: '2026-11-24T08:30:00Z' })]), tomorrow)).toEqual([]));
  it('is none that was held for a day and resumed a moment ago', () => {
    expect(
      says(recorded([triaged(), enrolled(), paused, { ...resumed, at: '2026-11-24T08:30:00Z' }]), tomorrow),
    ).toEqual([]);
  });
  it.each<[string, Past[], string]>([
    ['has had all its mails', whole, 'completed'],
    ['is paused after them, and was not resumed', [...whole, paused], 'paused'],
    ['was written to too late', [...begun, skipped('late'), completed], 'completed'],
    ['asked for no more mail', [triaged(), enrolled(), unsubscribed], 'stopped'],
    ['is paused', [...begun, paused], 'paused'],
    [
      'had a mail that was dropped before the provider had answered',
      [...begun, claimed('a'), undelivered('dropped', 'a'), completed],
      'completed',
    ],
    ['left its sequence', [...begun, declined()], 'completed'],
    ['left its sequence when nothing could be written', [...begun, skipped('unrenderable'), declined()], 'completed'],
    [
      'declined its sequence with a mail of unknown outcome',
      [...begun, claimed('a'), unknown('a'), declined()],
      'parked',
    ],
    ['waits for an operator', [...begun, claimed('a'), unknown('a')], 'parked'],
    ['could not be written to', [...begun, skipped('unrenderable')], 'parked'],
    ['failed for good', [...begun, claimed('a'), failed('a')], 'parked'],
    ['was erased', [...begun, erased], 'stopped'],
  ])('nor one that %s', (_, past, kind) => {
    expect(restOf(past)).toBe(kind);
    expect(says(recorded(past), tomorrow)).toEqual([]);
  });
  it.each<[string, Draft[]]>([
    ['an answer', [replied()]],
    ['the acceptance of an earlier attempt', [retried('b', refusal), delivered('a')]],
  ])('waits for its claim while that is open, whatever is heard: %s', (_, heard) => {
    expect(restOf([...begun, claimed('a'), ...heard])).toBe('waits for the outcome of a claim');
  });
});
