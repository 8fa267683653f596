import { createHash } from 'node:crypto';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { canonicalAddress } from '@leadstream/lead/address';
import { z } from 'zod';

const HEADERS_LENGTH_MAX = 256 * 1024;
const ADDRESSES_LENGTH_MAX = 64 * 1024;
const RECIPIENTS_MAX = 100;

/** Header values by lower-case name, in order of appearance, unfolded. */
export type MailHeaders = ReadonlyMap<string, readonly string[]>;

/** Reads a header block up to its blank line (RFC 5322 §2.2): any case, repeated, folded. A line that is no header is skipped. */
export function parseHeaders(block: string): MailHeaders {
  const headers = new Map<string, string[]>();
  let values: string[] = [];
  const text = block.slice(0, HEADERS_LENGTH_MAX);
  // A line feed is what ends lines; where there is none at all, a program wrote bare carriage returns.
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
    values = name === undefined ? [] : headers.get(name.toLowerCase()) ?? [];
    if (name !== undefined) headers.set(name.toLowerCase(), values);
    values.push(value.trim());
  }
  return headers;
}

/** Every question about a mail asks for them; a stranger's 256 KiB must be read once. */
const known = new WeakMap<InboundMail, MailHeaders>();

export function headersOf(mail: InboundMail): MailHeaders {
  const headers = known.get(mail) ?? parseHeaders(mail.fields.headers ?? '');
  known.set(mail, headers);
  return headers;
}

/** Whether nothing of the header block is cut away. */
export const areHeadersWhole = ({ fields, cut }: InboundMail): boolean =>
  !cut.includes('headers') && (fields.headers?.length ?? 0) <= HEADERS_LENGTH_MAX;

const envelopeSchema = z.object({
  to: z.array(z.unknown()).catch([]).transform((to) => to.filter((item) => typeof item === 'string')),
  from: z.string().optional().catch(undefined),
});

function envelopeOf(mail: InboundMail): z.infer<typeof envelopeSchema> {
  try {
    return envelopeSchema.parse(JSON.parse(mail.fields.envelope ?? ''));
  } catch {
    return { to: [], from: undefined };
  }
}

/** The envelope's sender; undefined where that is unknown or null. */
export const envelopeFrom = (mail: InboundMail): string | undefined => bare(envelopeOf(mail).from ?? '') || undefined;

const bare = (address: string): string => address.trim().replace(/^<|>$/g, '');

/**
 * The mailboxes of an address header, in order: what stands in angle brackets, else the bare word. One pass over the
 * characters, because quotes and comments may hold every separator and are often left open by hostile senders.
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

/**
 * Who the mail was for: the envelope's recipients (a To header may be a list, an alias or undisclosed), as written.
 * Without a readable envelope the mailboxes of To and Cc.
 */
export function recipients(mail: InboundMail): string[] {
  const envelope = envelopeOf(mail).to.map(bare).filter(Boolean);
  return envelope.length > 0 ? envelope.slice(0, RECIPIENTS_MAX) : named(mail);
}

/** The mailboxes of To and Cc, as written: somebody else's copy of a mail names there who it was for. */
export function named(mail: InboundMail): string[] {
  const headers = headersOf(mail);
  return ['to', 'cc'].flatMap((name) => headers.get(name) ?? mail.fields[name] ?? []).flatMap(mailboxes).slice(0, RECIPIENTS_MAX);
}

/** Where a group puts the writer's address when it writes its own into From, as Google Groups does for senders with a strict DMARC policy. */
const REWRITTEN_FROM = ['x-original-from', 'x-original-sender'];

/** Who the mail says it is from and who the envelope says it is from, canonical where they can be. Neither is proven. */
export function sender(mail: InboundMail): { from?: string; envelopeFrom?: string } {
  const headers = headersOf(mail);
  // The header as sent, not SendGrid's decoded field: an encoded display name could hold an address of its own.
  const [from] = [...REWRITTEN_FROM.map((name) => headers.get(name)?.[0]), headers.get('from')?.[0] ?? mail.fields.from]
    .flatMap((text) => mailboxes(text ?? '').slice(0, 1));
  const envelope = envelopeFrom(mail);
  return {
    ...(from ? { from: canonicalAddress(from) ?? from } : {}),
    ...(envelope ? { envelopeFrom: canonicalAddress(envelope) ?? envelope } : {}),
  };
}

/**
 * The null reverse-path `<>` of bounces and other answers by machines (RFC 5321 §4.5.5), as the envelope has it, or a
 * Return-Path where that names no sender. An unknown sender is not null.
 */
export function isNullSender(mail: InboundMail): boolean {
  const { from } = envelopeOf(mail);
  return from === undefined ? headersOf(mail).get('return-path')?.[0] === '<>' : bare(from) === '';
}

/**
 * Natural key of a mail, hex: a retry of SendGrid's has the same, the same mail to another of our addresses has not.
 * From its Message-ID and recipients; without a Message-ID from all that was posted of it, the message itself where that
 * was, because what a parser made of it may be another thing the next time.
 */
export function messageKey(mail: InboundMail): string {
  const messageId = headersOf(mail).get('message-id')?.map(bare).find(Boolean) ?? mail.mime;
  const identity = messageId
    ? [messageId, ...recipients(mail).sort()]
    : [Object.entries(mail.fields).sort(([a], [b]) => (a < b ? -1 : 1)), mail.attachments, mail.raw];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}
