import type { Dossier } from '@leadstream/contracts/events';
import names from 'i18n-iso-countries';

/** Fields in which a form gives the lead's country; compared without case and separators. */
const COUNTRY_KEYS: ReadonlySet<string> = new Set([
  'country',
  'countrycode',
  'countryname',
  'countryiso',
  'ipcountry',
  'land',
  'pays',
  'pais',
  'paese',
  'kraj',
]);
const DEPTH_MAX = 2;
const NAME_LENGTH_MAX = 60;

/** Country domains that the world registers in for their letters. */
const GENERIC_USE: ReadonlySet<string> = new Set(
  'ac ai am as bz cc cd co cx dj fm gg gl gs im in io is la ly md me mn ms mu nu pm pw re sc sh so st su tf tk to tv vc vg vu ws'.split(
    ' ',
  ),
);

/** ISO 3166-1 alpha-2 of a code or a name in any of some eighty languages; undefined for an unknown one. */
export function countryNamed(text: string): string | undefined {
  if (text.length > NAME_LENGTH_MAX) return undefined;
  return codeOf(text.trim()) ?? namesOfCountries().get(comparable(text));
}

function codeOf(text: string): string | undefined {
  const code = text.toUpperCase().replaceAll('.', '');
  if (code === 'UK') return 'GB';
  if (code === 'UAE') return 'AE';
  return names.isValid(code) ? names.toAlpha2(code) : undefined;
}

let countries: Map<string, string> | undefined;

function namesOfCountries(): Map<string, string> {
  if (countries) return countries;
  countries = new Map();
  for (const language of ['en', ...names.langs()])
    for (const [code, given] of Object.entries(names.getNames(language, { select: 'all' })))
      for (const name of given) if (!countries.has(comparable(name))) countries.set(comparable(name), code);
  return countries;
}

const comparable = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\p{M}.]/gu, '')
    .toLowerCase()
    .trim();

/** The country that a form gives: the first field with a country's name or code. */
export function countryGiven({ fields, other }: Dossier): string | undefined {
  return countryIn(fields, 0) ?? countryIn(other, 0);
}

function countryIn(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const isCountry = COUNTRY_KEYS.has(
      key
        .normalize('NFKD')
        .toLowerCase()
        .replace(/[^a-z]/g, ''),
    );
    const country = isCountry && typeof member === 'string' ? countryNamed(member) : countryIn(member, depth + 1);
    if (country) return country;
  }
  return undefined;
}

/** The country of an address's top-level domain; undefined for a generic one. */
export function countryOfDomain(address: string): string | undefined {
  const domain = address.slice(address.lastIndexOf('.') + 1).toLowerCase();
  if (!/^[a-z]{2}$/.test(domain) || GENERIC_USE.has(domain)) return undefined;
  return domain === 'uk' ? 'GB' : domain.toUpperCase();
}
