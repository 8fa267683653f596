import { createHmac, timingSafeEqual } from 'node:crypto';
import { RETRIES } from './access.ts';

/** Base64 of 20 bytes. */
export const SIGNATURE = /^[A-Za-z0-9+/]{27}=$/;

/** Fields in order of their names, then of their values; repeated ones once ("Validating Signatures from Twilio"). */
function sorted(body: string): string {
  const pairs = [...new URLSearchParams(body)].sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  return [...new Set(pairs.map(([name, value]) => `${name}${value}`))].join('');
}

/** By code units, as Twilio does. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Twilio signs the URL that it was given, with or without the port; whether with its fragment is not documented. */
function spellings(url: string): string[] {
  const [, scheme = '', name = '', port, rest = ''] = /^(https?:\/\/)([^/?#]+?)(:\d+)?([/?].*)?$/s.exec(url) ?? [];
  const own = port ?? (scheme === 'https://' ? ':443' : ':80');
  return [`${scheme}${name}${rest}`, `${scheme}${name}${own}${rest}`].flatMap((one) => [one, `${one}${RETRIES}`]);
}

/** Whether any of the auth tokens signed a form posted to `url`: base64 of HMAC-SHA1 over the URL and the fields. */
export function isSigned(tokens: readonly string[], url: string, body: string, signature: string): boolean {
  if (!SIGNATURE.test(signature)) return false;
  const given = Buffer.from(signature, 'base64');
  const fields = sorted(body);
  return spellings(url).some((spelling) =>
    tokens.some((token) =>
      timingSafeEqual(
        createHmac('sha1', token)
          .update(spelling + fields)
          .digest(),
        given,
      ),
    ),
  );
}
