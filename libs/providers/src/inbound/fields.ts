import { z } from 'zod';
import { decodedAs } from '../charset.ts';
import type { Kept } from '../port.ts';

/** SendGrid's own fields, always UTF-8: a mail's `charsets` must not make the envelope unreadable. */
const ALWAYS_UTF8 = new Set(['envelope', 'charsets', 'headers']);

const charsets = z.record(z.string(), z.unknown());

/** The charset label of each field, from SendGrid's field `charsets`; empty when that is missing or no JSON object. */
function labels(field: Kept | undefined): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(charsets.parse(JSON.parse(field?.bytes.toString() ?? '{}'))));
  } catch {
    return new Map();
  }
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
 * lie. The smallest fields come first, so that a long text never displaces the envelope; `cut` names the fields that
 * lost bytes while they were read, or here to keep all within `jsonBytesMax` as JSON.
 */
export function decodeFields(
  form: ReadonlyMap<string, Kept>,
  jsonBytesMax: number,
): { fields: Record<string, string>; cut: string[] } {
  const label = labels(form.get('charsets'));
  const cut: string[] = [];
  let left = jsonBytesMax;
  const texts = [...form]
    .map(([name, field]) => ({
      name,
      text: decodedAs(field.bytes, ALWAYS_UTF8.has(name) ? undefined : label.get(name), field.full),
    }))
    .map(({ name, text }) => ({ name, text, size: jsonBytes(text) }))
    .sort((a, b) => a.size - b.size);
  const fields = texts.map(({ name, text, size }) => {
    const kept = size <= left ? text : fit(text, left);
    if (kept !== text || form.get(name)?.full) cut.push(name);
    left -= kept === text ? size : jsonBytes(kept);
    return [name, kept] as const;
  });
  // fromEntries defines own properties, also for a field named __proto__.
  return { fields: Object.fromEntries(fields), cut };
}
