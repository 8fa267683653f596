import { setTimeout as delay } from 'node:timers/promises';
import { canonicalAddress } from '@leadstream/lead/address';
import { leadId } from '@leadstream/lead/identity';
import { z } from 'zod';
import { note } from './session.ts';

const entries = z.array(z.looseObject({ created: z.number(), email: z.string() }));
const PAGE = 500;
const TRIES_MAX = 10;
const SILENT_TRIES_MAX = 3;
const WAIT_MS_MAX = 60_000;
const ANSWER_MS = 30_000;

/** SendGrid's lists, and the meaning of an entry. A block means only that one mail did not arrive. */
const LISTS = { bounces: 'bounced', spam_reports: 'complained', unsubscribes: 'unsubscribed', blocks: null } as const;
export type List = keyof typeof LISTS;

/** `leadId` is null when the entry has no readable address. */
export interface Suppressed {
  leadId: string | null;
  list: List;
  why: 'bounced' | 'complained' | 'unsubscribed' | null;
  at: string;
}
export interface EspAccess {
  baseUrl: string;
  apiKey: string;
  leadIdSecret: string;
}

/** The provider's list entries since `since`. Throws when the provider refuses. */
export async function* suppressed(
  { baseUrl, apiKey, leadIdSecret }: EspAccess,
  since: Temporal.Instant,
): AsyncGenerator<Suppressed> {
  const startTime = Math.floor(since.epochMilliseconds / 1_000);
  for (const [list, why] of Object.entries(LISTS) as [List, Suppressed['why']][]) {
    for (let offset = 0, length = PAGE; length === PAGE; offset += PAGE) {
      const page = await ask(
        new URL(`/v3/suppression/${list}?start_time=${startTime}&limit=${PAGE}&offset=${offset}`, baseUrl),
        apiKey,
      );
      length = page.length;
      for (const { email, created } of page) {
        const address = canonicalAddress(email);
        yield {
          leadId: address ? leadId(leadIdSecret, address) : null,
          list,
          why,
          at: new Date(created * 1_000).toISOString(),
        };
      }
    }
  }
}

async function ask(url: URL, apiKey: string): Promise<z.infer<typeof entries>> {
  for (let round = 1; ; round++) {
    const response = await answerOf(url, apiKey);
    if (response instanceof Response && response.ok) return entriesOf(url, response);
    const said =
      response instanceof Response
        ? `answers ${url.pathname} with ${response.status}`
        : `at ${url.origin} gives no answer (${response})`;
    if (response instanceof Response) await response.body?.cancel();
    const hint = response instanceof Response && response.status === 403 ? ': the key needs suppression.read' : '';
    const triesMax =
      response instanceof Response
        ? response.status === 429 || response.status >= 500
          ? TRIES_MAX
          : 1
        : SILENT_TRIES_MAX;
    if (round >= triesMax) throw new Error(`the provider ${said}${hint}`);
    const ms = Math.min(WAIT_MS_MAX, response instanceof Response ? waitMs(response.headers, round) : 500 * 2 ** round);
    note(`the provider ${said}, asked again in ${Math.ceil(ms / 1_000)} s`);
    await delay(ms);
  }
}

/** The response, or the reason that there is none. */
const answerOf = (url: URL, apiKey: string): Promise<Response | string> =>
  fetch(url, { headers: { authorization: `Bearer ${apiKey}` }, signal: AbortSignal.timeout(ANSWER_MS) }).catch(
    (error: unknown) => {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      return cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.name) : String(cause);
    },
  );

async function entriesOf(url: URL, response: Response): Promise<z.infer<typeof entries>> {
  const { success, data, error } = entries.safeParse(await response.json().catch(() => undefined));
  if (!success) throw new Error(`the provider’s answer to ${url.pathname} is no list: ${z.prettifyError(error)}`);
  return data;
}

function waitMs(headers: Headers, round: number): number {
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (Number.isFinite(after)) return after * 1_000;
  return Number.isFinite(reset) ? Math.max(0, reset * 1_000 - Date.now()) : 500 * 2 ** round;
}
