import type { ChatWire } from '../chat-wire.ts';
import { refusedBy } from '../http.ts';

/** Characters with which a text could mention a channel or hide a link (docs.slack.dev, "Formatting message text"). */
const CONTROL: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string): string => text.replace(/[&<>]/g, (one) => CONTROL[one] ?? one);

/** The webhook itself is refused, not this text: revoked, its channel is gone or archived, posts are forbidden. */
const GONE = new Set([401, 403, 404, 410]);

/** Slack's incoming webhooks: `ok` in plain text, else the name of an error. */
export const slackPost: ChatWire = {
  body: (text) => ({ text: escaped(text), mrkdwn: false, unfurl_links: false, unfurl_media: false }),
  accepts: ({ status, text }) => status === 200 && text.trim() === 'ok',
  // A 5xx of Slack's own (`rollup_error`) does not say whether the text was posted.
  refuses: (response, retryAfterMs) =>
    refusedBy(response, {
      reason: /^[a-z_]{1,60}$/.exec(response.text.trim())?.[0],
      isOwn: false,
      isAccount: GONE.has(response.status),
      retryAfterMs,
    }),
};
