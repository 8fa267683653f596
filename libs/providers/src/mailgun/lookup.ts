import { z } from 'zod';
import { Http, jsonOf } from '../http.ts';
import { ownIds } from '../own-ids.ts';
import type { Lookup } from '../port.ts';
import { authorizationOf } from './access.ts';

export interface MailgunLookupSettings {
  /** A sending key of the domain may read no events. */
  MAILGUN_EVENTS_KEY: string;
  MAILGUN_DOMAIN: string;
  MAILGUN_BASE_URL: string;
  ESP_TIMEOUT_MS: number;
}

/** Mailgun's clock and ours. */
const CLOCKS_MS = 3_600_000;
const LIMIT = '10';

const events = z.object({
  items: z.array(
    z.object({
      event: z.string(),
      timestamp: z
        .number()
        .positive()
        .transform((seconds) => new Date(seconds * 1_000).toISOString()),
      message: z.object({ headers: z.object({ 'message-id': z.string().min(1).max(1_000) }) }),
      // An empty list where the mail has none.
      'user-variables': z.object(ownIds).catch({}),
    }),
  ),
});

/**
 * Mailgun's events of the domain, by our Message-ID, which Mailgun keeps. Events are stored for three days at least,
 * and for less than a plan promises where the account is free.
 */
export function mailgunLookup(settings: MailgunLookupSettings): Lookup {
  const http = new Http(settings.MAILGUN_BASE_URL, settings.ESP_TIMEOUT_MS);
  const headers = { authorization: authorizationOf(settings.MAILGUN_EVENTS_KEY), accept: 'application/json' };
  return async ({ sendId, messageId, at }) => {
    const query = new URLSearchParams({
      event: 'accepted',
      'message-id': messageId.replace(/^<|>$/g, ''),
      begin: String(Math.floor((Date.parse(at) - CLOCKS_MS) / 1_000)),
      ascending: 'yes',
      limit: LIMIT,
    });
    const path = `/v3/${encodeURIComponent(settings.MAILGUN_DOMAIN)}/events?${query.toString()}`;
    const response = await http.call({ method: 'GET', path, headers: { ...headers, 'user-agent': 'leadstream' } });
    if (response.status !== 200) throw new Error(`Mailgun's events answer ${response.status}`);
    // A path of no API is answered 200 without items, which the schema refuses; without the filter others' mails come.
    const found = events
      .parse(jsonOf(response))
      .items.find(({ event, 'user-variables': ids }) => event === 'accepted' && ids.send_id === sendId);
    return found && { at: found.timestamp, providerMessageId: found.message.headers['message-id'] };
  };
}
