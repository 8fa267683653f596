import type { InboundMail } from '@leadstream/contracts/feedback';
import { decodeFields } from '../inbound/fields.ts';
import type { Sink } from '../inbound/strings-of-json.ts';
import type { Keep, Kept } from '../port.ts';
import { headerOf, isReturned, isStatus, PART_BYTES } from '../report-parts.ts';
import { Attachment } from './attachment.ts';
import { fieldsOfLines } from './mail-headers.ts';

const MIB = 1024 * 1024;

/** Postmark takes 35 MB of attachments, which are 47 MB in base64; the stored form stays below 7 MB. */
export const MAIL_LIMITS = {
  totalBytes: 64 * MIB,
  fieldBytes: 1 * MIB,
  fieldsJsonBytes: 3 * MIB,
  rawBytes: 1 * MIB,
  /** The limit of one mail's texts in memory; longer ones are cut. */
  heldBytes: 16 * MIB,
  headers: 2_000,
  lineLength: 64 * 1024,
  attachments: 100,
  nameLength: 200,
};
export type MailLimits = typeof MAIL_LIMITS;

/** The posted texts that are kept, by the name of their field in the stored mail. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ['Subject', 'subject'],
  ['TextBody', 'text'],
  ['HtmlBody', 'html'],
  ['RawEmail', 'email'],
]);
const LINE =
  /^(?:From|To|Cc|Date|ReplyTo|OriginalRecipient|MessageID|(?:FromFull|ToFull\.\d+|CcFull\.\d+)\.(?:Email|Name))$/;
const HEADER = /^Headers\.\d+\.(?:Name|Value)$/;
const ATTACHMENT = /^Attachments\.(\d+)\.(Name|ContentType|Content|Data)$/;

/** An inbound mail of Postmark while it is read. */
export class PostedMail {
  readonly #limits: MailLimits;
  readonly #keep: Keep;
  readonly #texts = new Map<string, Kept>();
  readonly #lines = new Map<string, string>();
  readonly #attachments = new Map<string, Attachment>();
  readonly #cut = new Set<string>();
  #headers = 0;
  #held = 0;

  constructor(limits: MailLimits, keep: Keep) {
    this.#limits = limits;
    this.#keep = keep;
  }

  /** The first `bytesMax` bytes of a text, within the limits of the mail and of the process. */
  prefix(bytesMax: number): Kept {
    return this.#keep(bytesMax, (bytes) => {
      if (this.#held + bytes > this.#limits.heldBytes) return false;
      this.#held += bytes;
      return true;
    });
  }

  readonly open = (path: string): Sink | undefined => {
    const text = TEXTS.get(path);
    if (text !== undefined) return this.#text(text);
    if (LINE.test(path)) return this.#line(path, this.#limits.lineLength);
    if (HEADER.test(path)) {
      if (++this.#headers <= 2 * this.#limits.headers) return this.#line(path, this.#limits.lineLength);
      this.#cut.add('headers');
      return undefined;
    }
    const [, index, part] = ATTACHMENT.exec(path) ?? [];
    return index === undefined ? undefined : this.#part(index, part);
  };

  #text(name: string): Sink | undefined {
    if (this.#texts.has(name)) return undefined;
    const kept = this.prefix(this.#limits.fieldBytes);
    this.#texts.set(name, kept);
    return (piece) => kept.add(Buffer.from(piece));
  }

  /** Lines are short; together they are bounded as the texts are. */
  #line(path: string, lengthMax: number): Sink {
    this.#lines.set(path, '');
    return (piece) => {
      const before = this.#lines.get(path) ?? '';
      if (before.length + piece.length > lengthMax || this.#held + piece.length > this.#limits.heldBytes) {
        this.#cut.add('headers');
        return;
      }
      this.#held += piece.length;
      this.#lines.set(path, before + piece);
    };
  }

  #part(index: string, part: string | undefined): Sink | undefined {
    let attachment = this.#attachments.get(index);
    if (!attachment) {
      if (this.#attachments.size >= this.#limits.attachments) {
        this.#cut.add('attachments');
        return undefined;
      }
      attachment = new Attachment(this.prefix(PART_BYTES));
      this.#attachments.set(index, attachment);
    }
    if (part === 'Content' || part === 'Data') return attachment.content;
    const field = part === 'Name' ? 'name' : 'type';
    const { nameLength } = this.#limits;
    return (piece) => {
      attachment[field] = (attachment[field] + piece).slice(0, nameLength);
    };
  }

  /** The mail in the form in which inbound stores it; `raw` is kept beside a problem. */
  posted(problem: string | undefined, raw: Kept): InboundMail {
    const attachments = [...this.#attachments.values()];
    const done = attachments.map((one) => one.done());
    const find = (is: (type: string) => boolean) => attachments.find(({ type }) => is(type))?.head;
    const [status, returned] = [find(isStatus), find(isReturned)];
    const why = problem ?? (this.#texts.size + this.#lines.size === 0 ? 'no mail in it' : undefined);
    const { fields, mime, cut } = this.#fields();
    return {
      fields,
      cut: [...new Set([...this.#cut, ...cut])],
      attachments: mime ? [] : done,
      ...(status === undefined ? {} : { report: { status, ...(returned ? { returned: headerOf(returned) } : {}) } }),
      ...(mime ? { mime: mime.bytes.toString('base64') } : {}),
      ...(why === undefined ? {} : { problem: why, raw: raw.bytes.toString('base64') }),
    };
  }

  /**
   * The parsed texts; the raw mail stands in only for missing ones, because its 8-bit bytes are decoded already,
   * whatever charset it names.
   */
  #fields(): { fields: Record<string, string>; mime: Kept | undefined; cut: string[] } {
    const { email, ...texts } = Object.fromEntries(this.#texts);
    const isEmpty = (kept: Kept | undefined): boolean => !kept || kept.bytes.length === 0;
    const mime = isEmpty(texts.text) && isEmpty(texts.html) && !isEmpty(email) ? email : undefined;
    const subject = this.#texts.get('subject')?.bytes.toString() ?? '';
    const lines = fieldsOfLines(this.#lines, subject);
    const kept = (text: string): Kept => {
      const one = this.prefix(this.#limits.fieldBytes);
      one.add(Buffer.from(text));
      return one;
    };
    const form = new Map([...Object.entries(texts), ...Object.entries(lines).map(([k, v]) => [k, kept(v)] as const)]);
    const { fields, cut } = decodeFields(form, this.#limits.fieldsJsonBytes);
    return { fields, mime, cut: [...cut, ...(mime?.full ? ['email'] : [])] };
  }
}
