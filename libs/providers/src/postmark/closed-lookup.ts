import { z } from 'zod';
import { Http, jsonOf } from '../http.ts';
import type { Closed, ClosedLookup } from '../port.ts';
import { headersOf, type PostmarkAccess } from './access.ts';

const dump = z.object({
  Suppressions: z.array(
    z.object({ EmailAddress: z.string(), SuppressionReason: z.string(), CreatedAt: z.iso.datetime({ offset: true }) }),
  ),
});
/** Another reason is a wish of the person's, as in the events. */
const REASONS: Readonly<Record<string, Closed['why']>> = { HardBounce: 'bounced', SpamComplaint: 'complained' };

/** The suppression of one address on the server's stream. */
export function postmarkClosed(
  settings: PostmarkAccess & { POSTMARK_MESSAGE_STREAM: string; ESP_TIMEOUT_MS: number },
): ClosedLookup {
  const http = new Http(settings.POSTMARK_BASE_URL, settings.ESP_TIMEOUT_MS);
  const stream = encodeURIComponent(settings.POSTMARK_MESSAGE_STREAM);
  return async (address) => {
    const query = new URLSearchParams({ EmailAddress: address });
    const path = `/message-streams/${stream}/suppressions/dump?${query.toString()}`;
    const response = await http.call({ method: 'GET', path, headers: headersOf(settings) });
    if (response.status !== 200) throw new Error(`Postmark's suppressions answer ${response.status}`);
    // A server that ignored the filter would return others' addresses.
    const found = dump
      .parse(jsonOf(response))
      .Suppressions.find(({ EmailAddress }) => EmailAddress.toLowerCase() === address.toLowerCase());
    return (
      found && { why: REASONS[found.SuppressionReason] ?? 'unsubscribed', at: new Date(found.CreatedAt).toISOString() }
    );
  };
}
