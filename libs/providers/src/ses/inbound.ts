import type { InboundMail } from '@leadstream/contracts/feedback';
import { z } from 'zod';
import type { Keep } from '../port.ts';
import { messageOf } from './sns.ts';

/** As many as a post may have. */
const BYTES_MAX = 2 * 1024 * 1024;
const HEADERS_MAX = 1_000;
const HEADER_NAME = /^[!-9;-~]{1,200}$/;

const text = z.string().optional().catch(undefined);
const verdict = z
  .object({ status: z.string().max(50) })
  .transform(({ status }) => status)
  .optional()
  .catch(undefined);
const headers = z.array(z.object({ name: z.string().regex(HEADER_NAME), value: z.string() })).max(HEADERS_MAX);
type Headers = z.infer<typeof headers>;

/** SES's notice of a received mail: with its content by an SNS action (up to 150 KB), or a place in S3. */
const received = z.object({
  notificationType: z.literal('Received'),
  mail: z.object({ source: text, headersTruncated: z.boolean().catch(true), headers: headers.catch([]) }),
  receipt: z.object({
    recipients: z.array(z.string()).max(100).catch([]),
    spfVerdict: verdict,
    dkimVerdict: verdict,
    action: z
      .object({ type: text, encoding: text, bucketName: text, objectKey: text })
      .catch({ type: undefined, encoding: undefined, bucketName: undefined, objectKey: undefined }),
  }),
  content: text,
});
type Received = z.infer<typeof received>;

/**
 * Reads a post of a received mail. A mail in S3 has only its headers here, which name the lead, so it counts as a reply
 * with a problem: its text waits for a person. Rejects only if the stream fails.
 */
export async function readSesMail(
  request: AsyncIterable<Uint8Array>,
  _contentType: string | undefined,
  keep: Keep,
): Promise<InboundMail> {
  const kept = keep(BYTES_MAX, () => true);
  for await (const chunk of request) kept.add(chunk);
  const raw = kept.bytes;
  const mail = kept.full ? undefined : receivedOf(raw.toString());
  if (!mail) {
    const problem = kept.full ? `over ${BYTES_MAX} bytes` : 'no mail in it';
    return { fields: {}, cut: [], attachments: [], problem, raw: raw.toString('base64') };
  }
  const { content, receipt } = mail;
  const { type = 'unknown', bucketName = '', objectKey = '' } = receipt.action;
  const place = type === 'S3' ? `s3://${bucketName}/${objectKey}`.slice(0, 300) : `an action of type ${type}`;
  return {
    fields: fieldsOf(mail, content === undefined),
    cut: mail.mail.headersTruncated && content === undefined ? ['headers'] : [],
    attachments: [],
    ...(content === undefined
      ? { problem: `a mail without its text: ${place.toWellFormed()}` }
      : { mime: mimeOf(content, receipt.action.encoding) }),
  };
}

function receivedOf(body: string): Received | undefined {
  try {
    return received.safeParse(JSON.parse(messageOf(body))).data;
  } catch {
    return undefined;
  }
}

/** An action without an encoding has UTF-8, in which 8-bit bytes of other charsets are lost. */
const mimeOf = (content: string, encoding: string | undefined): string =>
  Buffer.from(content, encoding?.toUpperCase() === 'BASE64' ? 'base64' : 'utf8').toString('base64');

const oneLine = (value: string): string => value.replace(/\s*[\r\n]+\s*/g, ' ');
const bare = (address: string): string => address.trim().replace(/^<|>$/g, '');

/** The fields of Inbound Parse. The message itself has the headers, where it is there. */
function fieldsOf({ mail, receipt }: Received, withHeaders: boolean): Record<string, string> {
  const block = mail.headers
    .map(({ name, value }) => `${name}: ${oneLine(value)}\n`)
    .join('')
    .toWellFormed();
  const envelope = { to: receipt.recipients, ...(mail.source === undefined ? {} : { from: bare(mail.source) }) };
  return {
    envelope: JSON.stringify(envelope),
    ...(withHeaders && block ? { headers: block } : {}),
    ...verdictsOf(receipt, mail.headersTruncated ? [] : mail.headers),
  };
}

/** SES names no signing domain: its verdict counts for a mail with one signature alone. */
function verdictsOf({ spfVerdict, dkimVerdict }: Received['receipt'], all: Headers): { SPF?: string; dkim?: string } {
  const signatures = all.filter(({ name }) => name.toLowerCase() === 'dkim-signature');
  const domain = /(?:^|;)\s*d\s*=\s*([^;\s]+)/i.exec(signatures[0]?.value ?? '')?.[1];
  const isSigned = dkimVerdict !== undefined && domain !== undefined && signatures.length === 1;
  return {
    ...(spfVerdict === undefined ? {} : { SPF: spfVerdict.toLowerCase() }),
    ...(isSigned ? { dkim: `{@${domain} : ${dkimVerdict.toLowerCase()}}` } : {}),
  };
}
