const HEADERS_LENGTH_MAX = 256 * 1024;

/** Header values by lower-case name, in order of appearance, unfolded. */
export type MailHeaders = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a header block up to its blank line (RFC 5322 §2.2): any case, repeated, folded, at most 256 KiB. A line that
 * is
 * no header is skipped.
 */
export function parseHeaders(block: string): MailHeaders {
  const headers = new Map<string, string[]>();
  let values: string[] = [];
  const text = block.slice(0, HEADERS_LENGTH_MAX);
  // Some programs end lines with a bare carriage return; then there is no line feed at all.
  for (const line of text.split(text.includes('\n') ? /\r?\n/ : '\r')) {
    if (line === '') {
      if (headers.size > 0) break;
      continue;
    }
    const last = values.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) {
      values[last] += ` ${line.trim()}`;
      continue;
    }
    const [, name, value = ''] = /^([!-9;-~]{1,200})[ \t]*:(.*)$/s.exec(line) ?? [];
    values = name === undefined ? [] : (headers.get(name.toLowerCase()) ?? []);
    if (name !== undefined) headers.set(name.toLowerCase(), values);
    values.push(value.trim());
  }
  return headers;
}

/** Whether `parseHeaders` reads all of the block. */
export const isWithinLimit = (block: string): boolean => block.length <= HEADERS_LENGTH_MAX;
