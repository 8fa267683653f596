import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { anyText } from '@leadstream/testing/any-text';
import { placeOf } from './phone-zones.ts';
import { inferZone, type ZoneEvidence } from './zones.ts';

const at = Temporal.Instant.from('2026-01-15T12:00Z');
type Evidence = Omit<ZoneEvidence, 'phone'> & { phone?: string };
const infer = ({ phone = '', ...evidence }: Evidence) => {
  const number = parsePhoneNumberFromString(phone);
  return inferZone({ ...evidence, phone: number && placeOf(number) }, { timeZone: 'America/Chicago', at });
};

describe('a lead’s time zone', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['US/Eastern', 'America/New_York'],
    ['Japan', 'Asia/Tokyo'],
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
    '2026-01-01T00:00[Europe/Paris]',
    '2026-01-01T00:00Z',
    'jane@example.com',
    'x'.repeat(100),
    '\u221205:30',
    'SystemV/AST4',
  ])('is not made up, nor quoted: %.40s', (timeZone) => {
    const zone = infer({ timeZone });
    expect(zone).toMatchObject({ id: 'America/Chicago', source: 'default', confidence: 'low' });
    expect(zone.evidence).toBe('the time zone given is not an IANA name; nothing names a country');
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
    expect(infer({ ipCountry: 'US' })).toEqual({
      id: 'America/New_York',
      source: 'country',
      confidence: 'low',
      candidates: [
        'America/New_York',
        'America/Chicago',
        'America/Los_Angeles',
        'America/Denver',
        'America/Phoenix',
        'Pacific/Honolulu',
        'America/Anchorage',
        'America/Adak',
      ],
      evidence: 'no time zone given; ip country US has several time zones; most people live in this one',
    });
  });

  it.each([
    ['Windows', 'Tokyo Standard Time', 'Asia/Tokyo'],
    ['Windows', 'W. Europe Standard Time', 'Europe/Berlin'],
    ['Windows', 'Eastern Standard Time', 'America/New_York'],
    ['Windows', 'E. South America Standard Time', 'America/Sao_Paulo'],
    ['Windows', 'GMT Standard Time', 'Europe/London'],
    ['Windows, in another case', 'india standard time', 'Asia/Kolkata'],
    ['Outlook', '(UTC+09:00) Osaka, Sapporo, Tokyo', 'Asia/Tokyo'],
    ['Outlook', '(UTC-05:00) Eastern Time (US & Canada)', 'America/New_York'],
    ['Outlook', '(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi', 'Asia/Shanghai'],
    ['Outlook', '(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna', 'Europe/Amsterdam'],
    ['Rails', 'Pacific Time (US & Canada)', 'America/Los_Angeles'],
    ['Rails', 'New Delhi', 'Asia/Kolkata'],
    ['Rails', 'Brasilia', 'America/Sao_Paulo'],
    ['Rails', 'Abu Dhabi', 'Asia/Dubai'],
    ['HubSpot', 'america_slash_los_angeles', 'America/Los_Angeles'],
    ['HubSpot', 'us_slash_eastern', 'America/New_York'],
    ['Google', '(GMT+01:00) Central European Time - Berlin', 'Europe/Berlin'],
    ['a browser', 'GMT+0900 (Japan Standard Time)', 'Asia/Tokyo'],
    ['a browser', 'Central European Summer Time', 'Europe/Berlin'],
    ['a browser', 'Eastern Daylight Time', 'America/New_York'],
    ['people', 'America/New York', 'America/New_York'],
    ['people', 'Eastern Time', 'America/New_York'],
    ['people', 'Asia/Beijing', 'Asia/Shanghai'],
    ['people', 'Berlin', 'Europe/Berlin'],
    ['people', 'São Paulo', 'America/Sao_Paulo'],
    ['people', 'Sydney, Australia', 'Australia/Sydney'],
    ['people', 'Asia/Tokyo (JST)', 'Asia/Tokyo'],
    ['people', 'Asia-Tokyo', 'Asia/Tokyo'],
    ['people', 'UTC+03:00 Riyadh', 'Asia/Riyadh'],
  ])('is named as %s names it: %s', (_, timeZone, id) => {
    expect(infer({ timeZone })).toMatchObject({ id, source: 'explicit', confidence: 'high' });
  });

  it.each([
    ['+1 415 is California', '+14155550123', 'America/Los_Angeles'],
    ['+1 212 is New York', '+12125550123', 'America/New_York'],
    ['+1 808 is Hawaii', '+18085550123', 'Pacific/Honolulu'],
    ['+1 604 is British Columbia', '+16045550123', 'America/Vancouver'],
    ['+61 3 is Melbourne', '+61396210123', 'Australia/Sydney'],
    ['+34 928 is Las Palmas', '+34928123456', 'Atlantic/Canary'],
    ['+44 is Great Britain and its islands', '+442071838750', 'Europe/London'],
  ])('is that of the phone’s area: %s', (_, phone, id) => {
    expect(infer({ phone })).toMatchObject({ id, source: 'phone', confidence: 'medium' });
  });

  it('is not that of the place where a mobile number’s network has its prefix', () => {
    expect(infer({ phone: '+61412345678' })).toMatchObject({ id: 'Australia/Sydney', source: 'country' });
    expect(infer({ phone: '+61412345678' }).candidates).toContain('Australia/Perth');
  });

  it.each<[string, Evidence, string, string]>([
    ['the phone’s area', { ipCountry: 'US', phone: '+14155550123' }, 'America/Los_Angeles', 'phone'],
    ['an offset', { ipCountry: 'US', timeZone: '-08:00' }, 'America/Los_Angeles', 'explicit'],
    ['an offset in UTC', { country: 'AU', timeZone: 'UTC+8' }, 'Australia/Perth', 'explicit'],
    ['an abbreviation', { country: 'US', timeZone: 'CST' }, 'America/Chicago', 'explicit'],
    ['an offset, of the domain’s country', { domainCountry: 'BR', timeZone: '-04:00' }, 'America/Manaus', 'explicit'],
  ])('is chosen from a country’s by %s', (_, evidence, id, source) => {
    expect(infer(evidence)).toMatchObject({ id, source, confidence: 'medium' });
  });

  it.each(['+09:00', '+9', 'UTC+9', '(UTC+9)', 'UTC+09', 'GMT +09:00', 'UTC 9', '09:00', 'UTC+9.0', 'Etc/GMT-9'])(
    'is that of the most people with an offset alone: %s',
    (timeZone) => {
      expect(infer({ timeZone })).toMatchObject({ id: 'Asia/Tokyo', source: 'explicit', confidence: 'low' });
    },
  );

  it('keeps the candidates that an offset leaves', () => {
    expect(infer({ country: 'US', timeZone: '-07:00' })).toMatchObject({
      id: 'America/Denver',
      candidates: ['America/Denver', 'America/Phoenix'],
    });
  });

  it('follows evidence in this order: IP, phone, the country given, the domain’s country, the offset alone', () => {
    const all = { ipCountry: 'FR', phone: '+4930123456', country: 'JP', domainCountry: 'KR', timeZone: '+05:00' };
    const { ipCountry: _ip, ...withoutIp } = all;
    const { phone: _phone, ...withoutPhone } = withoutIp;
    const { country: _country, ...withoutCountry } = withoutPhone;
    const { domainCountry: _domain, ...offset } = withoutCountry;
    expect([all, withoutIp, withoutPhone, withoutCountry, offset].map((evidence) => infer(evidence).id)).toEqual([
      'Europe/Paris',
      'Europe/Berlin',
      'Asia/Tokyo',
      'Asia/Seoul',
      'Asia/Karachi',
    ]);
  });

  it.each([
    ['+09:00', 'Asia/Tokyo'],
    ['UTC+9', 'Asia/Tokyo'],
    ['GMT-0800', 'America/Los_Angeles'],
    ['\u221205:00', 'America/New_York'],
    ['+5:30', 'Asia/Kolkata'],
    ['Etc/GMT+5', 'America/New_York'],
    ['JST', 'Asia/Tokyo'],
  ])('is guessed from a clock alone rather than not at all: %s', (timeZone, id) => {
    expect(infer({ timeZone })).toMatchObject({ id, source: 'explicit', confidence: 'low' });
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
      fc.property(anyText(), fc.string(), fc.string({ maxLength: 3 }), (timeZone, phone, ipCountry) => {
        expect(() =>
          Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(infer({ timeZone, phone, ipCountry }).id),
        ).not.toThrow();
      }),
    );
  });

  it('is known for every country with phones, except three without a zone in the runtime', () => {
    const unknown = getCountries().filter((country) => infer({ ipCountry: country }).source === 'default');
    expect(unknown.sort()).toEqual(['AC', 'TA', 'XK']);
  });
});
