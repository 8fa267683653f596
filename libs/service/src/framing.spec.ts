import { describe, expect, it } from '@jest/globals';
import { faultOf } from './framing.ts';

const judged = (lines: readonly string[], httpVersion = '1.1') =>
  faultOf({
    httpVersion,
    rawHeaders: lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  });

describe('the headers that frame a request', () => {
  it.each([
    ['a name', ['Host: leads.example.com']],
    ['an address and a port', ['host: 10.1.2.3:3001']],
    ['IPv6', ['HOST: [2001:db8::1]:80']],
    ['a length', ['Host: x', 'Content-Length: 0']],
    ['chunks, in any case', ['Host: x', 'Transfer-Encoding: CHUNKED']],
    ['names of its own with underscores', ['Host: x', 'X_Forwarded_For: 1', 'Content_Type: text/plain']],
  ])('may be %s', (_, lines) => {
    expect(judged(lines)).toBeUndefined();
  });

  it('need no Host in HTTP/1.0', () => {
    expect(judged([], '1.0')).toBeUndefined();
  });

  it.each([
    ['no Host', [], 'host'],
    ['two of them', ['Host: a', 'Host: b'], 'host'],
    ['the same twice, in another case', ['Host: a', 'hOST: a'], 'host'],
    ['an empty one', ['Host: '], 'host'],
    ['two in one', ['Host: a, b'], 'host'],
    ['two in one without a blank', ['Host: a,b'], 'host'],
    ['a path in it', ['Host: a/b'], 'host'],
    ['a user in it', ['Host: a@b'], 'host'],
    ['one spelled otherwise', ['Host: a', 'Content-Length: 5', 'Content_Length: 6'], 'framing'],
    ['an unknown coding before chunked', ['Host: x', 'Transfer-Encoding: gzip, chunked'], 'transfer-coding'],
    ['identity, which is none any more', ['Host: x', 'Transfer-Encoding: identity, chunked'], 'transfer-coding'],
    [
      'the two in lines of their own',
      ['Host: x', 'Transfer-Encoding: identity', 'transfer-encoding: chunked'],
      'transfer-coding',
    ],
    ['a coding with a parameter', ['Host: x', 'Transfer-Encoding: chunked;q=1'], 'framing'],
    ['a quoted one', ['Host: x', 'Transfer-Encoding: "chunked"'], 'framing'],
    ['an empty one beside it', ['Host: x', 'Transfer-Encoding: ,chunked'], 'framing'],
    ['none at all', ['Host: x', 'Transfer-Encoding: '], 'framing'],
    ['chunked twice', ['Host: x', 'Transfer-Encoding: chunked, chunked'], 'framing'],
    ['chunked in two lines', ['Host: x', 'Transfer-Encoding: chunked', 'TRANSFER-ENCODING: chunked'], 'framing'],
    ['a length beside chunks', ['Host: x', 'Transfer-Encoding: chunked', 'Content-Length: 5'], 'framing'],
    ['another spelling of the coding', ['Host: x', 'Transfer_Encoding: chunked'], 'framing'],
    ['two lengths', ['Host: x', 'Content-Length: 5', 'Content-Length: 5'], 'framing'],
    ['a length that is no number', ['Host: x', 'Content-Length: +5'], 'framing'],
    ['two in one', ['Host: x', 'Content-Length: 5, 5'], 'framing'],
  ])('are refused with %s', (_, lines, reason) => {
    expect(judged(lines)?.reason).toBe(reason);
  });

  it('are refused with chunks in HTTP/1.0, in another version, and above the maximum number', () => {
    expect(judged(['Transfer-Encoding: chunked'], '1.0')?.reason).toBe('framing');
    expect(judged(['Host: x'], '2.0')?.reason).toBe('version');
    expect(judged(['Host: x', ...Array.from({ length: 200 }, (_, i) => `a${i}: b`)])?.reason).toBe('headers');
  });
});
