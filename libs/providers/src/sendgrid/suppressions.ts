import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Suppressed, Suppressions } from '../port.ts';

const entries = z.array(z.looseObject({ created: z.number(), email: z.string() }));
const PAGE = 500;
const TRIES_MAX = 10;
const SILENT_TRIES_MAX = 3;
const WAIT_MS_MAX = 60_000;
const RESPONSE_MS_MAX = 30_000;

/** SendGrid's lists, with the reason that an entry gives. A block only means that one mail was not delivered. */
const LISTS: Readonly<Record<string, Suppressed['why']>> = {
  bounces: 'bounced',
  spam_reports: 'complained',
  unsubscribes: 'unsubscribed',
  blocks: null,
};

export interface SuppressionSettings {
  SENDGRID_API_KEY: string;
  SENDGRID_BASE_URL: string;
}

/** SendGrid's suppression lists, page by page; the key needs `suppression.read`. */
export const sendgridSuppressions: Suppressions<SuppressionSettings> = async function* (settings, since, note) {
  const startTime = Math.floor(since.epochMilliseconds / 1_000);
  for (const [list, why] of Object.entries(LISTS)) {
    for (let offset = 0, length = PAGE; length === PAGE; offset += PAGE) {
      const path = `/v3/suppression/${list}?start_time=${startTime}&limit=${PAGE}&offset=${offset}`;
      const page = await pageOf(new URL(path, settings.SENDGRID_BASE_URL), settings.SENDGRID_API_KEY, note);
      length = page.length;
      for (const { email, created } of page)
        yield { address: email, list, why, at: new Date(created * 1_000).toISOString() };
    }
  }
};

async function pageOf(url: URL, apiKey: string, note: (text: string) => void): Promise<z.infer<typeof entries>> {
  for (let round = 1; ; round++) {
    const response = await responseOf(url, apiKey);
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

/** The response, or the reason for its absence. */
const responseOf = (url: URL, apiKey: string): Promise<Response | string> =>
  fetch(url, { headers: { authorization: `Bearer ${apiKey}` }, signal: AbortSignal.timeout(RESPONSE_MS_MAX) }).catch(
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
