import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Answer } from '@leadstream/lead/claim';
import { Metrics } from '@leadstream/service/metrics';
import { pino } from 'pino';
import { GuardedSend } from './breaker.ts';
import type { Letter } from './mail.ts';

const RESET_MS = 30_000;
const ACCOUNT_PAUSE_MS = 5 * 60_000;
const letter: Letter = { to: 'jane@example.com', from: 'sales@acme.example', subject: 'Hello', text: 'Hello', html: 'Hello' };
const accepted: Answer = { kind: 'accepted', provider: 'sendgrid' };
const ill: Answer = { kind: 'refused', class: 'server-error' };
const account: Answer = { kind: 'refused', class: 'account' };

describe('the flow of letters', () => {
  let inHand: number | 'all';
  let answer: Answer;
  let esp: GuardedSend;
  beforeEach(() => {
    jest.useFakeTimers();
    [inHand, answer] = ['all', accepted];
    const transport = { pause: () => { inHand = 0; }, resume: (limit?: number) => { inHand = limit ?? 'all'; } };
    esp = new GuardedSend(async () => answer, { ESP: 'sendgrid', ESP_BREAKER_RESET_MS: RESET_MS }, transport, new Metrics('test'), pino({ level: 'silent' }));
  });
  afterEach(() => {
    esp.shutdown();
    jest.useRealTimers();
  });
  const send = async (now: Answer, times = 1) => {
    answer = now;
    for (let time = 0; time < times; time++) await esp.fire(letter, { leadId: 'lead', sendId: 'send', attempt: 1 });
  };

  it('stops when the provider is ill, tries with one letter, and goes on when that one is taken', async () => {
    await send(ill, 10);
    expect([inHand, esp.closed]).toEqual([0, false]);
    jest.advanceTimersByTime(RESET_MS);
    expect([inHand, esp.closed]).toEqual([1, true]);
    await send(accepted);
    expect(inHand).toBe('all');
  });

  it('stops for five minutes when the account is refused, for those in hand too', async () => {
    await send(account);
    expect([inHand, esp.closed]).toEqual([0, false]);
    jest.advanceTimersByTime(ACCOUNT_PAUSE_MS);
    expect([inHand, esp.closed]).toEqual(['all', true]);
  });

  it('does not go on before the last refusal of the account is five minutes old', async () => {
    await send(account);
    jest.advanceTimersByTime(ACCOUNT_PAUSE_MS - 1_000);
    await send(account);
    jest.advanceTimersByTime(1_000);
    expect(inHand).toBe(0);
  });

  it('stays stopped for the account when the breaker lets one try', async () => {
    await send(ill, 9);
    await send(account);
    await send(ill);
    jest.advanceTimersByTime(RESET_MS);
    expect(inHand).toBe(0);
    jest.advanceTimersByTime(ACCOUNT_PAUSE_MS);
    expect(inHand).toBe(1);
  });

  it('stays stopped for the breaker when the account’s pause ends', async () => {
    await send(account);
    jest.advanceTimersByTime(ACCOUNT_PAUSE_MS - RESET_MS / 2);
    await send(ill, 10);
    jest.advanceTimersByTime(RESET_MS / 2);
    expect(inHand).toBe(0);
  });

  it('does not stop for a letter that is refused, or for a rate', async () => {
    await send({ kind: 'permanent', class: 'permanent' }, 20);
    await send({ kind: 'refused', class: 'rate-limited' }, 20);
    expect([inHand, esp.closed]).toEqual(['all', true]);
  });
});
