import type { Chat } from '@leadstream/contracts/events';
import type { Dispatcher } from 'undici';
import type { ChatWire } from './chat-wire.ts';
import { Http, retryAfterMs, withoutResponse } from './http.ts';
import type { Notice, Send } from './port.ts';
import { slackPost } from './slack/send.ts';
import { teamsPost } from './teams/send.ts';

/** Below Slack's 40,000 characters, and below the 28 KB of a Teams message in any script. */
const TEXT_LENGTH_MAX = 6_000;

/** Each chat's incoming webhook. */
export const chats = { slack: slackPost, teams: teamsPost } satisfies Record<Chat, ChatWire>;

export interface ChatSettings {
  timeoutMs: number;
  /** The connections to a URL; throws for an address that is not allowed. */
  dispatcherOf: (url: URL) => Dispatcher;
}

/**
 * Posts a notice once. Resolves always: any response, and the lack of one, is an outcome. No redirect, no proxy, and no
 * part of the URL in an outcome.
 */
export const chatSend =
  ({ timeoutMs, dispatcherOf }: ChatSettings): Send<'chat'> =>
  async ({ to, ...notice }) => {
    const wire: ChatWire = chats[to.chat];
    const url = new URL(to.url);
    const dispatcher = allowed(() => dispatcherOf(url));
    if (!dispatcher) return { kind: 'refused', class: 'account', reason: 'the address is private, and not allowed' };
    try {
      const response = await new Http(url.origin, timeoutMs, dispatcher).call({
        method: 'POST',
        path: url.pathname + url.search,
        headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'leadstream' },
        body: JSON.stringify(wire.body(textOf(notice))),
      });
      if (wire.accepts(response)) return { kind: 'accepted', provider: to.chat, status: response.status };
      const { status } = response;
      if (status < 300) return { kind: 'unknown', class: 'gateway', reason: `${status} with another answer`, status };
      return wire.refuses(response, retryAfterMs(response.headers, Date.now()));
    } catch (error) {
      return withoutResponse(error);
    }
  };

function allowed(dispatcherOf: () => Dispatcher): Dispatcher | undefined {
  try {
    return dispatcherOf();
  } catch {
    return undefined;
  }
}

/** The mail's words; a cut one says so. */
function textOf({ subject, text }: Pick<Notice, 'subject' | 'text'>): string {
  const whole = `${subject}\n\n${text}`.trim();
  return whole.length <= TEXT_LENGTH_MAX ? whole : `${whole.slice(0, TEXT_LENGTH_MAX).toWellFormed()}…`;
}
