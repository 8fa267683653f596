// Max metadata: with less, toll-free numbers and countries that share a code can't be told apart.
import {
  findPhoneNumbersInText,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/max';
import { placeOf, type PhonePlace } from './phone-zones.ts';

/** The numbers in a phone field, in the order written; all but the first are for a person to look at. */
export interface Phones {
  /** E.164. */
  first?: string;
  /** Of the first. */
  place?: PhonePlace | undefined;
  extension?: string;
  /** E.164, without the first. */
  others: string[];
}

const NUMBERS_MAX = 5;
/** With its plus. */
const E164_LENGTH_MAX = 16;
/** Shorter, a number without its plus may be a national one. */
const FOREIGN_DIGITS_MIN = 11;
const SEPARATORS = /[,;|\n]|\s\/\s|\s(?:or|and|oder|und|ou|et|o|y|e)\s/i;
/** "p:", "Mobile:", "Tel." and the like. */
const LABEL = /^[^\d+(\p{Nd}]{1,20}/u;
/** "(mobil)" and the like, after the number. */
const NOTE = /[\s,;–-]*[([]?\p{L}[^\d\p{Nd}]{0,40}$/u;
/** The words before an extension, in the languages of forms; libphonenumber knows the English ones. */
const EXTENSION =
  /[\s,;(–-]+(?:durchwahl|dw|nst|nebenstelle|poste|interno|int|anexo|extensi[oó]n|ramal|toestel|wew|klapka|mellék|dahili|linje|доб|вн|внутр|εσωτ|内線|內線|内线|내선|שלוחה)[.:\s]{0,3}(?=\d{1,6}\)?$)/iu;
/** A spreadsheet's number. */
const DECIMAL = /^(\d{8,15})\.0+$/;
/** The same as a power of ten; with fewer digits than it has places, the rest are lost. */
const EXPONENT = /^(\d)[.,](\d+)e\+?(\d{1,2})$/i;
/** NANP's toll-free numbers are the ones that people spell as words. */
const VANITY = /^\+?1?[\s.(-]*8(?:00|33|44|55|66|77|88)[\s.)-]+(?=(?:[^a-z]*[a-z]){3})[a-z\d\s.-]{7,12}$/i;
const KEYPAD = ['', '', 'abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'];
/** Numbers of examples: no metadata has them, documentation and tests do. */
const EXAMPLE = /^\+1555\d{7}$/;

/**
 * Reads a phone field: a number in any notation, with a label, an extension, as words, or several. `regions` (ISO
 * 3166-1 alpha-2) are the likely countries of a number without country code, the most likely first. Each number is
 * valid according to libphonenumber.
 */
export function readPhones(text: string, regions: readonly string[]): Phones {
  const countries = regions.filter((region) => isSupportedCountry(region));
  const plain = inAscii(text.normalize('NFKC'))
    .replace(DECIMAL, '$1')
    .replace(EXPONENT, written)
    .replace(EXTENSION, ' ext. ');
  const whole = readBare(plain, countries);
  const numbers = whole ? [whole] : plain.split(SEPARATORS).flatMap((piece) => readPiece(piece, countries));
  const [first, ...rest] = numbers.slice(0, NUMBERS_MAX);
  if (!first) return { others: [] };
  const others = new Set(rest.map(({ number }) => number));
  others.delete(first.number);
  const extension = first.ext ? { extension: first.ext } : {};
  return { first: first.number, place: placeOf(first), ...extension, others: [...others] };
}

const written = (_: string, first: string, rest: string, places: string): string =>
  rest.length === Number(places) ? `${first}${rest}` : '';

/** One number, with a label and a note around it. */
const readBare = (text: string, countries: readonly CountryCode[]): PhoneNumber | undefined =>
  readOne(text, countries) ??
  readOne(text.replace(LABEL, ''), countries) ??
  readOne(text.replace(LABEL, '').replace(NOTE, ''), countries);

function readPiece(piece: string, countries: readonly CountryCode[]): PhoneNumber[] {
  const number = readBare(piece, countries);
  if (number) return [number];
  const [country] = countries;
  return findPhoneNumbersInText(piece, country ? { defaultCountry: country } : undefined)
    .map(({ number: found, startsAt, endsAt }) => readOne(piece.slice(startsAt, endsAt), countries) ?? found)
    .filter(isNumber);
}

function readOne(text: string, countries: readonly CountryCode[]): PhoneNumber | undefined {
  if (VANITY.test(text)) return parse(text.replace(/[a-z]/gi, keyOf), 'US');
  const digits = text.trim().replace(/^[^\p{L}\p{N}+]*\+[\s+]*(?:00)?/u, '+');
  return (
    parse(digits.replace(/^00(?=[1-9])/, '+')) ??
    countries.map((country) => withoutPlus(digits, country) ?? national(digits, country)).find((number) => number) ??
    foreign(digits)
  );
}

/** Digits of another country's number pass for a fixed line of a country that has no fixed length. */
function national(digits: string, country: CountryCode): PhoneNumber | undefined {
  const number = parse(digits, country);
  return number?.getType() === 'FIXED_LINE' && !/^\D*0/.test(digits)
    ? (foreign(digits) ?? american(digits) ?? number)
    : number;
}

/** People write a North American number in groups of three, three and four. */
const american = (digits: string): PhoneNumber | undefined =>
  /^\(?[2-9]\d\d\)?[-. ] ?[2-9]\d\d[-. ]\d{4}$/.test(digits) ? parse(digits, 'US') : undefined;

/** The number of a country that nothing else names: its code is there, its plus is not. */
const foreign = (digits: string): PhoneNumber | undefined =>
  /^[1-9][\d\s().\/-]*$/.test(digits) && digits.replace(/\D/g, '').length >= FOREIGN_DIGITS_MIN
    ? parse(`+${digits}`)
    : undefined;

/** A number that begins with the country's code: HubSpot and others leave out the plus. */
function withoutPlus(digits: string, country: CountryCode): PhoneNumber | undefined {
  const code = getCountryCallingCode(country);
  const bare = digits.replace(/^[^\p{L}\p{N}+]+/u, '');
  return bare.startsWith(code) ? parse(`+${bare}`) : undefined;
}

/** A number inside a sentence is not this function's. */
function parse(text: string, country?: CountryCode): PhoneNumber | undefined {
  const number = parsePhoneNumberFromString(text, { extract: false, ...(country ? { defaultCountry: country } : {}) });
  if (!number || isNumber(number)) return number;
  // Mexico's mobile numbers had a 1 until 2019; WhatsApp and old address books still write it.
  const [, rest] = /^\+521(\d{10})$/.exec(number.number) ?? [];
  return rest === undefined ? undefined : parse(`+52${rest}${number.ext ? ` ext. ${number.ext}` : ''}`);
}

/** Digits of other scripts; each script has its ten in a row. libphonenumber reads the Arabic and full-width ones. */
const DIGIT = /[\p{Nd}--[0-9]]/gv;
const isDigit = /^\p{Nd}$/u;
const inAscii = (text: string): string =>
  text.replace(DIGIT, (char) => {
    const code = char.codePointAt(0) ?? 0;
    let value = 0;
    while (value < 9 && isDigit.test(String.fromCodePoint(code - value - 1))) value++;
    return String(value);
  });

/** E.164 has fifteen digits; the metadata of some countries have room for more. */
const isNumber = (number: PhoneNumber): boolean =>
  number.number.length <= E164_LENGTH_MAX && (number.isValid() || (EXAMPLE.test(number.number) && number.isPossible()));

const keyOf = (letter: string): string => String(KEYPAD.findIndex((letters) => letters.includes(letter.toLowerCase())));
