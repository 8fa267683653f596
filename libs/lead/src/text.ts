import type { Change } from '@leadstream/contracts/events';

/** Maximum UTF-16 units read of a text: the longest that the contract names, a page's URL. */
const TEXT_LENGTH_MAX = 4_000;
const EXCERPT_LENGTH_MAX = 200;

/**
 * Invisible characters with an effect: zero-width, bidi controls, tags, blank letters. Joiners and variants: see below.
 */
const INVISIBLE = /[[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]--[\u200c\u200d\p{Variation_Selector}]]/gv;
/** Control characters and halves of surrogate pairs. White space is left to trimming, or words would stick together. */
const CONTROL = /[[\p{Cc}\p{Cs}]--[\t\n\v\f\r]]/gv;
/** Joiners shape letters of Persian and Indic names and hold emoji together; anywhere else they are invisible noise. */
const STRAY_JOINER = new RegExp(
  String.raw`(?<![[\p{L}\p{M}\p{So}\p{Emoji_Modifier}]--\p{Script=Latin}])[\u200c\u200d]` +
    String.raw`|[\u200c\u200d](?![[\p{L}\p{M}\p{So}]--\p{Script=Latin}])`,
  'gv',
);

/**
 * UAX #15's Stream-Safe limit. Unlimited, a run is sorted in quadratic time: NFC of 128k marks blocked the event loop
 * for 6–11 s.
 */
const MARKS_BEYOND_30 = /(\p{M}{30})\p{M}+/gu;

/** Printable ASCII: it has neither marks nor invisible nor control characters, and is its own normal form. */
const PLAIN = /^[ -~]*$/;

/** A named clean-up of a text; returns the same text when nothing changes. */
export type Rule = readonly [rule: string, apply: (text: string) => string];
/** A clean-up of other characters: most texts have none. */
const unlessPlain = (rule: string, apply: (text: string) => string): Rule => [
  rule,
  (text) => (PLAIN.test(text) ? text : apply(text)),
];

const fewMarks = (text: string): string => text.replace(MARKS_BEYOND_30, '$1');
/** Limited again at the end, because some marks decompose into two. */
const normal = (text: string): string => fewMarks(fewMarks(text).normalize('NFC'));

export const nfc = unlessPlain('nfc', normal);
/** Repeated until none is left: removing one can put another next to a different letter, where it is stray. */
const withoutStrayJoiners = (text: string): string => {
  const next = normal(text.replace(STRAY_JOINER, ''));
  return next === text ? text : withoutStrayJoiners(next);
};
export const invisible = unlessPlain('invisible-characters', (text) =>
  withoutStrayJoiners(normal(text.replace(INVISIBLE, ''))),
);
const control = unlessPlain('control-characters', (text) => normal(text.replace(CONTROL, '')));
export const trimmed: Rule = ['trimmed', (text) => text.trim()];
const collapsed: Rule = ['white-space', (text) => text.replace(/\s+/g, ' ')];

/** Cutting can split a surrogate pair or leave a trailing joiner or space; those are removed too. */
const cut = (lengthMax: number): Rule => [
  'cut',
  (text) =>
    text.length <= lengthMax
      ? text
      : [control, invisible, trimmed].reduce((rest, [, apply]) => apply(rest), text.slice(0, lengthMax)),
];

/** Applies the rules in order; each one that changed the text is recorded as a change of `field`. */
export function applyRules(field: string, raw: string, rules: readonly Rule[], changes: Change[]): string {
  return rules.reduce((text, [rule, apply]) => {
    const next = apply(text);
    if (next !== text) changes.push(change(field, rule, text, next));
    return next;
  }, raw);
}

/** One line of text without invisible characters, at most `lengthMax` UTF-16 units, '' when nothing is left. */
export function cleanLine(field: string, raw: string, changes: Change[], lengthMax = TEXT_LENGTH_MAX): string {
  return applyRules(
    field,
    raw,
    [cut(TEXT_LENGTH_MAX), nfc, control, invisible, trimmed, collapsed, cut(lengthMax)],
    changes,
  );
}

/** Like `cleanLine`, but a text of several lines keeps them. */
export function cleanBlock(field: string, raw: string, changes: Change[]): string {
  return applyRules(
    field,
    raw,
    [cut(TEXT_LENGTH_MAX), nfc, control, invisible, trimmed, cut(TEXT_LENGTH_MAX)],
    changes,
  );
}

/** A change to record; without `to` the value was dropped. Long values are cut. */
export function change(field: string, rule: string, from?: string, to?: string): Change {
  return {
    field: excerpt(field),
    ...(from === undefined ? {} : { from: excerpt(from) }),
    ...(to ? { to: excerpt(to) } : {}),
    rule,
  };
}

const excerpt = (text: string): string => text.slice(0, EXCERPT_LENGTH_MAX).toWellFormed();
