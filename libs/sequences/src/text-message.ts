import type { TOKENS, Tokens } from './template-tokens.ts';

/** The longest text that is sent: a gateway charges each segment, and a phone joins them. */
export const SEGMENTS_MAX = 3;

/** GSM 03.38's basic table without its Greek capitals that look Latin; a character outside makes the text UCS-2. */
const GSM = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿' +
    'abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Of the extension table: each takes two places. */
const EXTENDED = new Set('^{}\\[]~|€\f');

/** Characters of one segment alone, and of one of several. */
const GSM_LENGTHS = { alone: 160, part: 153 } as const;
const UCS2_LENGTHS = { alone: 70, part: 67 } as const;

/** The number of segments that a text takes on the air. */
export function segmentsOf(text: string): number {
  const letters = [...text];
  const isGsm = letters.every((letter) => GSM.has(letter) || EXTENDED.has(letter));
  const length = isGsm ? letters.reduce((sum, letter) => sum + (EXTENDED.has(letter) ? 2 : 1), 0) : text.length;
  const { alone, part } = isGsm ? GSM_LENGTHS : UCS2_LENGTHS;
  return length <= alone ? 1 : Math.ceil(length / part);
}

const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚′]/gu, "'"],
  [/[“”„″«»]/gu, '"'],
  [/[‐‑‒–—−]/gu, '-'],
  [/…/gu, '...'],
  [/[\u00a0\u2007\u202f\t]/gu, ' '],
];

/** Typographic quotes, dashes and blanks as ASCII: one of them would more than halve the length of a segment. */
export const plainCharacters = (text: string): string =>
  PLAIN.reduce((rest, [from, to]) => rest.replace(from, to), text)
    .replace(/[ ]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();

/** Values that are ours, and not the lead's: of a length that the operator knows. */
const OURS: ReadonlySet<string> = new Set([
  'booking_url',
  'sender_name',
  'kind',
  'content_title',
] as const satisfies (keyof typeof TOKENS)[]);

/**
 * The tokens without the lead's own values: the template's fallbacks stand in for a name that makes a text too long.
 */
export const oursOf = (tokens: Tokens): Tokens =>
  Object.fromEntries(Object.entries(tokens).filter(([name]) => OURS.has(name)));
