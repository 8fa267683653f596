import { describe, expect, it } from '@jest/globals';
import { IpCountries } from './ip-country.ts';

describe('the country of an IP address', () => {
  const countries = new IpCountries();

  it.each([
    ['8.8.8.8', 'US'],
    ['133.11.0.1', 'JP'],
    ['2a00:1450:4001::1', 'IE'],
    ['::ffff:133.11.0.1', 'JP'],
  ])('is that of its registry: %s', (ip, country) => {
    expect(countries.of(ip)).toBe(country);
  });

  it.each(['127.0.0.1', '10.0.0.1', '203.0.113.9', '::1', 'fe80::1', '', 'jane', '1.2.3', '999.1.1.1'])(
    'is unknown for a private, unassigned or malformed one: %s',
    (ip) => {
      expect(countries.of(ip)).toBeUndefined();
    },
  );
});
