import { createHash, timingSafeEqual } from 'node:crypto';
import type { WebhookHeaders } from '../port.ts';

const LENGTH_MAX = 1_000;
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function loginOf({ authorization }: WebhookHeaders): string | undefined {
  if (typeof authorization !== 'string' || authorization.length > LENGTH_MAX) return undefined;
  const [, encoded] = BASIC.exec(authorization) ?? [];
  const login = encoded && Buffer.from(encoded, 'base64').toString();
  return login?.includes(':') ? login : undefined;
}

/** Whether the headers have a login of basic authentication (RFC 7617), the only proof that Postmark's posts bear. */
export const hasLogin = (headers: WebhookHeaders): boolean => loginOf(headers) !== undefined;

/**
 * Whether the headers have one of `logins`, each `user:password`. Several, because a rotation overlaps. All are
 * compared, in constant time.
 */
export function isLogin(headers: WebhookHeaders, logins: readonly string[]): boolean {
  const login = loginOf(headers);
  if (login === undefined) return false;
  const found = digest(login);
  return logins.filter((login) => timingSafeEqual(digest(login), found)).length > 0;
}
