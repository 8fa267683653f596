import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { field } from '@leadstream/service/config';

export interface ApiKey {
  /** Who it was given to: what the log says instead of the key. */
  name: string;
  digest: Buffer;
}

const HASHED = /^([\w.-]{1,64}):sha256:([\da-f]{64})$/i;

/**
 * `name:sha256:<hex>`, of which nobody can read the key; or the key itself, which is then known by its place in the
 * list.
 */
export const apiKeys = field.commaList.transform((entries, context) =>
  entries.map((entry, index): ApiKey => {
    const [, name, hex] = HASHED.exec(entry) ?? [];
    if (name && hex) return { name, digest: Buffer.from(hex, 'hex') };
    // A digest with a typing error must not become a key: the secret behind it would open nothing, and the entry itself
    // would.
    if (/:sha256:/i.test(entry)) context.addIssue(`entry ${index + 1} must be name:sha256:<64 hex digits>`);
    else if (!field.key.safeParse(entry).success)
      context.addIssue(`entry ${index + 1} must have at least 16 characters`);
    return { name: `key-${index + 1}`, digest: digest(entry) };
  }),
);

/** The name of the key in `Authorization: Bearer` or `X-Api-Key`; undefined when it is none of `keys`. */
export function nameOfKey(headers: IncomingHttpHeaders, keys: readonly ApiKey[]): string | undefined {
  if (keys.length === 0) return undefined;
  const given = digest(String(headers['x-api-key'] ?? headers.authorization?.replace(/^Bearer /i, '') ?? ''));
  // Every key is compared, so that the time taken does not say which one was nearly right.
  return keys.filter((key) => timingSafeEqual(key.digest, given))[0]?.name;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
