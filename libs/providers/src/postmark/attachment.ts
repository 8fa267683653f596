import { createHash } from 'node:crypto';
import type { InboundMail } from '@leadstream/contracts/feedback';
import { decoded } from '../charset.ts';
import type { Sink } from '../inbound/strings-of-json.ts';
import type { Kept } from '../port.ts';

/** An attachment under way: base64 comes in pieces of any length, and the type after it. */
export class Attachment {
  name = '';
  type = '';
  readonly #head: Kept;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #rest = '';

  constructor(head: Kept) {
    this.#head = head;
  }

  readonly content: Sink = (piece) => {
    const text = this.#rest + piece;
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    this.#add(Buffer.from(text.slice(0, whole), 'base64'));
  };

  #add(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#head.add(bytes);
    this.#bytes += bytes.length;
  }

  /** The beginning, of which a report's part is kept. */
  get head(): string {
    return decoded(this.#head.bytes);
  }

  done(): InboundMail['attachments'][number] {
    this.#add(Buffer.from(this.#rest, 'base64'));
    const [name, type] = [this.name.toWellFormed(), this.type.toWellFormed()];
    return { name, type, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
