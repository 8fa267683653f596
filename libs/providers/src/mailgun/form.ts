import type { Keep, Kept } from '../port.ts';

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const NAME_BYTES_MAX = 200;

const NIBBLES: readonly number[] = Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? -1 : value;
});

/**
 * A form in application/x-www-form-urlencoded, read as a stream into bytes: decoded as text, a message in another
 * charset than UTF-8 would be lost. Of a field that occurs twice the first one counts.
 */
export class EncodedForm {
  readonly fields = new Map<string, Kept>();
  readonly #isKept: (name: string) => boolean;
  readonly #open: (name: string) => Kept;
  #name: number[] = [];
  /** The value's buffer; null for one that is not kept, undefined while the name is read. */
  #value: Kept | null | undefined;
  /** The bytes of an escape that a chunk has cut. */
  #rest = Buffer.alloc(0);

  constructor(isKept: (name: string) => boolean, keep: Keep, bytesMax: number, mayHold: (bytes: number) => boolean) {
    this.#isKept = isKept;
    this.#open = () => keep(bytesMax, mayHold);
  }

  write(chunk: Uint8Array): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : Buffer.from(chunk);
    const cut = bytes.lastIndexOf(PERCENT) >= bytes.length - 2 ? bytes.lastIndexOf(PERCENT) : bytes.length;
    const end = cut >= 0 ? cut : bytes.length;
    this.#rest = Buffer.from(bytes.subarray(end));
    this.#read(bytes.subarray(0, end));
  }

  end(): void {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    this.#read(rest);
    this.#endName();
  }

  #read(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const stop = bytes.indexOf(AMPERSAND, at);
      const end = stop < 0 ? bytes.length : stop;
      this.#part(bytes, at, end);
      if (stop >= 0) this.#endField();
      at = end + 1;
    }
  }

  /** A part of one field; a value that is not kept, or is full, is skipped whole. */
  #part(bytes: Buffer, from: number, to: number): void {
    let at = from;
    if (this.#value === undefined) {
      const equals = bytes.subarray(at, to).indexOf(EQUALS);
      const nameEnd = equals < 0 ? to : at + equals;
      if (this.#name.length < NAME_BYTES_MAX)
        this.#name.push(...decoded(bytes.subarray(at, Math.min(nameEnd, at + NAME_BYTES_MAX))));
      if (equals < 0) return;
      this.#endName();
      at = nameEnd + 1;
    }
    if (this.#value && !this.#value.full) this.#value.add(decoded(bytes.subarray(at, to)));
  }

  #endName(): void {
    if (this.#value !== undefined) return;
    const name = Buffer.from(this.#name).toString().slice(0, NAME_BYTES_MAX);
    this.#value = this.#isKept(name) && !this.fields.has(name) ? this.#open(name) : null;
    if (this.#value) this.fields.set(name, this.#value);
  }

  #endField(): void {
    this.#endName();
    this.#name = [];
    this.#value = undefined;
  }
}

/** The decoded bytes; a `%` without two hexadecimal digits stands for itself. */
function decoded(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const high = NIBBLES[bytes[at + 1] ?? 0] ?? -1;
    const low = NIBBLES[bytes[at + 2] ?? 0] ?? -1;
    if (byte === PERCENT && high >= 0 && low >= 0) {
      out[length++] = high * 16 + low;
      at += 2;
    } else out[length++] = byte === PLUS ? SPACE : byte;
  }
  return out.subarray(0, length);
}
