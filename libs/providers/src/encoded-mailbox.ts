/** The text's bytes in one encoded word, which has at most 75 characters (RFC 2047 §2). */
const WORD_BYTES_MAX = 45;

/** The text as encoded words, each of whole characters. */
function encoded(text: string): string {
  const words: string[] = [''];
  for (const character of text.toWellFormed()) {
    const longer = (words.at(-1) ?? '') + character;
    if (Buffer.byteLength(longer) > WORD_BYTES_MAX) words.push(character);
    else words.splice(-1, 1, longer);
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ');
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** A mailbox in ASCII alone, for an API that takes no other (RFC 5322 §3.4, RFC 2047). */
export function encodedMailbox({ email, name = '' }: { email: string; name?: string }): string {
  const oneLine = name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (oneLine === '') return email;
  return `${isAscii(oneLine) ? `"${oneLine.replace(/["\\]/g, '\\$&')}"` : encoded(oneLine)} <${email}>`;
}
