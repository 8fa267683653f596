import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getCountries } from 'libphonenumber-js/max';
import { inferZone, type ZoneEvidence } from './zones.ts';

const infer = (evidence: ZoneEvidence) => inferZone(evidence, { timeZone: 'America/Chicago' });

describe('a lead’s time zone', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['US/Eastern', 'US/Eastern'],
    ['Japan', 'Japan'],
    ['europe/berlin', 'Europe/Berlin'],
  ])('is the one that the submission names: %s', (timeZone, id) => {
    expect(infer({ timeZone, phone: '+442071838750', ipCountry: 'FR' })).toMatchObject({
      id,
      source: 'explicit',
      confidence: 'high',
    });
  });

  it.each(['EST', 'est', 'EST5EDT', 'CET', 'GMT', 'UTC', 'Etc/UTC', 'Zulu', 'Etc/GMT+5', '+05:30', '-08:00'])(
    'is not an abbreviation or offset: %s',
    (timeZone) => {
      const zone = infer({ timeZone, phone: '+442071838750' });
      expect(zone).toMatchObject({ id: 'Europe/London', source: 'phone' });
      expect(zone.evidence).toMatch(/^the time zone given is an abbreviation or offset, not a place; /);
    },
  );

  it.each([
    'Mars/Olympus',
    'Eastern Standard Time',
    '2026-01-01T00:00[Europe/Paris]',
    '2026-01-01T00:00Z',
    'jane@example.com',
    'x'.repeat(100),
    '\u221205:30',
    'SystemV/AST4',
  ])('is not made up, nor quoted: %.40s', (timeZone) => {
    const zone = infer({ timeZone });
    expect(zone).toMatchObject({ id: 'America/Chicago', source: 'default', confidence: 'low' });
    expect(zone.evidence).toBe('the time zone given is not an IANA name; neither phone nor IP names a country');
  });

  it('is that of the IP’s country before that of the phone’s: people keep their number when they move', () => {
    expect(infer({ ipCountry: 'fr', phone: '+442071838750' })).toEqual({
      id: 'Europe/Paris',
      source: 'ip',
      confidence: 'medium',
      evidence: 'no time zone given; ip country FR keeps one time',
    });
  });

  it('is known from a country with several names for one time', () => {
    expect(infer({ phone: '+49301234567' })).toMatchObject({
      id: 'Europe/Berlin',
      source: 'phone',
      confidence: 'medium',
    });
    expect(infer({ ipCountry: 'AR' })).toMatchObject({ id: 'America/Argentina/Buenos_Aires', source: 'ip' });
  });

  it('is looked for in the phone when the IP’s country has several', () => {
    expect(infer({ ipCountry: 'US', phone: '+442071838750' })).toMatchObject({ id: 'Europe/London', source: 'phone' });
  });

  it('is a guess where most people live when the country has several', () => {
    expect(infer({ phone: '+12125550123' })).toEqual({
      id: 'America/New_York',
      source: 'country',
      confidence: 'low',
      evidence: 'no time zone given; phone country US has several time zones; most people in US live in this one',
    });
  });

  it.each([
    ['toll-free', '+18005551234'],
    ['international toll-free', '+80012345678'],
    ['premium', '+19002345678'],
    ['unassigned', '+15551234567'],
    ['satellite', '+8821612345678'],
  ])('is not known from a %s number', (_, phone) => {
    expect(infer({ phone })).toMatchObject({ id: 'America/Chicago', source: 'default', confidence: 'low' });
  });

  it.each(['XK', 'ZZ', 'T1', '', 'Germany'])('is not known from a country that has none: %s', (ipCountry) => {
    expect(infer({ ipCountry })).toMatchObject({ source: 'default' });
  });

  it('is always one that the clock can use, whatever the evidence', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string(),
        fc.string({ maxLength: 3 }),
        (timeZone, phone, ipCountry) => {
          expect(() =>
            Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(infer({ timeZone, phone, ipCountry }).id),
          ).not.toThrow();
        },
      ),
    );
  });

  it('is known for every country with phones, except three without a zone in the runtime', () => {
    const unknown = getCountries().filter((country) => infer({ ipCountry: country }).source === 'default');
    expect(unknown.sort()).toEqual(['AC', 'TA', 'XK']);
  });
});
