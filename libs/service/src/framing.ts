import type { IncomingMessage } from 'node:http';
import type { Reason } from './refusals.ts';

export interface Fault {
  reason: Reason;
  detail: string;
}

/** Far above what proxies add, and below 2,000, after which Node silently drops headers. */
const HEADERS_MAX = 200;
/** A name, IPv4 or bracketed IPv6 address, with or without a port (RFC 9110, 7.2). */
const HOST = /^(?:[\w.~%-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The headers that define a message's end and its host, with all their values as they were sent. */
const framing = (): Record<'host' | 'content-length' | 'transfer-encoding', string[]> => ({
  host: [],
  'content-length': [],
  'transfer-encoding': [],
});
type Framing = ReturnType<typeof framing>;

const isFraming = (name: string): name is keyof Framing =>
  name === 'host' || name === 'content-length' || name === 'transfer-encoding';

/**
 * The reason why proxies can disagree about a request's end or host (RFC 9112, 3.2, 6.1, 6.3); undefined: they cannot.
 * Reads the headers as they were sent, because Node joins or drops repeated ones.
 */
export function faultOf({
  rawHeaders,
  httpVersion,
}: Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>): Fault | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return { reason: 'version', detail: 'Only HTTP/1.1 and HTTP/1.0 are understood' };
  if (rawHeaders.length > 2 * HEADERS_MAX) return { reason: 'headers', detail: `More than ${HEADERS_MAX} headers` };
  const values = framing();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    // Gateways that pass headers on as variables treat `-` and `_` as equal.
    const plain = name.replaceAll('_', '-');
    if (!isFraming(plain)) continue;
    if (name !== plain) return { reason: 'framing', detail: `A header is spelled ${plain}` };
    values[plain].push((rawHeaders[i + 1] ?? '').trim().toLowerCase());
  }
  return hostFault(values, httpVersion) ?? codingFault(values, httpVersion) ?? lengthFault(values);
}

function hostFault({ host }: Framing, httpVersion: string): Fault | undefined {
  if (host.length > 1) return { reason: 'host', detail: 'One Host header is needed, and only one' };
  if (host.length === 0)
    return httpVersion === '1.1' ? { reason: 'host', detail: 'A Host header is required' } : undefined;
  return HOST.test(host[0] ?? '') ? undefined : { reason: 'host', detail: 'The Host header is no host' };
}

function codingFault(
  { 'transfer-encoding': given, 'content-length': lengths }: Framing,
  httpVersion: string,
): Fault | undefined {
  if (given.length === 0) return undefined;
  const codings = given
    .join()
    .split(',')
    .map((coding) => coding.trim());
  if (httpVersion === '1.0' || lengths.length > 0 || !codings.every((coding) => TOKEN.test(coding))) {
    return { reason: 'framing', detail: 'The body has no single length' };
  }
  if (codings.some((coding) => coding !== 'chunked'))
    return { reason: 'transfer-coding', detail: 'Of transfer codings only chunked is understood' };
  return codings.length > 1 ? { reason: 'framing', detail: 'The body is chunked more than once' } : undefined;
}

function lengthFault({ 'content-length': [length = '0', ...more] }: Framing): Fault | undefined {
  return more.length > 0 || !/^\d{1,15}$/.test(length)
    ? { reason: 'framing', detail: 'The body has no single length' }
    : undefined;
}
