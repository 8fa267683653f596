import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const TRIES_MAX = 10;
const SILENT_TRIES_MAX = 3;
const WAIT_MS_MAX = 60_000;
const RESPONSE_MS_MAX = 30_000;

export interface PageRequest<Page> {
  url: URL;
  headers: Record<string, string>;
  page: z.ZodType<Page>;
  /** The cause of a refusal, by its status. */
  hints: Readonly<Record<number, string>>;
  /** Gets a line before each wait. */
  note: (text: string) => void;
}

/** One page of a suppression list. Repeats a busy or silent provider; throws when it refuses, or answers no list. */
export async function pageOf<Page>(request: PageRequest<Page>): Promise<Page> {
  const { url, hints, note } = request;
  for (let round = 1; ; round++) {
    const response = await responseOf(request);
    if (response instanceof Response && response.ok) return entriesOf(request, response);
    const said =
      response instanceof Response
        ? `answers ${url.pathname} with ${response.status}`
        : `at ${url.origin} gives no answer (${response})`;
    if (response instanceof Response) await response.body?.cancel();
    const hint = response instanceof Response ? hints[response.status] : undefined;
    const triesMax =
      response instanceof Response
        ? response.status === 429 || response.status >= 500
          ? TRIES_MAX
          : 1
        : SILENT_TRIES_MAX;
    if (round >= triesMax) throw new Error(`the provider ${said}${hint === undefined ? '' : `: ${hint}`}`);
    const ms = Math.min(WAIT_MS_MAX, response instanceof Response ? waitMs(response.headers, round) : 500 * 2 ** round);
    note(`the provider ${said}, asked again in ${Math.ceil(ms / 1_000)} s`);
    await delay(ms);
  }
}

/** The response, or the reason for its absence. */
const responseOf = <Page>({ url, headers }: PageRequest<Page>): Promise<Response | string> =>
  fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(RESPONSE_MS_MAX) }).catch((error: unknown) => {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.name) : String(cause);
  });

async function entriesOf<Page>({ url, page }: PageRequest<Page>, response: Response): Promise<Page> {
  const { success, data, error } = page.safeParse(await response.json().catch(() => undefined));
  if (!success) throw new Error(`the provider’s answer to ${url.pathname} is no list: ${z.prettifyError(error)}`);
  return data;
}

function waitMs(headers: Headers, round: number): number {
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (Number.isFinite(after)) return after * 1_000;
  return Number.isFinite(reset) ? Math.max(0, reset * 1_000 - Date.now()) : 500 * 2 ** round;
}
