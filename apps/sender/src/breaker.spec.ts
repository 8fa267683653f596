import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { Email } from '@leadstream/providers/port';
import type { AccountPause, PausedSources } from '@leadstream/service/account';
import { Metrics } from '@leadstream/service/metrics';
import { pino } from 'pino';
import { GuardedSend } from './breaker.ts';

const RESET_MS = 30_000;
const TRY_EVERY_MS = 10 * 60_000;
const letter: Email = {
  to: 'jane@example.com',
  from: { email: 'sales@acme.example', name: 'Sales' },
  replyTo: 'reply@acme.example',
  subject: 'Hello',
  text: 'Hello',
  html: 'Hello',
  sendId: 's-1',
  leadId: 'l-1',
};
const accepted: ProviderResponse = { kind: 'accepted', provider: 'sendgrid' };
const ill: ProviderResponse = { kind: 'refused', class: 'server-error' };
const account: ProviderResponse & { status: number } = { kind: 'refused', class: 'account', status: 401 };
const forbidden: ProviderResponse & { status: number } = { kind: 'refused', class: 'account', status: 403 };

describe('the flow of letters', () => {
  let inHand: number | 'all';
  let answer: ProviderResponse;
  let esp: GuardedSend;
  let told: (pause: AccountPause | null) => void;
  let shared: string[];
  let waitMs: number;
  let log: { open: boolean; why: string; become: (open: boolean) => void };
  let isMine: boolean;
  let toldSources: (sources: PausedSources | undefined) => void;
  beforeEach(() => {
    jest.useFakeTimers();
    [inHand, answer] = ['all', accepted];
    [told, toldSources, shared, waitMs, isMine] = [() => undefined, () => undefined, [], 0, true];
    let changed = () => undefined as void;
    log = {
      open: true,
      why: 'log ends at 36, 80 was seen',
      become: (open) => {
        log.open = open;
        changed();
      },
    };
    esp = new GuardedSend({
      send: async () => answer,
      config: { ESP: 'sendgrid', ESP_BREAKER_RESET_MS: RESET_MS, ESP_TRY_EVERY_MS: TRY_EVERY_MS },
      metrics: new Metrics('test'),
      log: pino({ level: 'silent' }),
      transport: {
        pause: () => {
          inHand = 0;
        },
        resume: (limit?: number) => {
          inHand = limit ?? 'all';
        },
      },
      account: {
        follow: (listener) => {
          told = listener;
        },
        followSources: (listener) => {
          toldSources = listener;
        },
        pause: async (pause) => {
          shared.push(pause.why);
        },
        resume: async () => {
          shared.push('resumed');
        },
      },
      tries: {
        begin: async () => isMine,
        name: async () => isMine,
        end: async () => {
          shared.push('ended');
        },
      },
      guard: {
        get open() {
          return log.open;
        },
        get why() {
          return log.why;
        },
        onChange: (listener) => {
          changed = listener;
        },
      },
      pace: {
        take: async () => waitMs,
        hold: async (ms) => {
          shared.push(`hold ${ms}`);
        },
      },
    });
    toldSources({});
    told(null);
  });
  afterEach(() => {
    esp.shutdown();
    jest.useRealTimers();
  });
  const send = async (now: ProviderResponse, times = 1) => {
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

  const untilATry = () => jest.advanceTimersByTimeAsync(TRY_EVERY_MS / 20);

  it('stops when the account is refused, tells the other senders, and goes on when one letter is taken', async () => {
    await send(account);
    expect([inHand, esp.closed, shared]).toEqual([0, false, ['the provider refuses the account (401)']]);
    await untilATry();
    expect([inHand, esp.closed]).toEqual([1, true]);
    await send(accepted);
    expect([shared.slice(1), esp.closed]).toEqual([['ended', 'resumed'], true]);
    await send(accepted);
    expect(inHand).toBe('all');
  });

  it.each<[string, ProviderResponse]>([
    ['the account is refused again', forbidden],
    ['the provider is ill', ill],
    ['it says 429', { kind: 'refused', class: 'rate-limited' }],
  ])('stays stopped when %s at the try', async (_, now) => {
    await send(account);
    await untilATry();
    await send(now);
    expect([inHand, esp.closed, shared.includes('resumed')]).toEqual([0, false, false]);
  });

  it('lets one letter try, whatever else was let through', async () => {
    await send(account);
    await untilATry();
    const asked = jest.fn();
    answer = { kind: 'refused', class: 'server-error' };
    await Promise.all(
      [1, 2, 3].map(async () => asked(await esp.fire(letter, { leadId: 'lead', sendId: 'send', attempt: 1 }))),
    );
    expect(asked.mock.calls.filter(([given]) => (given as { class: string }).class === 'breaker-open')).toHaveLength(2);
  });

  it('lets no letter try while the try is another sender’s', async () => {
    await send(account);
    isMine = false;
    await untilATry();
    expect([inHand, esp.closed]).toEqual([0, false]);
  });

  it('calls nobody when the try was lost before the call', async () => {
    await send(account);
    await untilATry();
    isMine = false;
    expect(await esp.fire(letter, { leadId: 'lead', sendId: 'send', attempt: 1 })).toEqual({
      kind: 'refused',
      class: 'breaker-open',
    });
    expect(esp.closed).toBe(false);
  });

  it('tries no pause that a person made', async () => {
    told({ why: 'I said so', by: 'olga', at: new Date().toISOString() });
    await untilATry();
    expect([inHand, esp.closed]).toEqual([0, false]);
  });

  it('tries an account that bounced with a mail to a lead, and waits for what the mailbox says', async () => {
    told({ why: 'bounces', by: 'inbound', at: new Date().toISOString(), kind: 'reputation' });
    await untilATry();
    await expect(esp.turn(new AbortController().signal, 'staff')).rejects.toThrow('a mail to a lead');
    await esp.turn(new AbortController().signal, 'lead');
    await send(accepted);
    expect([inHand, esp.closed, shared]).toEqual([0, false, []]);
  });

  it('holds the mails of a paused source, and of all when nobody can read which', () => {
    toldSources({ 'ingest source:fair': { why: 'bounces', by: 'inbound', at: new Date().toISOString() } });
    expect([
      esp.holds('ingest source:fair'),
      esp.holds('ingest source:web'),
      esp.holds('toString'),
      esp.closed,
    ]).toEqual([true, false, false, true]);
    toldSources(undefined);
    expect(esp.holds('ingest source:web')).toBe(true);
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

  it('stays stopped for the account when the breaker lets one try', async () => {
    await send(ill, 9);
    await send(account);
    isMine = false;
    jest.advanceTimersByTime(RESET_MS);
    expect(inHand).toBe(0);
  });

  it('does not stop for a letter that is refused, or for a rate', async () => {
    await send({ kind: 'permanent', class: 'permanent' }, 20);
    await send({ kind: 'refused', class: 'rate-limited' }, 20);
    expect([inHand, esp.closed]).toEqual(['all', true]);
  });
});
