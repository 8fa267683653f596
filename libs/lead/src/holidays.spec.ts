import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HOLIDAYS_OF } from './holidays.data.ts';
import { holidaysFrom, isHoliday, publicHolidays } from './holidays.ts';
import { nextOpen, withinWindow } from './hours.ts';
import { BUSINESS_HOURS, countryOf, officeWindow } from './weeks.ts';

describe('public holidays', () => {
  it.each([
    ['DE', '2026-10-03', 'each year on one date'],
    ['DE', '2027-03-26', 'Good Friday'],
    ['DE', '2026-05-25', 'Whit Monday'],
    ['GR', '2026-04-10', 'the Orthodox Good Friday'],
    ['US', '2026-11-26', 'the fourth Thursday of a month'],
    ['US', '2027-05-31', 'the last Monday of a month'],
    ['GB', '2026-12-28', 'in place of one on a Saturday'],
    ['SA', '2026-03-20', 'of the moon'],
    ['JP', '2027-03-22', 'after one on a Sunday'],
    ['FR', '2040-07-14', 'by a rule, after the years of the list'],
    ['DE', '2040-03-30', 'by Easter, after the years of the list'],
  ])('of %s has %s, %s', (country, date) => {
    expect(publicHolidays(country, Number(date.slice(0, 4)))).toContain(date);
  });

  it('are dates of their year in every country, more than two and fewer than forty', () => {
    const years = [2026, 2027, 2028, 2029, 2030, 2031];
    const all = Object.keys(HOLIDAYS_OF).flatMap((country) =>
      years.map((year) => ({ country, year, dates: publicHolidays(country, year) })),
    );
    expect(all.length).toBeGreaterThan(240 * years.length);
    const isOdd = ({ year, dates }: (typeof all)[number]) =>
      dates.some((date) => !isHoliday(date) || !date.startsWith(`${year}-`)) || dates.length < 3 || dates.length > 39;
    // Sri Lanka proclaims each year’s alone.
    expect(all.filter(isOdd).map(({ country, year }) => `${country} ${year}`)).toEqual(
      years.slice(1).map((year) => `LK ${year}`),
    );
  });

  it('are those of the year from a day on, with dates of one’s own', () => {
    const first = Temporal.PlainDate.from('2026-12-01');
    expect(holidaysFrom(first, 'DE', ['12-24', 'AT=12-08', 'DE=2027-02-08', '02-29'])).toEqual([
      '2026-12-24',
      '2027-02-08',
    ]);
    expect(holidaysFrom(first, 'DE', ['by-country']).slice(0, 3)).toEqual(['2026-12-25', '2026-12-26', '2027-01-01']);
    expect(holidaysFrom(first, 'XX', ['by-country'])).toEqual([]);
  });

  it('never hold a mail for longer than they last, and no mail is planned on one, in any zone', () => {
    const hours = { ...BUSINESS_HOURS, holidays: ['by-country'] };
    const zones = Intl.supportedValuesOf('timeZone');
    const times = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2036, 0) });
    fc.assert(
      fc.property(times, fc.constantFrom(...zones), (ms, id) => {
        const due = Temporal.Instant.fromEpochMilliseconds(ms);
        const window = officeWindow({ id }, hours, due);
        const { at } = nextOpen(due, id, window);
        const [from, to] = [due, at].map((instant) => instant.toZonedDateTimeISO(id).toPlainDate());
        if (!from || !to) throw new Error('two dates');
        const isHolidayAt = (date: Temporal.PlainDate) =>
          publicHolidays(countryOf(id) ?? '', date.year).includes(date.toString());
        expect(isHolidayAt(to)).toBe(false);
        expect(withinWindow(at, id, window)).toBe(true);
        // Each day that it is moved past is no day of work.
        for (let day = from.add({ days: 1 }); Temporal.PlainDate.compare(day, to) < 0; day = day.add({ days: 1 }))
          expect(window.days.includes(day.dayOfWeek) && !isHolidayAt(day)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });
});
