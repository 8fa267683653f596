/** A word before a name. */
export const TITLE =
  /^(?:dr|prof|professor|mr|mrs|ms|miss|mx|sir|herr|frau|mme|mlle|sr|sra|srta|dott|dottssa|sig|sigra|dipl|ing)\.?$/i;
/** Behind a name without a comma, where a family may be called Jr. */
const DEGREE = /^(?:ph\.?d|m\.?d|mba|msc|m\.sc|bsc|b\.sc|cpa|esq)\.?$/i;
const SUFFIX =
  /^(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d|mba|msc|bsc|cpa|esq|inc|llc|ltd|gmbh|c[efotm]o|cmo|vp|founder|co-?founder|owner|director|manager|president|partner|geschäftsführer(?:in)?)\.?$/i;
/** Names in these scripts begin with the family name. */
const CAPITALS = /^\p{Lu}[\p{Lu}'’-]{2,}$/u;
const FAMILY_FIRST = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\s・·]+$/u;

/**
 * The given and the family name in one field. The first word after a title is the given name, unless a comma or the
 * script or capitals (DUPONT Jean) put the family name first; one word alone is the given name, which the greeting
 * uses.
 */
export function splitName(full: string): { firstName: string; lastName?: string } {
  // "Ann Lee (Acme)", "Ann Lee | Acme"
  const named =
    full
      .replace(/<[^<>]*@[^<>]*>/, '')
      .replace(/(?<=\p{L}\s*)[|([].*$/u, '')
      .trim() || full;
  const [family = '', ...rest] = named.split(/[,，]/).map((part) => part.trim());
  const given = rest.filter((part) => part && !SUFFIX.test(part));
  if (given.length === 1 && given[0] && family) return { firstName: given[0], lastName: family };
  const words = (given.length === 0 && family ? family : named).trim().split(/\s+/u);
  while (words.length > 2 && DEGREE.test(words.at(-1) ?? '')) words.pop();
  const from = words.findIndex((word) => !TITLE.test(word));
  const [first = '', ...others] = from > 0 ? words.slice(from) : words;
  if (others.length === 0) return { firstName: first };
  const isFamilyFirst =
    FAMILY_FIRST.test(named) || (CAPITALS.test(first) && !others.some((word) => CAPITALS.test(word)));
  return isFamilyFirst
    ? { firstName: others.join(' '), lastName: first }
    : { firstName: first, lastName: others.join(' ') };
}
