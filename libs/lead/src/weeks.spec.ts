import { describe, expect, it } from '@jest/globals';
import { getCountries } from 'libphonenumber-js/max';
import { BUSINESS_HOURS, countryOf, officeWindow } from './weeks.ts';

const daysOf = (id: string, days = {}) =>
  officeWindow({ id }, { ...BUSINESS_HOURS, days }, Temporal.Instant.from('2026-11-23T09:00:00Z')).days;

describe('the working week', () => {
  it.each(['Asia/Riyadh', 'Asia/Kuwait', 'Asia/Qatar', 'Asia/Jerusalem', 'Africa/Cairo', 'Egypt', 'Asia/Dhaka'])(
    'is Sunday to Thursday in %s',
    (zone) => {
      expect(daysOf(zone)).toEqual([7, 1, 2, 3, 4]);
    },
  );

  it.each(['Asia/Dubai', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Asia/Karachi', 'UTC', 'Nowhere/None'])(
    'is Monday to Friday in %s',
    (zone) => {
      expect(daysOf(zone)).toEqual([1, 2, 3, 4, 5]);
    },
  );

  it('leaves Friday free wherever CLDR does, and in four countries more', () => {
    const isFreeInCldr = (country: string) =>
      (new Intl.Locale(`und-${country}`) as unknown as { getWeekInfo(): { weekend: number[] } })
        .getWeekInfo()
        .weekend.includes(5);
    const countryZones = getCountries().map(
      (country) => [country, new Intl.Locale(`und-${country}`).getTimeZones()?.[0]] as const,
    );
    const free = countryZones.filter(([, zone]) => zone && !daysOf(zone).includes(5)).map(([country]) => country);
    expect(free.filter((country) => !isFreeInCldr(country)).sort()).toEqual(['BD', 'DJ', 'MV', 'PS']);
    expect(countryZones.filter(([country]) => isFreeInCldr(country) && !free.includes(country))).toEqual([]);
  });

  it('is the deployment’s own for a country, or for all', () => {
    expect(daysOf('Asia/Dubai', { AE: [1, 2, 3, 4] })).toEqual([1, 2, 3, 4]);
    expect(daysOf('Europe/Berlin', { AE: [1, 2, 3, 4] })).toEqual([1, 2, 3, 4, 5]);
    expect(daysOf('Asia/Riyadh', { '*': [1, 2, 3, 4, 5] })).toEqual([1, 2, 3, 4, 5]);
  });

  it('is known for every zone of the runtime', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((zone) => !countryOf(zone))).toEqual([]);
  });
});
