import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ContractError } from '@leadstream/contracts/envelope';
import { parseStatus, parseText } from './posts.ts';
import { twilioReceiver } from './receive.ts';
import { isSigned } from './signature.ts';

interface Vector {
  authToken: string;
  url: string;
  params: Record<string, string>;
  signature: string;
  valid: boolean;
}
interface Made {
  post: { url: string; headers: Record<string, string>; body: string };
}
const text = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const made = (name: string) => (JSON.parse(text(`made-${name}.json`)) as Made).post;
const { vectors } = JSON.parse(text('signature-vectors.json')) as { vectors: Vector[] };
const TOKEN = '12345678901234567890123456789012';
const POSTS = ['inbound-reply', 'inbound-stop', 'status-delivered'];
const SID = `SM${'0'.repeat(31)}1`;

describe('a signature of Twilio', () => {
  it.each(vectors)('is $valid for $params.To', ({ authToken, url, params, signature, valid }) => {
    expect(isSigned([authToken], url, new URLSearchParams(params).toString(), signature)).toBe(valid);
  });

  it.each(POSTS)('fits %s by the new or the old token, and no other body, address or token', (name) => {
    const { url, headers, body } = made(name);
    const judge = twilioReceiver.judge({ TWILIO_AUTH_TOKENS: ['another', TOKEN] });
    expect(judge?.(url, headers, body)).toBe(true);
    expect(judge?.(url.replace('hooks.example.com', 'hooks.example.com:443'), headers, body)).toBe(true);
    expect(judge?.(`${url}x`, headers, body)).toBe(false);
    expect(judge?.(url, headers, `${body}&X=1`)).toBe(false);
    expect(twilioReceiver.judge({ TWILIO_AUTH_TOKENS: ['another'] })?.(url, headers, body)).toBe(false);
    expect(judge?.(url, {}, body)).toBe(false);
  });

  it('is not needed to know that nothing is configured', () => {
    expect(twilioReceiver.judge({})).toBeUndefined();
  });
});

describe('a report of Twilio', () => {
  it('bears our ids in the query of its address', () => {
    const { url, body } = made('status-delivered');
    expect(parseStatus(body, new URL(url).search.slice(1))).toEqual({
      kind: 'delivered',
      key: `text/${SID}/delivered`,
      providerMessageId: SID,
      sendId: '3f1c9a80-0000-4000-8000-000000000001',
      leadId: '3f1c9a80-0000-4000-8000-000000000002',
    });
  });

  it('of a text that is not ours has no ids', () => {
    expect(parseStatus(text('symfony-status-delivered.txt').trim(), '')).toMatchObject({ kind: 'delivered' });
  });

  it.each([
    ['queued', '', 'accepted'],
    ['sent', '', 'accepted'],
    ['Delivered', '', 'delivered'],
    ['undelivered', '30003', 'undelivered'],
    ['undelivered', '30005', 'undelivered'],
    ['undelivered', '30006', 'dead-number'],
    ['undelivered', '30007', 'undelivered'],
    ['failed', '30008', 'undelivered'],
    ['failed', '21614', 'dead-number'],
    ['failed', '21610', 'opted-out'],
    ['failed', '', 'undelivered'],
    ['canceled', '', 'ignored'],
  ])('%s %s is %s', (MessageStatus, ErrorCode, kind) => {
    const form = new URLSearchParams({ MessageSid: SID, MessageStatus, ...(ErrorCode ? { ErrorCode } : {}) });
    expect(parseStatus(form.toString(), '').kind).toBe(kind);
  });

  it.each(['', '{}', 'MessageSid=x&MessageStatus=sent', `MessageSid=${SID}`])('is no report: %j', (body) => {
    expect(() => parseStatus(body, '')).toThrow(ContractError);
  });
});

describe('a text to our number', () => {
  it.each([
    ['inbound-stop', 'stop'],
    ['inbound-reply', 'text'],
  ])('%s is a %s', (name, kind) => {
    expect(parseText(made(name).body)).toMatchObject({ kind, from: '+15551234567' });
  });

  const kindOf = (Body: string, OptOutType?: string) =>
    parseText(new URLSearchParams({ MessageSid: SID, Body, ...(OptOutType ? { OptOutType } : {}) }).toString()).kind;

  it.each(['STOP', 'stop', ' Stop. ', 'StopAll', 'opt out', 'opt-out', 'CANCEL', 'Arrêt', 'ＳＴＯＰ'])(
    '%j stops',
    (word) => {
      expect(kindOf(word)).toBe('stop');
    },
  );
  it('Advanced Opt-Out names a stop in any words', () => {
    expect(kindOf('genug davon', 'STOP')).toBe('stop');
  });
  it.each(['Please don’t stop', 'I can’t cancel on Monday', 'ok', ''])('%j is a person’s answer', (words) => {
    expect(kindOf(words)).toBe('text');
  });
  it.each(['START', 'help', 'Info'])('%j is answered by Twilio', (word) => {
    expect(kindOf(word)).toBe('keyword');
  });
});
