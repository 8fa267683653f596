import { readFileSync } from 'node:fs';
import { describe } from '@jest/globals';
import { answer, itLooksUp } from '../testing/faulty-server.ts';
import { mailgunLookup } from './lookup.ts';

/** An `accepted` event as Mailgun posts it; its API lists the same objects. */
const { 'event-data': sample } = JSON.parse(
  readFileSync(new URL('./fixtures/symfony-accepted.json', import.meta.url), 'utf8'),
) as { 'event-data': object };
const item = (values: object): object => ({
  ...sample,
  timestamp: 1_766_000_000.374,
  message: { headers: { 'message-id': 's-1.token@reply.example.com' } },
  'user-variables': { send_id: 's-1' },
  ...values,
});
const page = (...items: object[]): object => ({ items, paging: { next: 'https://api.mailgun.net/v3/next' } });
const record = { at: '2025-12-17T19:33:20.374Z', providerMessageId: 's-1.token@reply.example.com' };

describe('Mailgun’s events', () => {
  itLooksUp(
    (baseUrl, timeoutMs) =>
      mailgunLookup({
        MAILGUN_EVENTS_KEY: 'a-secret-key',
        MAILGUN_DOMAIN: 'mg.example.com',
        MAILGUN_BASE_URL: baseUrl,
        ESP_TIMEOUT_MS: timeoutMs,
      }),
    {
      head: new RegExp(
        '^GET /v3/mg\\.example\\.com/events\\?event=accepted&message-id=s-1\\.token%40reply\\.example\\.com' +
          `&begin=1795276800&ascending=yes&limit=10 HTTP[^]*authorization: Basic ${btoa('api:a-secret-key')}`,
      ),
      found: [
        ['its event', answer('200 OK', page(item({}))), record],
        ['its event behind others', answer('200 OK', page(item({ 'user-variables': [] }), item({}))), record],
      ],
      absent: [
        ['no event', answer('200 OK', page())],
        [
          'another send’s, as without the filter',
          answer('200 OK', page(item({ 'user-variables': { send_id: 's-2' } }))),
        ],
        ['an event without variables', answer('200 OK', page(item({ 'user-variables': [] })))],
        ['another event of the mail', answer('200 OK', page(item({ event: 'rejected' })))],
      ],
      failed: [
        ['401, as for a sending key', answer('401 Unauthorized', 'Forbidden')],
        ['403', answer('403 Forbidden', { message: 'no' })],
        ['429', answer('429 Too Many Requests', { message: 'no' })],
        ['200 of a wrong path', answer('200 OK', 'Mailgun Magnificent API')],
        ['no time', answer('200 OK', page(item({ timestamp: 'soon' })))],
      ],
    },
  );
});
