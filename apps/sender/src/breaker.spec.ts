import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Answer } from '@leadstream/lead/claim';
import type { AccountPause } from '@leadstream/service/account';
import { Metrics } from '@leadstream/service/metrics';
import { pino } from 'pino';
import { GuardedSend } from './breaker.ts';
import type { Letter } from './mail.ts';

const RESET_MS = 30_000;
const ACCOUNT_PAUSE_MS = 5 * 60_000;
const letter: Letter = { to: 'jane@example.com', from: 'sales@acme.example', subject: 'Hello', text: 'Hello', html: 'Hello' };
const accepted: Answer = { kind: 'accepted', provider: 'sendgrid' };
const ill: Answer = { kind: 'refused', class: 'server-error' };
const account: Answer & { status: number } = { kind: 'refused', class: 'account', status: 401 };
const forbidden: Answer & { status: number } = { kind: 'refused', class: 'account', status: 403 };

describe('the flow of letters', () => {
  let inHand: number | 'all';
  let answer: Answer;
  let esp: GuardedSend;
  let told: (pause: AccountPause | null) => void;
  let shared: string[];
  let waitMs: number;
  let log: { open: boolean; why: string; become: (open: boolean) => void };
  beforeEach(() => {
    jest.useFakeTimers();
    [inHand, answer] = ['all', accepted];
    [told, shared, waitMs] = [() => undefined, [], 0];
    let changed = () => undefined as void;
    log = { open: true, why: 'log ends at 36, 80 was seen', become: (open) => { log.open = open; changed(); } };
    esp = new GuardedSend({
      send: async () => answer, config: { ESP: 'sendgrid', ESP_BREAKER_RESET_MS: RESET_MS }, metrics: new Metrics('test'), log: pino({ level: 'silent' }),
      transport: { pause: () => { inHand = 0; }, resume: (limit?: number) => { inHand = limit ?? 'all'; } },
      account: { follow: (listener) => { told = listener; }, pause: async (pause) => { shared.push(pause.why); } },
      guard: { get open() { return log.open; }, get why() { return log.why; }, onChange: (listener) => { changed = listener; } },
      pace: { take: async () => waitMs, hold: async (ms) => { shared.push(`hold ${ms}`); } },
    });
    told(null);
  });
  afterEach(() => {
    esp.shutdown();
    jest.useRealTimers();
  });
  const send = async (now: Answer, times = 1) => {
    answer = now;
    for (let time = 0; time < times; time++) await esp.fire(letter, { leadId: 'lead', sendId: 'send', attempt: 1 });
  };

  it('stops while the log is held, whatever the account says, and lets no claim be acted on', async () => {
    log.become(false);
    told(null);
    expect([inHand, esp.closed, esp.mayCall]).toEqual([0, false, false]);
    await expect(esp.turn(new AbortController().signal)).rejects.toThrow('log ends at 36, 80 was seen');
    log.become(true);
    expect([inHand, esp.closed, esp.mayCall]).toEqual(['all', true, true]);
  });

  it('stops when the provider is ill, tries with one letter, and goes on when that one is taken', async () => {
    await send(ill, 10);
    expect([inHand, esp.closed]).toEqual([0, false]);
    jest.advanceTimersByTime(RESET_MS);
    expect([inHand, esp.closed]).toEqual([1, true]);
    await send(accepted);
    expect(inHand).toBe('all');
  });

  it('stops for five minutes when the account is refused, tells the other senders, and tries with one letter', async () => {
    await send(account);
    expect([inHand, esp.closed, shared]).toEqual([0, false, ['the provider refuses the account (401)']]);
    jest.advanceTimersByTime(ACCOUNT_PAUSE_MS);
    expect([inHand, esp.closed]).toEqual([1, true]);
    await send(accepted);
    expect(inHand).toBe('all');
  });

  it('stops again when the one letter after a pause is refused', async () => {
    await send(account);
    jest.advanceTimersByTime(ACCOUNT_PAUSE_MS);
    await send(forbidden);
    expect(inHand).toBe(0);
  });

  it('takes one 403 for the letter’s, three in a row for the account’s', async () => {
    await send(forbidden, 2);
    await send(accepted);
    await send(forbidden, 2);
    expect(inHand).toBe('all');
    await send(forbidden);
    expect(inHand).toBe(0);
  });

  it('stops until it is resumed when somebody else has paused the account', async () => {
    told({ why: 'too many complaints', by: 'inbound', at: new Date().toISOString() });
    jest.advanceTimersByTime(7 * 24 * 3_600_000);
    expect([inHand, esp.closed]).toEqual([0, false]);
    told(null);
    expect(inHand).toBe(1);
  });

  it('stops when the day’s cap is reached, and hands back what is in hand', async () => {
    waitMs = 3 * 3_600_000;
    await expect(esp.turn(new AbortController().signal)).rejects.toMatchObject({ code: 'RETRY', delayMs: waitMs });
    expect([inHand, esp.closed]).toEqual([0, false]);
    jest.advanceTimersByTime(waitMs);
    expect([inHand, esp.closed]).toEqual(['all', true]);
  });

  it('tells the other senders what a 429 asks for', async () => {
    await send({ kind: 'refused', class: 'rate-limited', retryAfterMs: 20_000 });
    expect(shared).toEqual(['hold 20000']);
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
