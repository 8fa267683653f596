import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import PostalMime, { type Attachment } from 'postal-mime';
import { headerOf, isReturned, isStatus, PART_BYTES } from '@leadstream/providers/report-parts';

/** The rules read the beginning only; copying the rest between threads costs time. */
const TEXT_LENGTH = 256 * 1024;
const ATTACHMENTS = 100;
/** An attached mail stays an attachment: its text and kind are not those of the mail around it. */
const LIMITS = {
  forceRfc822Attachments: true,
  maxNestingDepth: 64,
  maxHeadersSize: 1024 * 1024,
  maxRfc822NestingDepth: 3,
};

/** In place of Node's Blob, which takes some 5 µs a part: the parser makes one of all lines of a text. */
class Parts {
  readonly #bytes: Uint8Array;

  constructor(parts: readonly (string | ArrayBuffer | Uint8Array)[]) {
    this.#bytes = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
  }

  arrayBuffer(): Promise<ArrayBufferLike> {
    return Promise.resolve(Uint8Array.from(this.#bytes).buffer);
  }
}
Object.assign(globalThis, { Blob: Parts });

const bytesOf = ({ content }: Attachment): Buffer =>
  content instanceof ArrayBuffer ? Buffer.from(content) : Buffer.from(content);

const reduced = (attachment: Attachment) => {
  const bytes = bytesOf(attachment);
  return {
    name: (attachment.filename ?? '').slice(0, 200).toWellFormed(),
    type: attachment.mimeType.slice(0, 200).toWellFormed(),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
};

async function answer(mime: Uint8Array): Promise<void> {
  const { subject, text, html, attachments } = await PostalMime.parse(mime, LIMITS);
  const beginning = (is: (type: string) => boolean): string | undefined => {
    const part = attachments.find(({ mimeType }) => is(mimeType));
    return part && bytesOf(part).toString('utf8', 0, PART_BYTES);
  };
  const [status, returned] = [beginning(isStatus), beginning(isReturned)];
  parentPort?.postMessage({
    subject,
    text: text?.slice(0, TEXT_LENGTH),
    html: html?.slice(0, TEXT_LENGTH),
    report: status === undefined ? undefined : { status, returned: returned && headerOf(returned) },
    attachments: attachments.slice(0, ATTACHMENTS).map(reduced),
    more: attachments.length > ATTACHMENTS,
  });
}

// An error ends the thread; `Thread` starts the next one.
parentPort?.on('message', (mime: Uint8Array) => void answer(mime));
parentPort?.postMessage('ready');
