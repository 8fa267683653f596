import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Signature } from '@leadstream/lead/intake/adapter';
import { valuesAt } from '@leadstream/lead/intake/path';

export interface Signed {
  method: string;
  /** As the service calls it: scheme, host, path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  /** The parsed body, for a service that puts the secret itself into it. */
  body: unknown;
}

/**
 * Whether the holder of `secret` has sent the request; over the raw bytes, compared in constant time. The age is not
 * judged: a service repeats a post with its first signature, and a repeated submission is the same lead by its id.
 */
export function isSigned(signature: Signature, secret: string, request: Signed): boolean {
  if ('field' in signature) {
    const [key] = valuesAt(request.body, signature.field);
    return typeof key === 'string' && isEqual(key, secret);
  }
  const header = String(request.headers[signature.header] ?? '');
  const parts = new Map(header.split(',').map((part): [string, string] => splitAt(part.trim(), '=')));
  const { timestamp: stamp, parts: names, prefix, encoding } = signature;
  const timestamp = names ? parts.get(names.timestamp) : stamp === undefined ? '' : request.headers[stamp];
  const given = names ? parts.get(names.signature) : header;
  if (given === undefined || timestamp === undefined || !given.startsWith(prefix)) return false;
  const hmac = createHmac('sha256', secret);
  for (const piece of signature.signs.split(/(\{\w+\})/)) hmac.update(valueOf(piece, request, String(timestamp)));
  return isEqual(given.slice(prefix.length), hmac.digest(encoding));
}

/** The signs that HubSpot decodes in an address before it signs it ("Validate the v3 request signature"). */
const SIGN = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

function valueOf(piece: string, { method, url, bytes }: Signed, timestamp: string): string | Buffer {
  switch (piece) {
    case '{body}':
      return bytes;
    case '{timestamp}':
      return timestamp;
    case '{method}':
      return method;
    case '{url}':
      return url;
    case '{readableUrl}':
      return url.replace(SIGN, decodeURIComponent);
    default:
      return piece;
  }
}

const splitAt = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};

/** Of digests, because `timingSafeEqual` needs equal lengths. */
export const isEqual = (given: string, expected: string): boolean =>
  timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest());
