import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const signature = z.object({
  timestamp: z.union([z.string().max(20), z.number()]).transform(String),
  token: z.string().min(1).max(200),
  signature: z.string().regex(/^[0-9a-f]{64}$/i),
});
type Signature = z.infer<typeof signature>;
const signed = z.object({
  signature: z.looseObject({ 'parent-signature': z.unknown().optional() }).optional(),
  'parent-signature': z.unknown().optional(),
});

function signaturesOf(body: string): Signature[] {
  try {
    const all = signed.parse(JSON.parse(body));
    const candidates = [all.signature, all.signature?.['parent-signature'], all['parent-signature']];
    return candidates.flatMap((one) => signature.safeParse(one).data ?? []);
  } catch {
    // A legacy webhook is a form: it is stored, and set aside by its reader.
    return [signature.safeParse(Object.fromEntries(new URLSearchParams(body))).data ?? []].flat();
  }
}

/**
 * Whether any of `keys` signed the body's token and time (HMAC-SHA256; of a subaccount also its parent's signature).
 * Mailgun signs nothing else of the body. The age is not checked: Mailgun retries for hours, and a known fact changes
 * nothing.
 */
export function isSigned(keys: readonly string[], body: string): boolean {
  return signaturesOf(body).some(({ timestamp, token, signature: given }) =>
    keys.some((key) =>
      timingSafeEqual(
        createHmac('sha256', key)
          .update(timestamp + token)
          .digest(),
        Buffer.from(given, 'hex'),
      ),
    ),
  );
}
