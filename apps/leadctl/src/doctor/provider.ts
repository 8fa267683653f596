import { z } from 'zod';
import { failed, passed, skipped, type Check } from './check.ts';

const ANSWER_MS = 10_000;
const scopesBody = z.object({ scopes: z.array(z.string()) });

export interface Access {
  ESP: string;
  SENDGRID_API_KEY?: string | undefined;
  SENDGRID_BASE_URL: string;
}

/** Whether the provider knows the key, and what it may do; sends nothing. */
export async function providerChecks({
  ESP,
  SENDGRID_API_KEY: key,
  SENDGRID_BASE_URL: base,
}: Access): Promise<Check[]> {
  if (ESP !== 'sendgrid') return [skipped('provider', `the key of ${ESP} is not asked about`)];
  if (!key) return [skipped('provider', 'SENDGRID_API_KEY is not set here')];
  const url = new URL('/v3/scopes', base);
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return [judgedKey(response.status, response.ok ? await response.json().catch(() => undefined) : undefined)];
  } catch {
    return [failed('provider', `${url.origin} gives no answer`, 'see the network policy and SENDGRID_BASE_URL')];
  }
}

export function judgedKey(status: number, body: unknown): Check {
  if (status === 401 || status === 403)
    return failed(
      'provider',
      `SendGrid refuses the key (${status})`,
      'replace SENDGRID_API_KEY in the secret, restart the senders',
    );
  // The sandbox and older relays do not have the route.
  if (status === 404) return skipped('provider', 'the provider does not list the key’s scopes');
  const { success, data } = scopesBody.safeParse(body);
  if (!success) return failed('provider', `the provider answers ${status}`, 'see its status page, then try again');
  return data.scopes.includes('mail.send')
    ? passed('provider', 'the key may send')
    : failed('provider', 'the key may not send', 'give it the scope mail.send');
}
