import type { View } from './collections.ts';

const PHONE = /^[+\d][\d\s().\/-]*$/;

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

/**
 * The texts by whose beginning a search finds a lead: its addresses and their domains, its name, its last name and its
 * phone's digits. None once the lead is erased.
 */
export function searchKeysOf(view: View): string[] {
  const text = (name: string) => (typeof view[name] === 'string' ? folded(view[name]) : '');
  const addresses = [text('email'), text('address')];
  const domains = addresses.map((address) => address.slice(address.lastIndexOf('@') + 1));
  const name = `${text('firstName')} ${text('lastName')}`.trim();
  return [...new Set([...addresses, ...domains, name, text('lastName'), digits(text('phone'))])].filter(Boolean);
}

/** The beginning of a search key that `asked` means; a phone number may be written with blanks and signs. */
export const searchedOf = (asked: string): string => (PHONE.test(asked.trim()) ? digits(asked) : folded(asked));
