import type { Esp } from '@leadstream/contracts/events';
import { failed, passed, skipped, type Check } from '../doctor/check.ts';

const ANSWER_MS = 10_000;
const PROBLEM = 'application/problem+json';

interface Answer {
  status: number;
  type: string;
  text: string;
}

/**
 * Whether the public address leads to inbound: its unsubscribe page shows (a GET changes nothing), and its webhook
 * refuses an unsigned post. A post without a signature is counted as a refusal and stored nowhere.
 */
export async function reachChecks(esp: Esp, publicUrl: string | undefined): Promise<Check[]> {
  if (!publicUrl) return [skipped('services', 'PUBLIC_URL is not set here')];
  if (!URL.canParse(publicUrl)) return [failed('services', 'PUBLIC_URL is no URL', 'set it to https://…')];
  const base = publicUrl.replace(/\/$/, '');
  const page = asked(`${base}/u/leadctl-providers-check`, {}).then((answer) => judgedPage(base, answer));
  if (esp === 'smtp') return [await page];
  const path = `/v1/${esp}/events`;
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' };
  return Promise.all([page, asked(`${base}${path}`, post).then((answer) => judgedWebhook(`${base}${path}`, answer))]);
}

/** undefined: no answer. A redirect is none of ours: providers do not follow it. */
export const asked = async (url: string, init: RequestInit): Promise<Answer | undefined> => {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) });
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      text: (await response.text()).slice(0, 20_000),
    };
  } catch {
    return undefined;
  }
};

const away = (url: string): Check =>
  failed('services', `${url} gives no answer`, 'see the ingress, its certificate and the DNS of PUBLIC_URL');

export function judgedPage(base: string, answer: Answer | undefined): Check {
  if (!answer) return away(`${base}/u/…`);
  return answer.status === 200 && answer.text.includes('<form method="post"')
    ? passed('services', `${base} shows the unsubscribe page`)
    : failed(
        'services',
        `${base}/u/… does not show the unsubscribe page (${answer.status})`,
        'route PUBLIC_URL to inbound, paths unchanged: unsubscribe links are dead',
      );
}

export function judgedWebhook(url: string, answer: Answer | undefined): Check {
  if (!answer) return away(url);
  const { status, type } = answer;
  const isOurs = type.startsWith(PROBLEM);
  if (isOurs && [400, 401, 403, 406, 415].includes(status))
    return passed('services', `${url} refuses an unsigned post (${status})`);
  if (isOurs && status >= 500)
    return failed('services', `${url} is not ready (${status})`, 'see the log and /readyz of inbound, and its keys');
  if (status < 300)
    return failed('services', `${url} takes an unsigned post (${status})`, 'route it to inbound, which checks it');
  return failed(
    'services',
    `${url} is not answered by inbound (${status})`,
    'route PUBLIC_URL to inbound, paths unchanged: no event and no reply comes in',
  );
}
