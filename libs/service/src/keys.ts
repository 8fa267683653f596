import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A secret known by its SHA-256 digest alone. */
export interface Digested {
  digest: Buffer;
}

export const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The key in `Authorization: Bearer` or `X-Api-Key`; undefined when it is none of `keys`. */
export function keyIn<Key extends Digested>(headers: IncomingHttpHeaders, keys: readonly Key[]): Key | undefined {
  const given = digest(String(headers['x-api-key'] ?? headers.authorization?.replace(/^Bearer /i, '') ?? ''));
  // Every key is compared, so that the response time does not reveal a partial match.
  return keys.filter((key) => timingSafeEqual(key.digest, given))[0];
}
