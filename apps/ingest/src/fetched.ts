import type { Adapter } from '@leadstream/lead/intake/adapter';
import { isObject, itemsIn } from '@leadstream/lead/intake/adapt';
import { firstAt } from '@leadstream/lead/intake/path';
import { Problem } from '@leadstream/service/problem';

/** For all leads of a post: services wait some 20 s for the answer, and repeat the post. */
const DEADLINE_MS = 15_000;
const AT_ONCE = 10;
const BYTES_MAX = 256 * 1024;
const RETRY_AFTER_SECONDS = 60;
/** An id that would be another path or host is none. */
const ID = /^[\w-]{1,100}$/;

/**
 * Adds the data of leads that a post only names. A lead that the service refuses to show stays as it is, and is refused
 * for its missing fields. Throws Problem (503) when the service gives no answer: it then posts again.
 */
export async function fetchNamed(adapter: Adapter, post: unknown, token: string): Promise<void> {
  const { fetch: at } = adapter;
  if (!at) return;
  const named = itemsIn(adapter, post)
    .filter(isObject)
    .filter((item) => firstAt(item, [at.without], post) === undefined);
  const signal = AbortSignal.timeout(DEADLINE_MS);
  while (named.length > 0)
    await Promise.all(
      named.splice(0, AT_ONCE).map(async (item) => {
        const url = addressOf(at.url, item, post);
        if (url !== undefined) Object.assign(item, await fetched(url, token, signal));
      }),
    );
}

function addressOf(url: string, item: object, post: unknown): string | undefined {
  const ids = url.matchAll(/\{([^}]+)\}/g).map(([, path = '']) => [path, String(firstAt(item, [path], post))] as const);
  return [...ids].reduce<string | undefined>(
    (text, [path, id]) => (ID.test(id) ? text?.replace(`{${path}}`, id) : undefined),
    url,
  );
}

async function fetched(url: string, token: string, signal: AbortSignal): Promise<object> {
  try {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` }, redirect: 'error', signal });
    const isRefused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
    if (isRefused) return {};
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const text = await answer.text();
    if (text.length > BYTES_MAX) throw new Error('the answer is too large');
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : {};
  } catch (cause) {
    throw new Problem('unavailable', 'The lead could not be fetched from its service; send it again', {
      cause,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
}
