import { describe, expect, it } from '@jest/globals';
import { countryGiven, countryNamed, countryOfDomain } from './countries.ts';

describe('a country', () => {
  it.each([
    ['DE', 'DE'],
    ['de', 'DE'],
    ['DEU', 'DE'],
    ['Germany', 'DE'],
    ['Deutschland', 'DE'],
    ['Allemagne', 'DE'],
    ['USA', 'US'],
    ['U.S.A.', 'US'],
    ['United States of America', 'US'],
    ['UK', 'GB'],
    ['united kingdom', 'GB'],
    ['UAE', 'AE'],
    ['Côte d’Ivoire', 'CI'],
    ['日本', 'JP'],
    ['España', 'ES'],
    ['Brasil', 'BR'],
  ])('is read from a code or a name: %s', (text, country) => {
    expect(countryNamed(text)).toBe(country);
  });

  it.each(['', 'XX', 'Atlantis', 'please call', '__proto__', 'x'.repeat(10_000)])('is not made up: %.20s', (text) => {
    expect(countryNamed(text)).toBeUndefined();
  });

  it('is the first that a form gives, under any spelling of the field', () => {
    const source = 'x';
    expect(countryGiven({ source, fields: { Country_Code: 'jp' } })).toBe('JP');
    expect(countryGiven({ source, other: { leadData: { 'Country/Region': 'x', country: 'Japan' } } })).toBe('JP');
    expect(countryGiven({ source, fields: { País: 'México' } })).toBe('MX');
    expect(countryGiven({ source, fields: { company: 'Germany', countryside: 'DE' } })).toBeUndefined();
  });

  it.each([
    ['jane@example.de', 'DE'],
    ['jane@example.co.uk', 'GB'],
    ['jane@example.com', undefined],
    ['jane@example.io', undefined],
    ['jane@example.ai', undefined],
  ])('is that of the address’s domain, unless the world uses it: %s', (address, country) => {
    expect(countryOfDomain(address)).toBe(country);
  });
});
