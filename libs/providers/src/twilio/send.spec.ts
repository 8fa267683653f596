import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { answer, itTextsOnce } from '../testing/faulty-server.ts';
import { twilioSend } from './send.ts';

const ACCOUNT_SID = `AC${'0'.repeat(31)}1`;
const settings = {
  TWILIO_ACCOUNT_SID: ACCOUNT_SID,
  TWILIO_API_SECRET: 'a-secret-token',
  TWILIO_FROM: '+15005550006',
  PUBLIC_URL: 'https://hooks.example.com/',
};
const open = (TWILIO_BASE_URL: string, ESP_TIMEOUT_MS: number) =>
  twilioSend({ ...settings, TWILIO_BASE_URL, ESP_TIMEOUT_MS });

const created: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/oai-message-created.json'), 'utf8'),
);
const body = (created as { body: object }).body;
const error = (code: number) => ({ code, message: 'words', more_info: '', status: 400 });
const REFUSED = '400 Bad Request';
const ACCOUNT = { kind: 'refused', class: 'account' };
const UNKNOWN = { kind: 'unknown', class: 'gateway' };
const DEAD = { kind: 'permanent', class: 'permanent', isClosed: true };

describe('Twilio', () => {
  const { seen } = itTextsOnce(open, [
    [
      'what was asked, in one form',
      (socket) => {
        const [head = '', form = ''] = (seen.requests[0] ?? '').split('\r\n\r\n');
        expect(head).toMatch(new RegExp(`^POST /2010-04-01/Accounts/${ACCOUNT_SID}/Messages\\.json HTTP`));
        const login = Buffer.from(`${ACCOUNT_SID}:a-secret-token`).toString('base64');
        expect(head).toContain(`authorization: Basic ${login}`);
        expect(Object.fromEntries(new URLSearchParams(form))).toEqual({
          To: '+4915112345678',
          From: '+15005550006',
          Body: 'Grüße & a word',
          StatusCallback: 'https://hooks.example.com/v1/twilio/events?send_id=s-1&lead_id=l-1#rc=5&rp=all',
          ValidityPeriod: '3600',
        });
        answer('201 Created', body)(socket);
      },
      { kind: 'accepted', provider: 'twilio', providerMessageId: `SM${'a'.repeat(32)}`, status: 201 },
    ],
    ['201 without an id', answer('201 Created', {}), UNKNOWN],
    ['200 of another server', answer('200 OK', '<html></html>'), UNKNOWN],
    ['400 without a code', answer(REFUSED, '<html></html>'), { kind: 'permanent', class: 'permanent' }],
    ['21211, no number', answer(REFUSED, error(21211)), DEAD],
    ['21614, no mobile', answer(REFUSED, error(21614)), DEAD],
    ['21635, a landline', answer(REFUSED, error(21635)), DEAD],
    ['21265, a short code', answer(REFUSED, error(21265)), DEAD],
    ['21610, opted out', answer(REFUSED, error(21610)), { ...DEAD, hasOptedOut: true }],
    ['21408, a country that is off', answer(REFUSED, error(21408)), { kind: 'permanent', reason: '400 21408 words' }],
    ['21617, too long', answer(REFUSED, error(21617)), { kind: 'permanent' }],
    ['21606, a From that is not ours', answer(REFUSED, error(21606)), ACCOUNT],
    ['21608, a trial account', answer(REFUSED, error(21608)), ACCOUNT],
    ['21661, a From that sends no texts', answer(REFUSED, error(21661)), ACCOUNT],
    ['21701, a messaging service that is gone', answer(REFUSED, error(21701)), ACCOUNT],
    ['21704, a messaging service without a number', answer(REFUSED, error(21704)), ACCOUNT],
    ['21611, a full queue', answer(REFUSED, error(21611)), { kind: 'refused', class: 'rate-limited' }],
    ['401', answer('401 Unauthorized', error(20003)), { ...ACCOUNT, status: 401 }],
    ['402', answer('402 Payment Required', ''), ACCOUNT],
    ['403', answer('403 Forbidden', error(20403)), ACCOUNT],
    ['404 of another account', answer('404 Not Found', error(20404)), ACCOUNT],
    [
      '429 with a hint',
      answer('429 Too Many Requests', error(20429), { 'retry-after': 2 }),
      { kind: 'refused', class: 'rate-limited', retryAfterMs: 2_000 },
    ],
    ['500 of its own, which may have been sent', answer('500 Internal Server Error', error(20500)), UNKNOWN],
    ['503 of its own', answer('503 Service Unavailable', error(20503)), UNKNOWN],
  ]);
});
