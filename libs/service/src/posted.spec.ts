import { describe, expect, it } from '@jest/globals';
import { readPosted, Unreadable, type Content } from './posted.ts';

const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=x1';

const read = (contentType: string | undefined, body: string | Buffer): Promise<Content> =>
  readPosted({ contentType, bytes: Buffer.from(body) });
const refusal = (contentType: string | undefined, body: string | Buffer): Promise<string> =>
  read(contentType, body).then(
    () => 'read',
    (error: unknown) => (error instanceof Unreadable ? error.reason : String(error)),
  );
const part = (name: string, value: Buffer | string, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`--x1\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
const multipart = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, Buffer.from('--x1--\r\n')]);
const LATIN = Buffer.from('Jürgen', 'latin1');

describe('a posted JSON', () => {
  it.each([
    'application/json',
    'text/plain;charset=UTF-8',
    'text/json',
    'application/vnd.api+json',
    'Application/JSON',
    'application/x-json',
    'text/javascript',
    'application/octet-stream',
  ])('is read as %s', async (type) => {
    expect(await read(type, '{"a":"ü"}')).toEqual({ json: { a: 'ü' } });
  });

  it('keeps every digit of a long id', async () => {
    const text = '{"leadgen_id":55459717045641545,"n":[9007199254740991,-12345678901234567,1e20,0.12345678901234567]}';
    expect(await read('application/json', text)).toEqual({
      json: { leadgen_id: '55459717045641545', n: [9007199254740991, '-12345678901234567', 1e20, 0.12345678901234567] },
    });
  });

  it('is read with a byte order mark, and in UTF-16 or windows-1252', async () => {
    const text = '{"a":"ü"}';
    for (const bytes of [
      Buffer.from(`\ufeff${text}`),
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      Buffer.from(text, 'latin1'),
    ])
      expect(await read('application/json', bytes)).toEqual({ json: { a: 'ü' } });
  });

  it('is read when it is encoded twice', async () => {
    expect(await read('application/json', JSON.stringify('{"a":"ü"}'))).toEqual({ json: { a: 'ü' } });
  });

  it('is a form’s when it is one: a form that says to be JSON, or has a line for each field', async () => {
    expect(await read('application/json', 'a=1%C3%BC&b[]=2')).toEqual({
      entries: [
        ['a', '1ü'],
        ['b[]', '2'],
      ],
    });
    expect(await read('text/plain', 'a=1 & 1\r\nYour name=ü\r\n')).toEqual({
      entries: [
        ['a', '1 & 1'],
        ['Your name', 'ü'],
      ],
    });
    expect(await refusal('text/plain', 'a=1\n'.repeat(1_001))).toBe('fields');
  });

  it('is refused when it is empty, broken, dangerous or too deep', async () => {
    expect(await refusal('application/json', '')).toBe('json');
    expect(await refusal('text/plain', 'an address')).toBe('json');
    expect(await refusal('application/json', '{"a":{"__proto__":1}}')).toBe('json');
    expect(await refusal('application/json', `${'['.repeat(33)}${']'.repeat(33)}`)).toBe('depth');
    expect(await refusal('application/json', `${'['.repeat(32)}${']'.repeat(32)}`)).toBe('read');
  });
});

it('a multipart form with a long part without a name is read to its end', async () => {
  const nameless = Buffer.from(`--x1\r\nX-Other: 1\r\n\r\n${'a'.repeat(100_000)}\r\n`);
  expect(await read(MULTIPART, multipart(nameless, part('email', 'a@x.example')))).toEqual({
    entries: [['email', 'a@x.example']],
  });
});

it('a multipart form of a script that writes no carriage returns is read', async () => {
  const body = multipart(part('email', 'a@x.example')).toString().replaceAll('\r', '');
  expect(await read(MULTIPART, body)).toEqual({ entries: [['email', 'a@x.example']] });
});

describe('a posted JSON object', () => {
  it.each([undefined, FORM, `${FORM}; charset=UTF-8`])('is read without its type: %s', async (type) => {
    expect(await read(type, '\ufeff {"a":"b=c&d"}')).toEqual({ json: { a: 'b=c&d' } });
    expect(await refusal(type, '{"a":')).toBe('json');
  });
});

describe('a posted form', () => {
  it('is read with repeated fields, in their order', async () => {
    expect(await read(FORM, 'a=1&b=x+y%26&a=2&c&%zz=%C3%BC')).toEqual({
      entries: [
        ['a', '1'],
        ['b', 'x y&'],
        ['a', '2'],
        ['c', ''],
        ['%zz', 'ü'],
      ],
    });
  });

  it.each([
    ['by its type', `${FORM}; charset=windows-1252`, 'name=J%FCrgen+%80'],
    ['by its own field', FORM, '_charset_=windows-1252&name=J%FCrgen+%80'],
    ['by its bytes', FORM, 'name=J%FCrgen+%80'],
    ['by its bytes, not encoded', FORM, Buffer.from('name=J\xfcrgen+\x80', 'latin1')],
    ['of UTF-8 with a byte order mark', FORM, '\ufeffname=J%C3%BCrgen+%E2%82%AC'],
  ])('is read in its charset, known %s', async (_, type, body) => {
    expect(await read(type, body)).toEqual({ entries: [['name', 'Jürgen €']] });
  });

  it('of multipart parts is read, a file by its name alone', async () => {
    const body = multipart(
      part('name', 'Ann'),
      part('text', 'two\r\nlines'),
      part('cv', 'bytes', '; filename="cv.pdf"\r\nContent-Type: application/pdf'),
      part('photo', '', '; filename=""\r\nContent-Type: application/octet-stream'),
      part('name', 'Lee'),
    );
    expect(await read(MULTIPART, body)).toEqual({
      entries: [
        ['name', 'Ann'],
        ['text', 'two\r\nlines'],
        ['cv', 'cv.pdf'],
        ['name', 'Lee'],
      ],
    });
    expect(await read(MULTIPART, multipart(part('_charset_', 'windows-1252'), part('n', LATIN)))).toEqual({
      entries: [['n', 'Jürgen']],
    });
  });

  it('is refused when it ends early, is empty, or has too many fields', async () => {
    expect(await refusal(MULTIPART, multipart(part('a', '1')).subarray(0, -20))).toBe('form');
    expect(await refusal(MULTIPART, '')).toBe('form');
    expect(await refusal('multipart/form-data', 'x')).toBe('form');
    expect(await refusal(FORM, 'a=1&'.repeat(1_001))).toBe('fields');
    expect(await refusal(FORM, 'a=1&'.repeat(1_000))).toBe('read');
    expect(await refusal(MULTIPART, multipart(...Array.from({ length: 1_001 }, () => part('a', '1'))))).toBe('fields');
  });
});

describe('a post of another type', () => {
  it.each([undefined, '', 'text/xml', 'application/octet-stream', 'no type'])('is refused: %s', async (type) => {
    expect(await refusal(type, 'a=1')).toBe('media-type');
  });
});
