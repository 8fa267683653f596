import type { Chat } from '@leadstream/contracts/events';
import { Http } from '@leadstream/providers/http';
import { loadConfig, type Environment } from '@leadstream/service/config';
import { repChats, type ChatAddress } from '@leadstream/service/rep-chats';
import { GuardedAgents, PrivateAddress } from '@leadstream/service/webhooks/addresses';
import { webhooks as webhookSettings } from '@leadstream/service/webhooks/config';
import { z } from 'zod';
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
  const { WEBHOOKS_NETWORKS: networks } = loadConfig(z.object(webhookSettings), env);
  const agents = new GuardedAgents(networks, ANSWER_MS, { headersTimeout: 0, bodyTimeout: 0 });
  try {
    return await Promise.all([...data].map(([rep, address]) => checked(rep, address, agents)));
  } finally {
    await agents.close();
  }
}

/** By the sender’s own client: no private address, no redirect, one deadline, at most 64 KiB of the answer. */
async function checked(rep: string, { chat, url: text }: ChatAddress, agents: GuardedAgents): Promise<Check> {
  const of = `the ${chat} webhook of ${rep === '*' ? 'all other reps' : rep}`;
  try {
    const url = new URL(text);
    const response = await new Http(url.origin, ANSWER_MS, agents.of(url)).call({
      method: 'POST',
      path: url.pathname + url.search,
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    return WORKS[chat](response.status, response.text)
      ? passed('provider', `${of} takes posts`)
      : failed('provider', `${of} answers ${response.status}`, `make a new URL at ${chat}; ${SEE}`);
  } catch (error) {
    if (error instanceof PrivateAddress)
      return failed(
        'provider',
        `${of} has a private address`,
        'allow its network in WEBHOOKS_NETWORKS, as for the sender',
      );
    return failed('provider', `${of} gives no answer`, 'see the DNS and the way out of this machine');
  }
}
