import { z } from 'zod';
import type { Suppressed, Suppressions } from '../port.ts';
import { pageOf } from '../suppression-page.ts';
import { headersOf, type PostmarkAccess } from './access.ts';

const dump = z.object({
  Suppressions: z.array(
    z.object({
      EmailAddress: z.string(),
      SuppressionReason: z.string(),
      CreatedAt: z.iso.datetime({ offset: true }),
    }),
  ),
});

/** A reason of an unknown name counts as a wish of the person, as in the events. */
const REASONS: Readonly<Record<string, Suppressed['why']>> = { HardBounce: 'bounced', SpamComplaint: 'complained' };
const HINTS = { 401: 'POSTMARK_SERVER_TOKEN is of no server', 404: 'no stream POSTMARK_MESSAGE_STREAM' };

export interface PostmarkSuppressionSettings extends PostmarkAccess {
  POSTMARK_MESSAGE_STREAM: string;
}

/** The suppressions of the server's stream, in one dump. Its dates are days of a zone that is not documented. */
export const postmarkSuppressions: Suppressions<PostmarkSuppressionSettings> = async function* (settings, since, note) {
  const stream = encodeURIComponent(settings.POSTMARK_MESSAGE_STREAM);
  const from = since.subtract({ hours: 24 }).toString().slice(0, 10);
  const url = new URL(`/message-streams/${stream}/suppressions/dump?fromdate=${from}`, settings.POSTMARK_BASE_URL);
  const { Suppressions } = await pageOf({ url, headers: headersOf(settings), page: dump, hints: HINTS, note });
  for (const { EmailAddress: address, SuppressionReason: list, CreatedAt } of Suppressions) {
    if (Date.parse(CreatedAt) < since.epochMilliseconds) continue;
    yield { address, list, why: REASONS[list] ?? 'unsubscribed', at: new Date(CreatedAt).toISOString() };
  }
};
