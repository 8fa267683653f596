import type { Prefix } from '@leadstream/service/prefix';
import { z } from 'zod';

/** SendGrid's own words, whatever `charsets` says of them: a mail's charset must not cost the envelope. */
const ALWAYS_UTF8 = new Set(['envelope', 'charsets', 'headers']);

const charsets = z.record(z.string(), z.unknown());

/** Field name to charset label, as SendGrid's `charsets` field has it; empty when that is missing or no JSON object. */
function labels(field: Prefix | undefined): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(charsets.parse(JSON.parse(field?.bytes.toString() ?? '{}'))));
  } catch {
    return new Map();
  }
}

/** What every byte is a character in, and most mails that are not UTF-8 are close to. */
const WESTERN = new TextDecoder('windows-1252');
/** One byte a character. Text in these is never by chance UTF-8 beyond ASCII. */
const SINGLE_BYTE = /^(?:windows-125|iso-8859|koi8|macintosh|x-mac|ibm866)/;

/** `stream` leaves out a character that a limit cut in two. */
function utf8(bytes: Uint8Array, stream: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

/** Bytes that nothing names a charset for, or that are not of the one that is named: UTF-8, or the other that they rather look like. */
export function decoded(bytes: Uint8Array, stream = false): string {
  const lossy = new TextDecoder().decode(bytes, { stream });
  const lost = lossy.match(/\ufffd/g)?.length ?? 0;
  return lost > 0 && lost >= (lossy.match(/[^\0-\x7f\ufffd]/g)?.length ?? 0) ? WESTERN.decode(bytes) : lossy;
}

/** A field's text in the charset that its label names, unless its bytes tell that this is another's. */
function text(bytes: Uint8Array, label: unknown, stream: boolean): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(typeof label === 'string' ? label.trim() : 'utf-8');
  } catch {
    // A label nobody knows (cp850, utf-7): what is ASCII in it survives.
    return new TextDecoder().decode(bytes, { stream });
  }
  if (decoder.encoding === 'utf-8') return decoded(bytes, stream);
  return (SINGLE_BYTE.test(decoder.encoding) ? utf8(bytes, stream) : undefined) ?? decoder.decode(bytes, { stream });
}

const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text));

/** The longest beginning of `text` that is at most `max` bytes as JSON. A control character is six of them. */
function fit(text: string, max: number): string {
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (jsonBytes(text.slice(0, middle)) <= max) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low).toWellFormed();
}

/**
 * Decodes each field in its own charset, as named by the field `charsets` (unnamed or unknown: UTF-8, lossy), which may
 * lie. The smallest fields are served first, so that an endless text never costs the envelope; `cut` names those that lost
 * bytes on the way in, or here to keep all within `jsonBytesMax` as JSON.
 */
export function decodeFields(form: ReadonlyMap<string, Prefix>, jsonBytesMax: number): { fields: Record<string, string>; cut: string[] } {
  const label = labels(form.get('charsets'));
  const cut: string[] = [];
  let left = jsonBytesMax;
  const texts = [...form]
    .map(([name, field]) => ({ name, text: text(field.bytes, ALWAYS_UTF8.has(name) ? undefined : label.get(name), field.full) }))
    .map(({ name, text }) => ({ name, text, size: jsonBytes(text) }))
    .sort((a, b) => a.size - b.size);
  const fields = texts.map(({ name, text, size }) => {
    const kept = size <= left ? text : fit(text, left);
    if (kept !== text || form.get(name)?.full) cut.push(name);
    left -= kept === text ? size : jsonBytes(kept);
    return [name, kept] as const;
  });
  // fromEntries defines own properties: a field named __proto__ is just that.
  return { fields: Object.fromEntries(fields), cut };
}
