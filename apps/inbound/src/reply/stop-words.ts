import type { Phrases } from './phrases.ts';
import { LANGUAGES } from './phrases/languages.ts';
import { anyOf, withoutAccents } from './text-patterns.ts';

type Kind = 'removal' | 'refusal' | 'mailing' | 'ofList' | 'please';
const KINDS: readonly Kind[] = ['removal', 'refusal', 'mailing', 'ofList', 'please'];
type IsOf = Record<Kind, (word: string) => boolean>;

function isOfKind(words: readonly string[]): (word: string) => boolean {
  const all = words.flatMap((some) => some.split('|'));
  const whole = new Set(all.map(withoutAccents));
  const stems = all.filter((word) => word.endsWith('*'));
  const stem = stems.length > 0 ? new RegExp(`^${anyOf(...stems)}$`, 'u') : undefined;
  return (word) => whole.has(word) || stem?.test(word) === true;
}

const BY_LANGUAGE = Object.values<Phrases>(LANGUAGES)
  .filter(({ ofList }) => ofList.length > 0)
  .map((language) => Object.fromEntries(KINDS.map((kind) => [kind, isOfKind(language[kind])])) as IsOf);

/**
 * Whether words, as they are compared, are all of one language's words for a request to be taken off a list or to get
 * no more mail. "Please do not remove me" is none.
 */
export const isRequestOf = (words: readonly string[]): boolean =>
  words.length > 1 &&
  BY_LANGUAGE.some((isOf) => {
    const has = (kind: Kind): boolean => words.some(isOf[kind]);
    if (!words.every((word) => KINDS.some((kind) => isOf[kind](word)))) return false;
    const isRemoval =
      has('removal') && !has('refusal') && words.some((word) => isOf.ofList(word) && !isOf.removal(word));
    return isRemoval || (has('refusal') && has('mailing') && !has('removal'));
  });
