import { z } from 'zod';
import type { Suppressed, Suppressions } from '../port.ts';
import { pageOf } from '../suppression-page.ts';
import { authorizationOf } from './access.ts';

const PAGE = 1_000;
const page = z.object({
  items: z.array(z.object({ address: z.string(), created_at: z.string().refine((text) => !isNaN(Date.parse(text))) })),
  paging: z.object({ next: z.url() }),
});
/** Mailgun lists an address as bounced only where its server says that there is none. */
const LISTS: Readonly<Record<string, Suppressed['why']>> = {
  bounces: 'bounced',
  complaints: 'complained',
  unsubscribes: 'unsubscribed',
};
const HINTS = {
  401: 'a sending key may not read the lists, and a key is of one region: MAILGUN_EVENTS_KEY, MAILGUN_BASE_URL',
  404: 'no domain MAILGUN_DOMAIN',
};

export interface MailgunSuppressionSettings {
  MAILGUN_API_KEY?: string | undefined;
  MAILGUN_EVENTS_KEY?: string | undefined;
  MAILGUN_DOMAIN: string;
  MAILGUN_BASE_URL: string;
}

/** The domain's suppression lists, page by page to an empty one. They have no filter by time, and no order of it. */
export const mailgunSuppressions: Suppressions<MailgunSuppressionSettings> = async function* (settings, since, note) {
  const { MAILGUN_DOMAIN, MAILGUN_BASE_URL: base } = settings;
  const key = settings.MAILGUN_EVENTS_KEY ?? settings.MAILGUN_API_KEY ?? '';
  const headers = { authorization: authorizationOf(key) };
  for (const [list, why] of Object.entries(LISTS)) {
    let url = new URL(`/v3/${encodeURIComponent(MAILGUN_DOMAIN)}/${list}?limit=${PAGE}`, base);
    for (let isLast = false; !isLast;) {
      const { items, paging } = await pageOf({ url, headers, page, hints: HINTS, note });
      for (const { address, created_at: at } of items)
        if (Date.parse(at) >= since.epochMilliseconds) yield { address, list, why, at: new Date(at).toISOString() };
      // The key goes to the API alone, whatever address a page names.
      const next = new URL(paging.next);
      isLast = items.length === 0 || next.href === url.href;
      url = new URL(next.pathname + next.search, base);
    }
  }
};
