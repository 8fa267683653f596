import { inboundMail, type InboundMail } from '@leadstream/contracts/feedback';
import { Retry } from '@leadstream/eventlog/errors';
import { z } from 'zod';
import { decoded } from '@leadstream/providers/charset';
import { parseHeaders } from './headers.ts';
import { Thread } from './thread.ts';

/** A person's mail of 1 MiB takes some tenths of a second; a hostile one can take minutes. */
const PARSE_MS_MAX = 5_000;

const thread = new Thread('mime-worker');

const parsedMime = z.object({
  subject: z.string().optional(),
  text: z.string().optional(),
  html: z.string().optional(),
  report: inboundMail.shape.report,
  attachments: z.array(z.object({ name: z.string(), type: z.string(), bytes: z.number(), sha256: z.string() })),
  more: z.boolean(),
});
type ParsedMime = z.infer<typeof parsedMime>;

/** The message replaces SendGrid's decoded fields: it is the original. */
function asParsed(
  mail: InboundMail,
  headers: string,
  { subject, text, html, report, attachments, more }: ParsedMime,
): InboundMail {
  const cut = mail.cut.includes('email');
  // The subject's charset is not named, and the parser assumes UTF-8.
  const title = subject?.includes('\ufffd') ? parseHeaders(headers).get('subject')?.[0] : subject;
  return {
    ...mail,
    fields: {
      ...mail.fields,
      headers,
      ...(title === undefined ? {} : { subject: title }),
      ...(text ? { text } : {}),
      ...(html === undefined ? {} : { html }),
    },
    ...(report ? { report } : {}),
    // The last one may be cut, so its size and hash would be wrong.
    attachments: [...mail.attachments, ...(cut ? attachments.slice(0, -1) : attachments)],
    cut: cut || more ? [...mail.cut, 'attachments'] : mail.cut,
  };
}

/** The parser needs line feeds; some programs end lines with a bare carriage return. */
const withLineFeeds = (mime: Buffer): Buffer =>
  mime.includes('\n') ? mime : Buffer.from(mime.toString('latin1').replaceAll('\r', '\n'), 'latin1');

/**
 * Turns a mail that was posted raw into the form in which Inbound Parse posts it parsed: headers, text, HTML,
 * attachments and report from its MIME message, of which 1 MiB is kept. Ends within `msMax` of its turn: a message that
 * can't be read in that time and in bounded memory keeps its headers and has a `problem`. Throws Retry when too many
 * wait for a slow one: read by their headers alone, they would lose their text, their date or their report.
 */
export async function parsedMail(mail: InboundMail, msMax = PARSE_MS_MAX): Promise<InboundMail> {
  if (mail.mime === undefined) return mail;
  const mime = withLineFeeds(Buffer.from(mail.mime, 'base64'));
  const [headers = ''] = decoded(mime)
    .trimStart()
    .split(/\r?\n\r?\n/, 1);
  try {
    return asParsed(mail, headers, parsedMime.parse(await thread.ask(mime, msMax)));
  } catch (error) {
    if (error instanceof Retry) throw error;
    const reason = `MIME: ${error instanceof Error ? error.message : 'unreadable'}`.slice(0, 200);
    return { ...mail, fields: { ...mail.fields, headers }, problem: mail.problem ?? reason };
  }
}
