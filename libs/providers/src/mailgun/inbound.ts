import type { InboundMail } from '@leadstream/contracts/feedback';
import { z } from 'zod';
import { decoded } from '../charset.ts';
import { decodeFields } from '../inbound/fields.ts';
import { MAIL_LIMITS } from '../inbound/limits.ts';
import { readMultipart } from '../inbound/multipart.ts';
import type { Keep } from '../port.ts';
import { EncodedForm } from './form.ts';

/** The fields that count. Mailgun also posts every header of the mail as a field of its own. */
const FIELDS: ReadonlySet<string> = new Set([
  'recipient',
  'sender',
  'from',
  'subject',
  'message-headers',
  'body-plain',
  'body-html',
  'body-mime',
  'message-url',
  'attachments',
]);
const MIME = 'body-mime';
const isKept = (name: string): boolean => FIELDS.has(name);

/**
 * Reads what a Route posts: a parsed mail, a raw one (a URL that ends in `mime`), or the notice of a stored one.
 * Rejects only if the stream fails; a body that can't be read is returned with its `problem`.
 */
export async function readMailgunMail(
  request: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  keep: Keep,
): Promise<InboundMail> {
  const isEncoded = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '');
  return asPosted(
    isEncoded
      ? await readEncoded(request, keep)
      : await readMultipart(request, contentType, keep, { mime: MIME, isKept }),
  );
}

async function readEncoded(request: AsyncIterable<Uint8Array>, keep: Keep): Promise<InboundMail> {
  const { fieldBytes, heldBytes, rawBytes, totalBytes, fieldsJsonBytes } = MAIL_LIMITS;
  let held = 0;
  const mayHold = (bytes: number): boolean => {
    if (held + bytes > heldBytes) return false;
    held += bytes;
    return true;
  };
  const form = new EncodedForm(isKept, keep, fieldBytes, mayHold);
  const raw = keep(rawBytes, mayHold);
  let total = 0;
  for await (const chunk of request) {
    total += chunk.length;
    raw.add(chunk);
    if (total <= totalBytes) form.write(chunk);
  }
  form.end();
  const mime = form.fields.get(MIME);
  form.fields.delete(MIME);
  const { fields, cut } = decodeFields(form.fields, fieldsJsonBytes);
  const isEmpty = form.fields.size === 0 && mime === undefined;
  const problem = total > totalBytes ? `over ${totalBytes} bytes` : isEmpty ? 'no field in it' : undefined;
  return {
    fields,
    cut: [...cut, ...(mime?.full ? ['email'] : [])],
    attachments: [],
    ...(mime ? { mime: mime.bytes.toString('base64') } : {}),
    ...(problem === undefined ? {} : { problem, raw: raw.bytes.toString('base64') }),
  };
}

const pairs = z.array(z.tuple([z.string(), z.string()]));
type Pairs = z.infer<typeof pairs>;
const storedAttachments = z.array(
  z.object({ name: z.string().catch(''), 'content-type': z.string().catch(''), size: z.int().catch(0) }),
);

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** The mail in the form of Inbound Parse. */
function asPosted(mail: InboundMail): InboundMail {
  const { fields } = mail;
  const headers = mail.mime === undefined ? pairs.safeParse(json(fields['message-headers'])).data : pairsOf(mail.mime);
  const envelope = { to: fields['recipient'] ? [fields['recipient']] : [], from: fields['sender'] };
  const isUrlAlone = fields['message-url'] !== undefined && !('body-plain' in fields) && !('body-html' in fields);
  const attachments = storedAttachments.safeParse(json(fields['attachments'])).data ?? [];
  const named: Record<string, string | undefined> = {
    from: fields['from'],
    subject: fields['subject'],
    text: fields['body-plain'],
    html: fields['body-html'],
    headers: headers?.map(([name, value]) => `${name}: ${value.replace(/\s*[\r\n]+\s*/g, ' ')}\n`).join(''),
    envelope: 'recipient' in fields || 'sender' in fields ? JSON.stringify(envelope) : undefined,
    ...(headers ? verdictsOf(headers) : {}),
  };
  return {
    ...mail,
    fields: Object.fromEntries(
      Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    cut: mail.cut.map((name) => NAMES[name] ?? name),
    attachments: [
      ...mail.attachments,
      ...attachments.map(({ name, 'content-type': type, size }) => ({ name, type, bytes: size, sha256: '' })),
    ],
    ...(isUrlAlone && mail.mime === undefined && !mail.problem ? { problem: 'a stored mail without its text' } : {}),
  };
}
const NAMES: Readonly<Record<string, string>> = {
  'message-headers': 'headers',
  'body-plain': 'text',
  'body-html': 'html',
};

/** The header fields of a raw message, unfolded. */
function pairsOf(mime: string): Pairs {
  const [block = ''] = decoded(Buffer.from(mime, 'base64'))
    .trimStart()
    .split(/\r?\n\r?\n/, 1);
  return block
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .flatMap((line): Pairs => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
    });
}

/**
 * Mailgun's verdicts, which it puts above the mail's own headers. A sender can write the same names: one below the
 * first Received header, or one that occurs twice, proves nothing. The signing domain is not named, so the verdict
 * counts for a mail with one signature alone.
 */
function verdictsOf(headers: Pairs): { SPF?: string; dkim?: string } {
  const names = headers.map(([name]) => name.toLowerCase());
  const received = names.indexOf('received');
  const verdict = (name: string): string | undefined => {
    const at = names.indexOf(name);
    const isMailguns = at >= 0 && at === names.lastIndexOf(name) && (received < 0 || at < received);
    return isMailguns ? headers[at]?.[1].trim().toLowerCase() : undefined;
  };
  const signatures = headers.filter(([name]) => name.toLowerCase() === 'dkim-signature');
  const domain = /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(signatures[0]?.[1] ?? '')?.[1];
  const dkim = verdict('x-mailgun-dkim-check-result');
  const SPF = verdict('x-mailgun-spf');
  return {
    ...(SPF ? { SPF } : {}),
    ...(dkim && domain && signatures.length === 1 ? { dkim: `{@${domain} : ${dkim}}` } : {}),
  };
}
