import { beforeAll, describe, expect, it } from '@jest/globals';
import { BUSINESS_HOURS } from '@leadstream/lead/weeks';
import { readFolder } from '@leadstream/service/sequence-store';
import type { Sequence } from '../definition.ts';
import { parseFolder } from '../folder.ts';
import { TWENTY_UNTIL, twentyLeads } from '../testing/twenty-leads.ts';
import { effectOf, paired } from './paired.ts';
import { readRecord, type Outside } from './record.ts';
import { replayLead, type Replay } from './replay.ts';
import type { Rules } from './rules.ts';

const folder = parseFolder(await readFolder('sequences'));
const { sequences, routes, reps, tags } = folder;
const record = twentyLeads(folder);
const unchanged: Rules = {
  at: () => ({ sequences, routes, reps: reps?.reps, tagRules: tags?.rules }),
  version: (id) => sequences.find((one) => one.id === id),
  hours: BUSINESS_HOURS,
  delayScale: 1,
  reenrolAfterMs: 7 * 86_400_000,
  keepsRoutes: true,
  keepsVersions: true,
};
const changedBy = (changed: readonly Sequence[], over: Partial<Rules> = {}): Rules => ({
  ...unchanged,
  at: () => ({ ...unchanged.at(0), sequences: changed }),
  version: (id) => changed.find((one) => one.id === id),
  keepsVersions: false,
  ...over,
});

const outsides = record.map((events) => readRecord(events, -Infinity) as Outside);
const replayed = (rules: Rules): Replay[] =>
  outsides.map((outside) =>
    replayLead(outside, { rules, dark: [], untilMs: Date.parse(TWENTY_UNTIL), answers: 'at-their-time' }),
  );
let before: Replay[];
beforeAll(() => {
  before = replayed(unchanged);
});

/** The differences of the twenty leads, as one would count them by hand. */
function difference(rules: Rules) {
  const after = replayed(rules);
  const pairs = after.map(({ mails }, index) => paired(before[index]?.mails ?? [], mails));
  const counted = (of: 'same' | 'more' | 'fewer') => pairs.reduce((sum, one) => sum + one[of].length, 0);
  const moved = pairs.flatMap((one) => one.moved);
  const effects = pairs.map(effectOf);
  return {
    same: counted('same'),
    more: counted('more'),
    fewer: counted('fewer'),
    earlier: moved.filter(({ movedMs }) => movedMs < 0).length,
    later: moved.filter(({ movedMs }) => movedMs > 0).length,
    leads: Object.fromEntries(
      [...new Set(effects)].sort().map((one) => [one, effects.filter((e) => e === one).length]),
    ),
    unknown: after.flatMap(({ unknown }) => unknown.map(({ type }) => type)),
    assumed: after.reduce((sum, { assumed }) => sum + assumed, 0),
    moved,
  };
}

describe('what twenty leads would have got', () => {
  it('is what they got, when nothing is changed', () => {
    // 12 first mails, 11 second ones, a rep's notice of each of 2 replies; a notice and a confirmation of 8 demo
    // requests.
    expect(outsides.reduce((sum, { mails }) => sum + mails.length, 0)).toBe(12 + 11 + 2 + 16);
    for (const [index, { mails }] of outsides.entries()) {
      const pairs = paired(mails, before[index]?.mails ?? []);
      expect([pairs.same.length, pairs.moved, pairs.more, pairs.fewer]).toEqual([mails.length, [], [], []]);
    }
    expect(before.flatMap(({ unknown }) => unknown)).toEqual([]);
  });

  it('is the same mails earlier by longer hours, as far as they were to wait for them', () => {
    const longer = difference({ ...unchanged, hours: { ...BUSINESS_HOURS, from: '08:00', to: '20:00' } });
    // The eight of the morning wait no more for 09:15, the four of the evening not for the next morning.
    expect(longer).toMatchObject({
      same: 16 + 2,
      more: 0,
      fewer: 0,
      earlier: 12 + 11,
      later: 0,
      unknown: [],
      assumed: 0,
    });
    expect(longer.leads).toEqual({ earlier: 12, same: 8 });
    const hours = longer.moved.map(({ movedMs }) => -movedMs / 3_600_000);
    expect(hours.filter((one) => one > 15 && one < 15.25)).toHaveLength(8);
    expect(hours.filter((one) => one < 0.25)).toHaveLength(15);
  });

  it('is no second mail without that step, and nobody knows the answer to one', () => {
    const shorter = sequences.map((one) =>
      one.id === 'content-nurture' ? { ...one, steps: one.steps.filter(({ id }) => id !== 'second') } : one,
    );
    const removed = difference(changedBy(shorter));
    // 11 second mails, and the notice of the reply to one of them.
    expect(removed).toMatchObject({ same: 12 + 1 + 16, more: 0, fewer: 11 + 1, earlier: 0, later: 0, assumed: 0 });
    expect(removed.leads).toEqual({ fewer: 11, same: 9 });
    expect(removed.unknown).toEqual(['lead.replied']);
  });

  it('is another sequence by other routes, with nobody’s answers', () => {
    const entries = routes?.routes.map((one) =>
      one.sources.includes('whitepaper') ? { ...one, tag: 'source:demo_request' } : one,
    );
    const demo = { ...unchanged.at(0), routes: routes && { ...routes, routes: entries ?? [] } };
    const rerouted = difference({ ...unchanged, at: () => demo, keepsRoutes: false });
    expect(rerouted).toMatchObject({ same: 16, more: 12 * 2, fewer: 12 + 11 + 2, earlier: 0, later: 0, assumed: 24 });
    expect(rerouted.leads).toEqual({ other: 12, same: 8 });
    expect(rerouted.unknown).toEqual(['lead.replied', 'lead.replied']);
  });
});

describe('a record', () => {
  it('that began before the time is played on from there', () => {
    const tuesdayMs = Date.parse('2026-12-08T00:00:00Z');
    for (const [index, events] of record.entries()) {
      const outside = readRecord(events, tuesdayMs) as Outside;
      const { mails } = replayLead(outside, {
        rules: unchanged,
        dark: [],
        untilMs: Date.parse(TWENTY_UNTIL),
        answers: 'at-their-time',
      });
      const late = (before[index]?.mails ?? []).filter(({ atMs }) => atMs >= tuesdayMs);
      expect(mails.map(({ name }) => name)).toEqual(late.map(({ name }) => name));
    }
  });
});
