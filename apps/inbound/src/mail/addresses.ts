import { z } from 'zod';

const ADDRESSES_LENGTH_MAX = 64 * 1024;

/** Removes the angle brackets around an address or a Message-ID. */
export const bare = (address: string): string => address.trim().replace(/^<|>$/g, '');

/**
 * The mailboxes of an address header, in order: the text in angle brackets, else the bare word. One pass over the
 * characters: quotes and comments may hold every separator, and hostile senders leave them open.
 */
export function mailboxes(header: string): string[] {
  const found: string[] = [];
  let [word, angle, quoted, inAngle, depth] = ['', '', false, false, 0];
  const keep = (text: string): void => {
    if (inAngle) angle += text;
    else word += text;
  };
  const close = (): void => {
    const address = bare(angle || word);
    if (/.@./.test(address)) found.push(address);
    [word, angle, inAngle] = ['', '', false];
  };
  const text = header.slice(0, ADDRESSES_LENGTH_MAX);
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\' && depth > 0) i++;
    else if (char === '\\' && quoted) keep(char + text.charAt(++i));
    else if (char === '"' && depth === 0) {
      quoted = !quoted;
      keep(char);
    } else if (quoted) keep(char);
    else if (char === '(') depth++;
    else if (char === ')' && depth > 0) depth--;
    else if (depth > 0) continue;
    else if (char === '<' && angle === '') inAngle = true;
    else if (char === '>' && inAngle) inAngle = false;
    else if (!inAngle && (char === ',' || char === ';')) close();
    else if (!inAngle && char === ':') word = '';
    else keep(char);
  }
  close();
  return found;
}

const envelopeSchema = z.object({
  to: z
    .array(z.unknown())
    .catch([])
    .transform((to) => to.filter((item) => typeof item === 'string')),
  from: z.string().optional().catch(undefined),
});

export interface Envelope {
  /** Without angle brackets, as written. */
  to: string[];
  /** '' for the null sender `<>`; undefined if the envelope names no sender. */
  from?: string | undefined;
}

/** Reads SendGrid's `envelope` field; its readable parts are kept, and the rest is ignored. */
export function parseEnvelope(field: string | undefined): Envelope {
  try {
    const { to, from } = envelopeSchema.parse(JSON.parse(field ?? ''));
    return { to: to.map(bare).filter(Boolean), from: from === undefined ? undefined : bare(from) };
  } catch {
    return { to: [] };
  }
}
