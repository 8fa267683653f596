import { createHash } from 'node:crypto';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { decoded } from '../charset.ts';
import { inSlices } from '../in-slices.ts';
import type { Keep, Kept } from '../port.ts';
import { headerOf, isReturned, isStatus, PART_BYTES } from '../report-parts.ts';
import { decodeFields } from './fields.ts';
import { MAIL_LIMITS, type MailLimits } from './limits.ts';

/** The fields of a provider's form. */
export interface FormFields {
  /** The whole message, posted raw: it can have several charsets, so it stays bytes. */
  mime: string;
  /** Fields that count; the others are dropped during the stream. */
  isKept: (name: string) => boolean;
}
/** The name of a message posted whole in the list of what was cut, whatever its field is called. */
const WHOLE_MESSAGE = 'email';

/** The parts during the stream: fields as bytes, because the field that names their charsets may come last. */
class Form {
  readonly fields = new Map<string, Kept>();
  readonly attachments: InboundMail['attachments'] = [];
  /** Names of fields that are incomplete, and `attachments` when their list is. */
  readonly cut = new Set<string>();
  readonly limits: MailLimits;
  /** The first part of each kind in a delivery status notification. */
  #status: Kept | undefined;
  #returned: Kept | undefined;
  problem: string | undefined;
  #attachmentsSeen = 0;
  #held = 0;
  readonly #keep: Keep;
  readonly #isKept: FormFields['isKept'];

  constructor(limits: MailLimits, keep: Keep, isKept: FormFields['isKept']) {
    this.limits = limits;
    this.#keep = keep;
    this.#isKept = isKept;
  }

  /** The first `bytesMax` bytes of a part, within the limits of the mail and of the process. */
  prefix(bytesMax: number): Kept {
    return this.#keep(bytesMax, (bytes) => {
      if (this.#held + bytes > this.limits.heldBytes) return false;
      this.#held += bytes;
      return true;
    });
  }

  part(name: string | undefined, stream: BusboyFileStream, filename: string | undefined, type: string): void {
    if (filename !== undefined) this.#attachment(this.#short(filename || name || ''), stream, type);
    else if (name !== undefined && this.#isKept(name)) this.#field(this.#short(name), stream);
    else this.#skip(stream);
  }

  /** A report's content is in its attachments, and is lost with them. */
  get report(): InboundMail['report'] {
    return (
      this.#status && {
        status: decoded(this.#status.bytes),
        ...(this.#returned ? { returned: headerOf(decoded(this.#returned.bytes)) } : {}),
      }
    );
  }

  /** The buffer of an attachment's bytes, for the few that are kept. */
  #kept(type: string): Kept | undefined {
    if (isStatus(type)) return this.#status ? undefined : (this.#status = this.prefix(PART_BYTES));
    if (isReturned(type)) return this.#returned ? undefined : (this.#returned = this.prefix(PART_BYTES));
    return undefined;
  }

  #short(text: string): string {
    return text.slice(0, this.limits.nameLength).toWellFormed();
  }

  #skip(stream: BusboyFileStream, cut?: string): void {
    if (cut !== undefined) this.cut.add(cut);
    stream.on('error', () => undefined).resume();
  }

  #field(name: string, stream: BusboyFileStream): void {
    if (this.fields.has(name)) return this.#skip(stream, name);
    if (this.fields.size >= this.limits.fields) {
      this.problem = `more than ${this.limits.fields} fields`;
      return this.#skip(stream);
    }
    const bytes = this.prefix(this.limits.fieldBytes);
    this.fields.set(name, bytes);
    stream.on('data', (chunk: Buffer) => bytes.add(chunk));
    // The body ended inside this part.
    stream.on('error', () => this.cut.add(name));
  }

  #attachment(name: string, stream: BusboyFileStream, type: string): void {
    if (++this.#attachmentsSeen > this.limits.attachments) return this.#skip(stream, 'attachments');
    const hash = createHash('sha256');
    const kept = this.#kept(type);
    let bytes = 0;
    let whole = true;
    stream.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      kept?.add(chunk);
      bytes += chunk.length;
    });
    stream.on('error', () => {
      whole = false;
      this.cut.add('attachments');
    });
    stream.on(
      'end',
      () => whole && this.attachments.push({ name, type: this.#short(type), bytes, sha256: hash.digest('hex') }),
    );
  }
}

/** Resolves `write` when more may be written, `end` with the body's problem; neither ever rejects. */
function openParser(
  contentType: string,
  form: Form,
): { write(chunk: Uint8Array): Promise<void>; end(): Promise<string | undefined> } {
  const { promise: done, resolve: settle } = Promise.withResolvers<string | undefined>();
  const reason = (error: unknown): string => (error instanceof Error ? error.message : 'unreadable');
  try {
    const parser = new Busboy({
      headers: { 'content-type': contentType },
      limits: { parts: form.limits.parts },
      // Every part as a stream of bytes: the parser would choose the charset of fields itself.
      isPartAFile: () => true,
    });
    parser.on('file', (name, stream, filename, _encoding, type) => form.part(name, stream, filename, type));
    parser.on('partsLimit', () => {
      form.problem = `more than ${form.limits.parts} parts`;
    });
    parser.on('finish', () => settle(undefined));
    parser.on('error', (error) => settle(reason(error)));
    return {
      write: (chunk) => inSlices(parser, chunk),
      end: () => {
        parser.end();
        return done;
      },
    };
  } catch (error) {
    return { write: () => Promise.resolve(), end: () => Promise.resolve(reason(error)) };
  }
}

/**
 * Reads a mail that was posted as multipart/form-data: text fields each in its own charset, attachments reduced to
 * name, type, size and hash during the stream, except for the parts of a delivery status notification; a message posted
 * whole is kept as its first bytes.
 *
 * A body that cannot be read to its end is no exception: the parts read are returned with `problem` and the body's
 * first bytes as `raw`, so that they can be stored and the response is 2xx (a 4xx would lose the mail for ever). The
 * request is read to its end in any case. Rejects only when the stream itself fails: the client disconnected, or `keep`
 * found no room and ended the stream with a 503; the client then retries.
 */
export async function readMultipart(
  request: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  keep: Keep,
  { mime: mimeField, isKept }: FormFields,
  overrides: Partial<MailLimits> = {},
): Promise<InboundMail> {
  const limits = { ...MAIL_LIMITS, ...overrides };
  const form = new Form(limits, keep, isKept);
  const parser = openParser(contentType ?? '', form);
  const raw = form.prefix(limits.rawBytes);
  let total = 0;
  for await (const chunk of request) {
    total += chunk.length;
    raw.add(chunk);
    if (total <= limits.totalBytes) await parser.write(chunk);
  }
  const ended = await parser.end();
  const problem =
    total > limits.totalBytes
      ? `over ${limits.totalBytes} bytes`
      : (ended ?? form.problem ?? (form.fields.size === 0 ? 'no field in it' : undefined));
  const mime = form.fields.get(mimeField);
  form.fields.delete(mimeField);
  if (mime?.full) form.cut.add(WHOLE_MESSAGE);
  const { fields, cut } = decodeFields(form.fields, limits.fieldsJsonBytes);
  return {
    fields,
    cut: [...new Set([...form.cut, ...cut])],
    attachments: form.attachments,
    ...(form.report ? { report: form.report } : {}),
    ...(mime === undefined ? {} : { mime: mime.bytes.toString('base64') }),
    ...(problem === undefined ? {} : { problem, raw: raw.bytes.toString('base64') }),
  };
}
