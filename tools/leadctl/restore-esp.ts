import { setTimeout as delay } from 'node:timers/promises';
import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import { z } from 'zod';

const entries = z.array(z.looseObject({ created: z.number(), email: z.string() }));
const PAGE = 500;
const TRIES_MAX = 10;
const WAIT_MS_MAX = 60_000;

/** SendGrid's lists, by what an entry says of its address. A block says only that one mail did not arrive. */
const LISTS = { bounces: 'bounced', spam_reports: 'complained', unsubscribes: 'unsubscribed', blocks: null } as const;
export type List = keyof typeof LISTS;

export interface Suppressed { leadId: string; list: List; why: 'bounced' | 'complained' | 'unsubscribed' | null; at: string }
export interface EspAccess { baseUrl: string; apiKey: string; leadIdSecret: string }

/** Whom the provider has on its lists since `since`. Throws when it refuses. */
export async function* suppressed({ baseUrl, apiKey, leadIdSecret }: EspAccess, since: Temporal.Instant): AsyncGenerator<Suppressed> {
  const startTime = Math.floor(since.epochMilliseconds / 1_000);
  for (const [list, why] of Object.entries(LISTS) as [List, Suppressed['why']][]) {
    for (let offset = 0, length = PAGE; length === PAGE; offset += PAGE) {
      const page = await ask(new URL(`/v3/suppression/${list}?start_time=${startTime}&limit=${PAGE}&offset=${offset}`, baseUrl), apiKey);
      length = page.length;
      for (const { email, created } of page) {
        const address = canonicalAddress(email);
        if (address) yield { leadId: leadId(leadIdSecret, address), list, why, at: new Date(created * 1_000).toISOString() };
      }
    }
  }
}

async function ask(url: URL, apiKey: string): Promise<z.infer<typeof entries>> {
  for (let round = 1; ; round++) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` }, signal: AbortSignal.timeout(30_000) });
    if (response.ok) return entries.parse(await response.json());
    await response.body?.cancel();
    const again = response.status === 429 || response.status >= 500;
    if (!again || round >= TRIES_MAX) throw new Error(`the provider answers ${url.pathname} with ${response.status}${response.status === 403 ? ': the key needs suppression.read' : ''}`);
    await delay(Math.min(WAIT_MS_MAX, waitMs(response.headers, round)));
  }
}

function waitMs(headers: Headers, round: number): number {
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (Number.isFinite(after)) return after * 1_000;
  return Number.isFinite(reset) ? Math.max(0, reset * 1_000 - Date.now()) : 500 * 2 ** round;
}
