import { z } from 'zod';
import { Http, jsonOf } from '../http.ts';
import type { Lookup } from '../port.ts';
import { headersOf, type PostmarkAccess } from './access.ts';

const messages = z.object({
  Messages: z.array(
    z.object({
      MessageID: z.string().min(1).max(200),
      ReceivedAt: z.iso.datetime({ offset: true }),
      Metadata: z.object({ send_id: z.string() }),
    }),
  ),
});

/** Postmark's search among the mails of the server, by the metadata that each bears. */
export function postmarkLookup(settings: PostmarkAccess & { ESP_TIMEOUT_MS: number }): Lookup {
  const http = new Http(settings.POSTMARK_BASE_URL, settings.ESP_TIMEOUT_MS);
  return async ({ sendId }) => {
    const query = new URLSearchParams({ count: '1', offset: '0', metadata_send_id: sendId });
    const path = `/messages/outbound?${query.toString()}`;
    const response = await http.call({ method: 'GET', path, headers: headersOf(settings) });
    if (response.status !== 200) throw new Error(`Postmark's search answers ${response.status}`);
    // A server that ignored the filter would return another send's mail.
    const mail = messages.parse(jsonOf(response)).Messages.find(({ Metadata }) => Metadata.send_id === sendId);
    return mail && { at: new Date(mail.ReceivedAt).toISOString(), providerMessageId: mail.MessageID };
  };
}
