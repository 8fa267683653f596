import { describe } from '@jest/globals';
import { answer, itLooksUp } from '../testing/faulty-server.ts';
import { postmarkLookup } from './lookup.ts';

const found = (send_id: string): object => ({
  TotalCount: 1,
  Messages: [{ MessageID: 'm-1', ReceivedAt: '2026-11-05T16:33:54.9070259+01:00', Metadata: { send_id } }],
});

describe('Postmark’s search', () => {
  itLooksUp(
    (baseUrl, timeoutMs) =>
      postmarkLookup({
        POSTMARK_SERVER_TOKEN: 'a-secret-token',
        POSTMARK_BASE_URL: baseUrl,
        ESP_TIMEOUT_MS: timeoutMs,
      }),
    {
      head: /^GET \/messages\/outbound\?count=1&offset=0&metadata_send_id=s-1 HTTP[^]*x-postmark-server-token: a-secret-token/,
      found: [
        ['the mail', answer('200 OK', found('s-1')), { at: '2026-11-05T15:33:54.907Z', providerMessageId: 'm-1' }],
      ],
      absent: [
        ['no mail', answer('200 OK', { TotalCount: 0, Messages: [] })],
        ['another send’s mail, as without the filter', answer('200 OK', found('s-2'))],
      ],
      failed: [
        ['401', answer('401 Unauthorized', { ErrorCode: 10, Message: 'no' })],
        ['429', answer('429 Too Many Requests', { ErrorCode: 429, Message: 'no' })],
        ['another form', answer('200 OK', { Messages: [{ MessageID: 'm-1' }] })],
      ],
    },
  );
});
