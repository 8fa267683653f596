import { inboundMail, type InboundMail } from '@leadstream/contracts/feedback';
import { z } from 'zod';
import { decoded } from './charset.ts';
import { parseHeaders } from './headers.ts';
import { Thread } from './thread.ts';

/** People's mails of 1 MiB take a few tenths of a second; there are ones made to take minutes. */
const PARSE_MS_MAX = 5_000;

const thread = new Thread('mime-worker');

const parsedMime = z.object({
  subject: z.string().optional(), text: z.string().optional(), html: z.string().optional(), report: inboundMail.shape.report,
  attachments: z.array(z.object({ name: z.string(), type: z.string(), bytes: z.number(), sha256: z.string() })), more: z.boolean(),
});
type ParsedMime = z.infer<typeof parsedMime>;

/** SendGrid's own decoding of these is of the same mail; the message is the original. */
function asParsed(mail: InboundMail, headers: string, { subject, text, html, report, attachments, more }: ParsedMime): InboundMail {
  const cut = mail.cut.includes('email');
  // Bytes in no charset that is named; the parser takes them for UTF-8.
  const title = subject?.includes('\ufffd') ? parseHeaders(headers).get('subject')?.[0] : subject;
  return {
    ...mail,
    fields: { ...mail.fields, headers, ...(title === undefined ? {} : { subject: title }), ...(text ? { text } : {}), ...(html === undefined ? {} : { html }) },
    ...(report ? { report } : {}),
    // The last one that was kept may be a part of what was sent: its size and hash would be wrong.
    attachments: [...mail.attachments, ...(cut ? attachments.slice(0, -1) : attachments)],
    cut: cut || more ? [...mail.cut, 'attachments'] : mail.cut,
  };
}

/** Lines end in a line feed; a message without any was written by a program that ends them in carriage returns alone. */
const withLineFeeds = (mime: Buffer): Buffer => (mime.includes('\n') ? mime : Buffer.from(mime.toString('latin1').replaceAll('\r', '\n'), 'latin1'));

/**
 * A mail as Inbound Parse posts it parsed, wherever it was posted raw: headers, text, HTML, attachments and report read from its
 * MIME message, of which 1 MiB was kept. Never rejects, and ends within `msMax` of its turn: a message that can't be read
 * in that time and in bounded memory keeps its headers and has a `problem`.
 */
export async function parsedMail(mail: InboundMail, msMax = PARSE_MS_MAX): Promise<InboundMail> {
  if (mail.mime === undefined) return mail;
  const mime = withLineFeeds(Buffer.from(mail.mime, 'base64'));
  const [headers = ''] = decoded(mime).trimStart().split(/\r?\n\r?\n/, 1);
  try {
    return asParsed(mail, headers, parsedMime.parse(await thread.ask(mime, msMax)));
  } catch (error) {
    const reason = `MIME: ${error instanceof Error ? error.message : 'unreadable'}`.slice(0, 200);
    return { ...mail, fields: { ...mail.fields, headers }, problem: mail.problem ?? reason };
  }
}
