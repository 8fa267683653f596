/** The replacement for bytes of an unknown charset: it assigns a character to every byte. */
const WESTERN = new TextDecoder('windows-1252');
/** One byte a character. Text in these is valid UTF-8 beyond ASCII only if it is UTF-8. */
const SINGLE_BYTE = /^(?:windows-125|iso-8859|koi8|macintosh|x-mac|ibm866)/;

/** `stream` drops a last character that a size limit cut in two. */
function utf8(bytes: Uint8Array, stream: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

/**
 * Decodes bytes without a usable charset label: UTF-8, or windows-1252 if UTF-8 loses more characters than it reads.
 */
export function decoded(bytes: Uint8Array, stream = false): string {
  const lossy = new TextDecoder().decode(bytes, { stream });
  const lost = lossy.match(/\ufffd/g)?.length ?? 0;
  return lost > 0 && lost >= (lossy.match(/[^\0-\x7f\ufffd]/g)?.length ?? 0) ? WESTERN.decode(bytes) : lossy;
}

/** Decodes bytes in the charset that `label` names; valid UTF-8 under a single-byte label is read as UTF-8. */
export function decodedAs(bytes: Uint8Array, label: unknown, stream: boolean): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(typeof label === 'string' ? label.trim() : 'utf-8');
  } catch {
    // An unknown label (cp850, utf-7): the ASCII part survives.
    return new TextDecoder().decode(bytes, { stream });
  }
  if (decoder.encoding === 'utf-8') return decoded(bytes, stream);
  return (SINGLE_BYTE.test(decoder.encoding) ? utf8(bytes, stream) : undefined) ?? decoder.decode(bytes, { stream });
}
