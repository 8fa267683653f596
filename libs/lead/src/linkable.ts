/** Invisible characters: mail programs and people skip them. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\u2800]/gu;
/** UTS 46 §2.3 separates labels by it as well; NFKC makes plain dots of the others. */
const DOTS = /\u3002/g;

const LINKS: readonly RegExp[] = [
  /@/,
  /:\/\//,
  /h(?:tt|xx)p/i,
  /\bwww\b/i,
  // mailto:, tel:, skype: and IPv6; never part of a name.
  /[\p{L}\p{N}]:\S/u,
  /::/,
  // A domain under any top-level domain, and the text after it.
  /[^\s.]\.[\p{L}\p{M}\p{N}]{2}/u,
  // A blank before a dot, or an encoded word of a mail header: names contain neither.
  /\p{L}\s+\.\s*[\p{L}\p{N}]/u,
  /=\?[^\s?]+\?[bq]\?/i,
  // A dotted quad, short ones too.
  /\p{Nd}\.\p{Nd}/u,
  /0x[\da-f]+\./i,
];
/** A substitute for the dot before a well-known top-level domain: any sign, or the word. */
const SPELLED_OUT = new RegExp(
  String.raw`[\p{L}\p{N}](?:\s*[^\p{L}\p{N}\p{M}\s'’&-]+\s*(?:d[o0]t\s*[^\p{L}\p{N}\s]*\s*)?|\s+d[o0]t\s+)` +
    String.raw`(?:com|net|org|info|biz|xyz)(?![\p{L}\p{M}])`,
  'iu',
);
/** A vanity number: letters for the last digits, in the ranges that use them. */
const VANITY = /(?<!\p{Nd})1[^\p{L}\p{Nd}]{0,2}[89]\p{Nd}{2}[^\p{L}\p{Nd}]{1,3}[\p{L}\p{Nd}]/u;
/** Six digits with little between them: mail programs turn them into a link to call. */
const PHONE_NUMBER = /\p{Nd}(?:[^\p{L}\p{Nd}]{0,3}\p{Nd}){5}/u;

/** A text as a mail program reads it: compatibility characters replaced, invisible ones removed. */
export const asRead = (text: string): string =>
  text.normalize('NFKC').replace(UNSEEN, '').replace(DOTS, '.').normalize('NFKC');

/** Whether a mail program would turn a part of the text into a link, or a person would recognise one. */
export function isLinkable(text: string): boolean {
  const read = asRead(text);
  return SPELLED_OUT.test(read) || LINKS.some((link) => link.test(read));
}

/** Whether a mail program would offer to call a number in the text. */
export const isCallable = (text: string): boolean => [PHONE_NUMBER, VANITY].some((number) => number.test(asRead(text)));
