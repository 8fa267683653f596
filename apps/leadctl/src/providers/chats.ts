import { repChats, type ChatAddress } from '@leadstream/service/rep-chats';
import type { Environment } from '@leadstream/service/config';
import type { Chat } from '@leadstream/contracts/events';
import { failed, passed, type Check } from '../doctor/check.ts';

const ANSWER_MS = 10_000;
const SEE = 'see docs/providers/chats.md';

/** What each chat answers to a post without a text, which nobody sees, where its webhook works. */
const WORKS: Readonly<Record<Chat, (status: number, text: string) => boolean>> = {
  slack: (status, text) => status === 400 && /^(no_text|invalid_payload)$/.test(text.trim()),
  // A workflow that takes any body has an empty run in its history.
  teams: (status, text) => status === 202 || status === 200 || (status === 400 && !/NotEnabled/.test(text)),
};

/** Asks the webhook of each of REP_CHATS, from the machine of the command. Neither check nor error has a URL. */
export async function chatChecks(env: Environment): Promise<Check[]> {
  const text = env['REP_CHATS'];
  if (!text) return [];
  const { data, error } = repChats.safeParse(text);
  if (!data) return [failed('provider', `REP_CHATS ${error.issues[0]?.message ?? 'is not understood'}`, SEE)];
  return Promise.all([...data].map(([rep, address]) => checked(rep, address)));
}

async function checked(rep: string, { chat, url }: ChatAddress): Promise<Check> {
  const of = `the ${chat} webhook of ${rep === '*' ? 'all other reps' : rep}`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return WORKS[chat](response.status, (await response.text()).slice(0, 1_000))
      ? passed('provider', `${of} takes posts`)
      : failed('provider', `${of} answers ${response.status}`, `make a new URL at ${chat}; ${SEE}`);
  } catch {
    return failed('provider', `${of} gives no answer`, 'see the DNS and the way out of this machine');
  }
}
