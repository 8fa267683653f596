import type { Dossier } from '@leadstream/contracts/events';
import names from 'i18n-iso-countries';
import { folded } from './intake/names.ts';

/** Fields in which a form gives the lead's country; compared as `folded`. */
const COUNTRY_KEYS: ReadonlySet<string> = new Set(
  [
    'country, country code, country name, country iso, ip country, your country, country/region, country of residence',
    'land, pays, país, paese, kraj, maa, ország, země, krajina, țara, riik, šalis, valsts, država, страна, країна',
    'держава, държава, χώρα, ülke, ülkeniz, quốc gia, negara, ประเทศ, 国, 国名, お住まいの国, 国家, 國家, 国家/地区, 국가, 나라',
    'الدولة, البلد, بلد, מדינה, ארץ, کشور, देश',
  ].flatMap((list) => list.split(', ').map(folded)),
);
const DEPTH_MAX = 2;
const NAME_LENGTH_MAX = 60;

/** Country domains that the world registers in for their letters. */
const GENERIC_USE: ReadonlySet<string> = new Set(
  (
    'ac ai am as bz cc cd co cx dj fm gg gl gs im in io is la ly md me mn ms mu nu pm pw re sc sh so st su tf tk to ' +
    'tv vc vg vu ws'
  ).split(' '),
);

/** What people write, and no list has. */
const ALIASES: Readonly<Record<string, string>> = {
  AE: 'emirates, the emirates, الإمارات, الامارات',
  CN: 'prc, mainland china, 中国大陆, 中國大陸',
  CZ: 'czech',
  GB: 'england, scotland, wales, northern ireland, great britain, britain, англия, אנגליה, inglaterra, angleterre',
  KR: 'korea, rok',
  NL: 'holland, the netherlands',
  RU: 'рф',
  SA: 'ksa, saudi',
  TH: 'ประเทศไทย',
  US: 'states, the us, the usa, america, etats-unis, ee uu, eeuu, сша, ארה"ב, ארהב',
};

/** A flag is a country's code in letters of its own. */
const FLAG = /\p{RI}/gu;
const FLAG_OF_A = 0x1f1e6;
const LETTER_A = 0x41;

/** ISO 3166-1 alpha-2 of a flag, a code or a name in any of some eighty languages; undefined for an unknown one. */
export function countryNamed(text: string): string | undefined {
  if (text.length > NAME_LENGTH_MAX) return undefined;
  const name = text
    .trim()
    .replace(FLAG, (sign) => String.fromCodePoint((sign.codePointAt(0) ?? 0) - FLAG_OF_A + LETTER_A))
    .replace(/^(.+\S)\s*[([]([A-Za-z]{2,3})[)\]]$/, (_, long: string, code: string) =>
      codeOf(code) === undefined ? text : long,
    );
  return codeOf(name) ?? namesOfCountries().get(comparable(name));
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
  countries = new Map(
    Object.entries(ALIASES).flatMap(([code, list]) => list.split(', ').map((name) => [comparable(name), code])),
  );
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
    const isCountry = COUNTRY_KEYS.has(folded(key));
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
