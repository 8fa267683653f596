import { MIMEType } from 'node:util';
import { Busboy } from '@fastify/busboy';
import type { Entry } from '@leadstream/lead/intake/understood';
import { DEPTH_MAX, nests } from '@leadstream/lead/intake/path';
import { decoded, decodedAs } from '@leadstream/providers/charset';
import { inSlices } from '@leadstream/providers/in-slices';
import { parse } from 'secure-json-parse';

/** A request's body as it came. */
export interface Posted {
  contentType: string | undefined;
  bytes: Buffer;
}
/** `reason` is a reason to refuse the request; the message tells a person the remedy. */
export class Unreadable extends Error {
  readonly code = 'UNREADABLE';
  readonly reason: 'media-type' | 'json' | 'form' | 'fields' | 'depth';
  constructor(reason: Unreadable['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
export type Content = { json: unknown } | { entries: Entry[] };

/** Far beyond any form; a field costs more memory than its bytes. */
const FIELDS_MAX = 1_000;
/** `sendBeacon` posts JSON as text/plain. */
const JSON_TYPE = /^(?:text\/plain|(?:application|text)\/(?:(?:[\w.-]+\+|x-)?json|(?:x-)?javascript))$/;
/** A form that says to be JSON, or `enctype="text/plain"`: a line for each field. */
const FORM_TEXT = /^[\w%+.[\]-]{1,100}=[^\r\n]*(?:\r?\n[\w%+.[\] -]{1,100}=[^\r\n]*)*\s*$/;
/** The beginning of a JSON object: no name of a form's field. */
const OBJECT = /^(?:\xef\xbb\xbf)?\s*\{\s*["}]/;
const TAKEN = 'Send application/json, application/x-www-form-urlencoded or multipart/form-data';

/** The content of a JSON body or a form. Throws Unreadable: another type, unreadable, too deep, too many fields. */
export async function readPosted({ contentType, bytes }: Posted): Promise<Content> {
  // sendBeacon and fetch send a Blob without a type as it is, and curl -d calls everything a form.
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '');
  const isUntyped = contentType === undefined || /^application\/octet-stream\b/i.test(contentType);
  if ((isUntyped || isForm) && OBJECT.test(bytes.toString('latin1', 0, 64))) return { json: jsonOf(bytes, undefined) };
  const type = mimeOf(contentType);
  if (!type) throw new Unreadable('media-type', TAKEN);
  const charset = type.params.get('charset') ?? undefined;
  if (JSON_TYPE.test(type.essence)) return formText(bytes, charset) ?? { json: jsonOf(bytes, charset) };
  if (type.essence === 'application/x-www-form-urlencoded') return { entries: urlencoded(bytes, charset) };
  if (type.essence === 'multipart/form-data') return { entries: await multipart(bytes, contentType ?? '', charset) };
  throw new Unreadable('media-type', TAKEN);
}

/** The fields of a form under a type that is none of a form. */
function formText(bytes: Buffer, charset: string | undefined): Content | undefined {
  const text = bytes.toString('latin1').trim();
  if (!FORM_TEXT.test(text)) return undefined;
  const lines = text.split(/\r?\n/);
  if (lines.length === 1) return { entries: urlencoded(Buffer.from(text, 'latin1'), charset) };
  if (lines.length > FIELDS_MAX) throw tooMany();
  const fields = lines.map((line): Entry => {
    const end = line.indexOf('=');
    const [name, value] = [line.slice(0, end), line.slice(end + 1)].map((part) =>
      textOf(Buffer.from(part, 'latin1'), charset),
    );
    return [name ?? '', value ?? ''];
  });
  return { entries: fields };
}

/** The content as one value: a form as an object, its repeated fields as lists. */
export async function contentOf(posted: Posted): Promise<unknown> {
  const content = await readPosted(posted);
  if ('json' in content) return content.json;
  const members = new Map<string, unknown[]>();
  for (const [name, value] of content.entries) members.set(name, [...(members.get(name) ?? []), value]);
  return Object.fromEntries([...members].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

function mimeOf(text: string | undefined): MIMEType | undefined {
  try {
    return new MIMEType(text ?? '');
  } catch {
    return undefined;
  }
}

/** Decodes by the byte order mark, else by the charset, else as UTF-8 or windows-1252. */
export function textOf(bytes: Buffer, charset: string | undefined): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe') return new TextDecoder('utf-16le').decode(bytes);
  if (mark === 'feff') return new TextDecoder('utf-16be').decode(bytes);
  return charset === undefined ? decoded(bytes) : decodedAs(bytes, charset, false);
}

/** Ids of 64 bits, as Meta's and Google's, lose their last digits as a number. */
const LONG_NUMBER = /[\s:[,]-?\d{16}/;
const exact = (_key: string, value: unknown, { source = '' }: { source?: string } = {}): unknown =>
  typeof value === 'number' && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value;

function jsonOf(bytes: Buffer, charset: string | undefined): unknown {
  const text = textOf(bytes, charset);
  if (text.trim() === '') throw new Unreadable('json', 'The body is empty');
  let json: unknown;
  try {
    json = LONG_NUMBER.test(text) ? parse(text, exact) : parse(text);
    // A script that encodes twice.
    if (typeof json === 'string' && OBJECT.test(json)) json = parse(json);
  } catch (cause) {
    throw new Unreadable('json', 'The body is not valid JSON, or has a key that reaches a prototype', { cause });
  }
  if (nests(json, DEPTH_MAX)) throw new Unreadable('depth', `The body nests deeper than ${DEPTH_MAX} levels`);
  return json;
}

const tooMany = (): Unreadable => new Unreadable('fields', `The form has more than ${FIELDS_MAX} fields`);

/** WHATWG URL §5.1; a form in another charset than UTF-8 may name it in its field `_charset_`. */
function urlencoded(bytes: Buffer, charset: string | undefined): Entry[] {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const pairs = text.split('&', FIELDS_MAX + 1).filter(Boolean);
  if (pairs.length > FIELDS_MAX) throw tooMany();
  const named = charset ?? /(?:^|&)_charset_=([\w.:-]+)/.exec(text)?.[1];
  const textOfPart = (part: string): string => textOf(bytesOf(part.replaceAll('+', ' ')), named);
  return pairs.flatMap((pair): Entry[] => {
    const end = pair.indexOf('=');
    const name = textOfPart(end < 0 ? pair : pair.slice(0, end));
    return name === '_charset_' ? [] : [[name, end < 0 ? '' : textOfPart(pair.slice(end + 1))]];
  });
}

/** The bytes of percent-encoded text; a sign that is no encoding stays. */
const bytesOf = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

/** RFC 2046 wants CRLF; scripts that write a form by hand forget it. */
const withLineEnds = (bytes: Buffer): Buffer =>
  bytes.includes('\r\n') ? bytes : Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');

/** The fields; of a file only its name, which tells a person that there was one. */
async function multipart(bytes: Buffer, contentType: string, charset: string | undefined): Promise<Entry[]> {
  const { promise: done, resolve, reject } = Promise.withResolvers<undefined>();
  const parts: { name: string; chunks: Buffer[]; filename: string | undefined }[] = [];
  const unreadable = (cause: unknown): void =>
    reject(new Unreadable('form', 'The form cannot be read to its end', { cause }));
  try {
    // Every part as a stream of bytes: the parser would choose the charset of fields itself.
    const parser = new Busboy({
      headers: { 'content-type': contentType },
      limits: { parts: FIELDS_MAX },
      isPartAFile: () => true,
    });
    parser.on('file', (name, stream, filename) => {
      const part = { name: name ?? '', chunks: [] as Buffer[], filename: filename as string | undefined };
      parts.push(part);
      stream.on('data', (chunk: Buffer) => part.chunks.push(chunk)).on('error', unreadable);
    });
    parser.on('partsLimit', () => reject(tooMany()));
    parser.on('finish', () => resolve(undefined)).on('error', unreadable);
    await inSlices(parser, withLineEnds(bytes));
    parser.end();
  } catch (cause) {
    unreadable(cause);
  }
  await done;
  if (parts.length === 0) throw new Unreadable('form', 'The form has no field');
  const text = (part: Buffer[]): string => textOf(Buffer.concat(part), charset);
  const named = parts.find(({ name }) => name === '_charset_');
  const label = named && text(named.chunks);
  return parts
    .filter((part) => part !== named && part.name !== '' && part.filename !== '')
    .map(({ name, chunks, filename }) => [name, filename ?? textOf(Buffer.concat(chunks), charset ?? label)]);
}
