import { z } from 'zod';
import type { Suppressed, Suppressions } from '../port.ts';
import { pageOf } from '../suppression-page.ts';

const entries = z.array(z.looseObject({ created: z.number(), email: z.string() }));
const PAGE = 500;
const HINTS = { 403: 'the key needs suppression.read' };

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
  const headers = { authorization: `Bearer ${settings.SENDGRID_API_KEY}` };
  for (const [list, why] of Object.entries(LISTS)) {
    for (let offset = 0, length = PAGE; length === PAGE; offset += PAGE) {
      const path = `/v3/suppression/${list}?start_time=${startTime}&limit=${PAGE}&offset=${offset}`;
      const url = new URL(path, settings.SENDGRID_BASE_URL);
      const page = await pageOf({ url, headers, page: entries, hints: HINTS, note });
      length = page.length;
      for (const { email, created } of page)
        yield { address: email, list, why, at: new Date(created * 1_000).toISOString() };
    }
  }
};
