import { describe, expect, it } from '@jest/globals';
import type { SendWindow, Zone } from '@leadstream/contracts/events';
import fc from 'fast-check';
import { getCountries } from 'libphonenumber-js/max';
import { after, heedCandidates, nextOpen, withinWindow } from './hours.ts';
import { BUSINESS_HOURS as OFFICE, officeWindow } from './weeks.ts';
import { inferZone } from './zones.ts';

const BUSINESS_HOURS = officeWindow({ id: 'Europe/Berlin' }, OFFICE, Temporal.Instant.from('2026-11-23T09:00:00Z'));

const at = (text: string) => Temporal.ZonedDateTime.from(text).toInstant();
const opening = (text: string, window = BUSINESS_HOURS) => {
  const asked = Temporal.ZonedDateTime.from(text);
  return nextOpen(asked.toInstant(), asked.timeZoneId, window).local;
};

describe('business hours', () => {
  it('hold what is due on Saturday at two until Monday 9:15 sharp', () => {
    expect(opening('2026-11-21T02:00:37.5[America/New_York]')).toBe('2026-11-23T09:15:00-05:00[America/New_York]');
  });

  it('let what is due inside them go at once', () => {
    expect(opening('2026-11-23T11:07:03.25[Europe/Berlin]')).toBe('2026-11-23T11:07:03.25+01:00[Europe/Berlin]');
  });

  it.each([
    ['open at 9:15', '2026-11-23T09:15[Asia/Tokyo]', true],
    ['are closed the second before', '2026-11-23T09:14:59[Asia/Tokyo]', false],
    ['are open until the last second', '2026-11-23T17:29:59.999[Asia/Tokyo]', true],
    ['close at 17:30', '2026-11-23T17:30[Asia/Tokyo]', false],
    ['are closed on Sunday', '2026-11-22T12:00[Asia/Tokyo]', false],
  ])('%s', (_, when, open) => {
    expect(withinWindow(at(when), 'Asia/Tokyo', BUSINESS_HOURS)).toBe(open);
  });

  it('open the same morning for what is due before them, the next for what is due after', () => {
    expect(opening('2026-11-23T03:00[Europe/Berlin]')).toBe('2026-11-23T09:15:00+01:00[Europe/Berlin]');
    expect(opening('2026-11-23T18:00[Europe/Berlin]')).toBe('2026-11-24T09:15:00+01:00[Europe/Berlin]');
  });

  it('skip a day that the zone left out', () => {
    expect(opening('2011-12-29T18:00[Pacific/Apia]')).toBe('2012-01-02T09:15:00+14:00[Pacific/Apia]');
    const everyDay = { ...BUSINESS_HOURS, days: [1, 2, 3, 4, 5, 6, 7] };
    expect(opening('2011-12-29T18:00[Pacific/Apia]', everyDay)).toBe('2011-12-31T09:15:00+14:00[Pacific/Apia]');
  });
});

describe('a window that a clock change touches', () => {
  const nightly = (from: string, to: string): SendWindow => ({ days: [1, 2, 3, 4, 5, 6, 7], from, to });

  it('opens later when its opening time is skipped', () => {
    expect(opening('2026-03-08T00:30[America/New_York]', nightly('02:30', '05:00'))).toBe(
      '2026-03-08T03:30:00-04:00[America/New_York]',
    );
    expect(opening('2026-04-23T23:00[Africa/Cairo]', nightly('00:00', '05:00'))).toBe(
      '2026-04-24T01:00:00+03:00[Africa/Cairo]',
    );
  });

  it('stays closed on a day whose clock skips all of it', () => {
    expect(opening('2026-03-08T00:30[America/New_York]', nightly('02:00', '02:30'))).toBe(
      '2026-03-09T02:00:00-04:00[America/New_York]',
    );
  });

  it('opens the first time when its opening time comes twice, and the second time for what is due in between', () => {
    const window = nightly('01:30', '05:00');
    expect(opening('2026-11-01T00:30[America/New_York]', window)).toBe('2026-11-01T01:30:00-04:00[America/New_York]');
    expect(opening('2026-11-01T01:10-05:00[America/New_York]', window)).toBe(
      '2026-11-01T01:30:00-05:00[America/New_York]',
    );
  });

  it('may last until midnight', () => {
    expect(withinWindow(at('2026-11-23T23:59[Asia/Tokyo]'), 'Asia/Tokyo', nightly('00:00', '24:00'))).toBe(true);
  });

  it('is refused when it never opens', () => {
    expect(() => opening('2026-11-23T12:00[Asia/Tokyo]', nightly('17:00', '09:00'))).toThrow(RangeError);
  });
});

describe('a lead in one of several zones', () => {
  const zone = (...candidates: string[]): Zone => ({
    id: candidates[0] ?? 'UTC',
    source: 'country',
    confidence: 'low',
    candidates,
    evidence: '',
  });
  const US = zone('America/New_York', 'America/Chicago', 'America/Los_Angeles');
  const winter = at('2026-01-05T12:00[UTC]');

  it('is written to in the hours that all share', () => {
    const window = heedCandidates(BUSINESS_HOURS, US, winter);
    expect(window.zones).toEqual(US.candidates);
    const { at: open, local } = nextOpen(winter, 'America/New_York', window);
    expect(local).toBe('2026-01-05T12:15:00-05:00[America/New_York]');
    expect(open.toZonedDateTimeISO('America/Los_Angeles').toPlainTime().toString()).toBe('09:15:00');
    expect(withinWindow(open, 'America/New_York', window)).toBe(true);
    expect(withinWindow(open.subtract({ seconds: 1 }), 'America/New_York', window)).toBe(false);
    expect(withinWindow(at('2026-01-05T17:30[America/New_York]'), 'America/New_York', window)).toBe(false);
  });

  it('is written to in those of the most populous when all share less than two', () => {
    const russia = zone('Europe/Moscow', 'Asia/Yekaterinburg', 'Asia/Vladivostok');
    expect(heedCandidates(BUSINESS_HOURS, russia, winter).zones).toBeUndefined();
    // Four hours apart: six are just enough.
    const pair = zone('Asia/Shanghai', 'Asia/Dubai');
    expect(heedCandidates({ ...BUSINESS_HOURS, from: '09:00', to: '15:00' }, pair, winter).zones).toEqual(
      pair.candidates,
    );
    expect(heedCandidates({ ...BUSINESS_HOURS, from: '09:00', to: '14:59' }, pair, winter).zones).toBeUndefined();
  });

  it('is written to in its own hours once its zone is known', () => {
    const window = heedCandidates(BUSINESS_HOURS, US, winter);
    expect(heedCandidates(window, zone('Europe/Berlin'), winter).zones).toBeUndefined();
    expect(withinWindow(at('2026-01-05T09:30[Europe/Berlin]'), 'Europe/Berlin', window)).toBe(true);
  });

  it('has an opening in every country and season', () => {
    for (const country of getCountries()) {
      const inferred = inferZone({ ipCountry: country }, { timeZone: 'UTC', at: winter });
      for (let week = 0; week < 53; week += 13) {
        const instant = winter.add({ hours: 24 * 7 * week });
        const window = heedCandidates(BUSINESS_HOURS, inferred, instant);
        const next = nextOpen(instant, inferred.id, window);
        expect(withinWindow(next.at, inferred.id, window)).toBe(true);
      }
    }
  });
});

describe('in every time zone', () => {
  const zones = Intl.supportedValuesOf('timeZone');
  const check = (instant: Temporal.Instant, zone: string, window = BUSINESS_HOURS) => {
    const next = nextOpen(instant, zone, window);
    expect(Temporal.Instant.compare(next.at, instant)).toBeGreaterThanOrEqual(0);
    expect(withinWindow(next.at, zone, window)).toBe(true);
    expect(nextOpen(next.at, zone, window)).toEqual(next);
    expect(Temporal.ZonedDateTime.from(next.local).toInstant().equals(next.at)).toBe(true);
  };
  const hhmm = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

  it('the next opening around each clock change is open, in the future, and stable', () => {
    for (const zone of zones) {
      let change = Temporal.Instant.from('2025-12-31T00:00Z').toZonedDateTimeISO(zone).getTimeZoneTransition('next');
      for (let n = 0; change && n < 2; n += 1, change = change.getTimeZoneTransition('next')) {
        for (const hours of [-30, -1, 0, 1, 30]) check(change.toInstant().add({ hours }), zone);
      }
    }
  });

  it('the next opening of any window at any time is open, in the future, and stable', () => {
    const windows = fc
      .tuple(
        fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        fc.integer({ min: 0, max: 1_439 }),
        fc.integer({ min: 60, max: 1_440 }),
      )
      .map(([days, from, length]): SendWindow => ({
        days,
        from: hhmm(Math.min(from, 1_380)),
        to: hhmm(Math.min(1_440, Math.min(from, 1_380) + length)),
      }));
    const instants = fc
      .integer({ min: Date.UTC(2007, 0), max: Date.UTC(2040, 0) })
      .map((ms) => Temporal.Instant.fromEpochMilliseconds(ms));
    fc.assert(fc.property(instants, fc.constantFrom(...zones), windows, check), { numRuns: 2_000 });
  });
});

describe('a wait', () => {
  it('of two days keeps the local time when the clock changes', () => {
    const zoned = (duration: string) =>
      after(at('2026-03-07T09:00[America/New_York]'), duration, 'America/New_York')
        .toZonedDateTimeISO('America/New_York')
        .toString();
    expect(zoned('P2D')).toBe('2026-03-09T09:00:00-04:00[America/New_York]');
    expect(zoned('PT48H')).toBe('2026-03-09T10:00:00-04:00[America/New_York]');
  });
});
