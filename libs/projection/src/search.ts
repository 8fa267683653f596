import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { View } from './collections.ts';

const PHONE = /^[+\d][\d\s().\/-]*$/;
/** Before a country's code, as most countries dial it. */
const ABROAD = /^00/;
/** Of a stranger's name or domain, which must not fill the index. */
const WORDS_MAX = 8;

/**
 * Text as a search compares it: NFC and case-folded. Upper case comes first ("ß" is "ss"), then the lower case of each
 * letter by itself: at the end of a word the Greek sigma has another.
 */
const folded = (text: string): string =>
  [...text.trim().normalize('NFC').toUpperCase()]
    .map((letter) => letter.toLowerCase())
    .join('')
    .normalize('NFC');

const digits = (text: string): string => text.replaceAll(/\D/g, '');

const SEARCHED = ['email', 'address', 'firstName', 'lastName', 'phone'] as const;

/**
 * The texts by whose beginning a search finds a lead: its addresses, their domains and the words of these, its name and
 * each word of it, its phone's digits with the country's code and as the country itself dials them. None once the lead
 * is erased. The keys of an `earlier` view stay while its fields do: most events change none, and a phone number costs
 * half as much as the rest of a fold.
 */
export function searchKeysOf(view: View, earlier: View = {}): string[] {
  const { searchKeys: kept } = earlier;
  if (kept && SEARCHED.every((name) => view[name] === earlier[name])) return kept as string[];
  const text = (name: string) => (typeof view[name] === 'string' ? folded(view[name]) : '');
  const addresses = [text('email'), text('address')];
  const domains = addresses.map((address) => address.slice(address.lastIndexOf('@') + 1));
  const name = `${text('firstName')} ${text('lastName')}`.trim();
  const keys = [...addresses, ...domains, ...domains.flatMap(wordsOfDomain), ...wordsOfName(name), text('lastName')];
  return [...new Set([...keys, ...numbersOf(text('phone'))])].filter(Boolean);
}

/** `nordlicht` and `energie` of nordlicht-energie.de: the last label is no company's. */
const wordsOfDomain = (domain: string): string[] =>
  domain.split('.').slice(0, -1).join('-').split('-').slice(0, WORDS_MAX);

/** The whole name, and what follows each blank or hyphen in it. */
const wordsOfName = (name: string): string[] => [
  name,
  ...[...name.matchAll(/[\s-]+/g)].slice(0, WORDS_MAX).map(({ index, 0: { length } }) => name.slice(index + length)),
];

/** `4930901820`, `030901820` and `30901820` of +49 30 901820. */
function numbersOf(phone: string): string[] {
  if (phone === '') return [];
  const parsed = parsePhoneNumberFromString(phone);
  return [digits(phone), ...(parsed ? [digits(parsed.formatNational()), parsed.nationalNumber] : [])];
}

/** The beginning of a search key that `asked` means; a phone number may be written with blanks and signs. */
export const searchedOf = (asked: string): string =>
  PHONE.test(asked.trim()) ? digits(asked).replace(ABROAD, '') : folded(asked);
