import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { Email } from '@leadstream/providers/port';
import type { AccountPause, PausedSources } from '@leadstream/service/account';
import { Metrics } from '@leadstream/service/metrics';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { pino } from 'pino';
import { GuardedSend } from './breaker.ts';

const RESET_MS = 30_000;
const TRY_EVERY_MS = 10 * 60_000;
const mail: Email = {
  to: 'jane@example.com',
  from: { email: 'sales@acme.example', name: 'Sales' },
  replyTo: { email: 'reply@acme.example' },
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

describe('the sender’s flow', () => {
  let metrics: Metrics;
  let inHand: number | 'all';
  let answer: ProviderResponse;
  let esp: GuardedSend;
  let setPause: (pause: AccountPause | null) => void;
  let shared: string[];
  let breaker: string[];
  let waitMs: number;
  let whilePaced: () => Promise<void>;
  let log: { open: boolean; why: string; become: (open: boolean) => void };
  let isMine: boolean;
  let setOtherSources: (sources: PausedSources | undefined) => void;
  let setSources: (sources: PausedSources | undefined) => void;
  beforeEach(() => {
    jest.useFakeTimers();
    metrics = new Metrics('sender');
    breaker = [];
    [inHand, answer] = ['all', accepted];
    [setPause, setSources, shared, waitMs, isMine] = [() => undefined, () => undefined, [], 0, true];
    whilePaced = async () => undefined;
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
      provider: 'sendgrid',
      config: { ESP_BREAKER_RESET_MS: RESET_MS, ESP_TRY_EVERY_MS: TRY_EVERY_MS },
      metrics,
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
          setPause = listener;
        },
        followSources: (listener) => {
          setSources = listener;
        },
        pause: async (pause) => {
          shared.push(pause.why);
        },
        resume: async () => {
          shared.push('resumed');
          return true;
        },
        breaker: async (state) => {
          breaker.push(state);
        },
      },
      alsoSources: {
        followSources: (listener) => {
          setOtherSources = listener;
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
        take: async () => {
          await whilePaced();
          return waitMs;
        },
        hold: async (ms) => {
          shared.push(`hold ${ms}`);
        },
      },
    });
    setSources({});
    setOtherSources({});
    setPause(null);
  });
  afterEach(() => {
    esp.shutdown();
    jest.useRealTimers();
  });
  const send = async (now: ProviderResponse, times = 1) => {
    answer = now;
    for (let time = 0; time < times; time++) await esp.fire(mail, { leadId: 'lead', sendId: 'send', attempt: 1 });
  };

  it('marks the span of a call that failed, with its class, and counts it with its time', async () => {
    const spans = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
    );
    try {
      await send({ kind: 'refused', class: 'rate-limited' });
      await send(accepted);
    } finally {
      trace.disable();
    }
    expect(spans.getFinishedSpans().map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      [SpanStatusCode.ERROR, 'rate-limited'],
      [SpanStatusCode.UNSET, undefined],
    ]);
    const shown = await metrics.exposition();
    for (const each of ['accepted', 'rate-limited'])
      expect(shown).toContain(`leadstream_esp_requests_total{provider="sendgrid",class="${each}",app="sender"} 1`);
    expect(shown).toContain('leadstream_esp_request_seconds_count{provider="sendgrid",app="sender"} 2');
  });

  it('counts a claim that met an open breaker, and no call', async () => {
    await send(ill, 11);
    const shown = await metrics.exposition();
    expect(shown).toContain('leadstream_esp_requests_total{provider="sendgrid",class="server-error",app="sender"} 10');
    expect(shown).toContain('leadstream_esp_uncalled_claims_total{provider="sendgrid",app="sender"} 1');
    expect(shown).toContain('leadstream_sending_held{provider="sendgrid",why="breaker",app="sender"} 1');
    expect(shown).toContain('leadstream_sending_held{provider="sendgrid",why="account",app="sender"} 0');
  });

  it('stops while the log is held, and allows no call for a claim', async () => {
    log.become(false);
    setPause(null);
    expect([inHand, esp.closed, esp.mayCall]).toEqual([0, false, false]);
    await expect(esp.turn(new AbortController().signal, 'lead')).rejects.toThrow('log ends at 36, 80 was seen');
    log.become(true);
    expect([inHand, esp.closed, esp.mayCall]).toEqual(['all', true, true]);
  });

  it('stops when the provider is unhealthy, tries one mail, and resumes when it is accepted', async () => {
    await send(ill, 10);
    expect([inHand, esp.closed]).toEqual([0, false]);
    jest.advanceTimersByTime(RESET_MS);
    expect([inHand, esp.closed]).toEqual([1, true]);
    await send(accepted);
    expect(inHand).toBe('all');
  });

  it('records the opening of the breaker and its end, and no try in between that fails', async () => {
    await send(ill, 10);
    for (let tries = 0; tries < 3; tries++) {
      jest.advanceTimersByTime(RESET_MS);
      await send(ill);
    }
    expect(breaker).toEqual(['opened']);
    jest.advanceTimersByTime(RESET_MS);
    await send(accepted);
    expect(breaker).toEqual(['opened', 'closed']);
  });

  const untilATry = () => jest.advanceTimersByTimeAsync(TRY_EVERY_MS / 20);

  it('pauses a refused account for all senders, and resumes when one mail is accepted', async () => {
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
    ['the provider is unhealthy', ill],
    ['the provider responds 429', { kind: 'refused', class: 'rate-limited' }],
  ])('stays stopped when %s at the try', async (_, now) => {
    await send(account);
    await untilATry();
    await send(now);
    expect([inHand, esp.closed, shared.includes('resumed')]).toEqual([0, false, false]);
  });

  it('spends one try on one mail, with several claims open', async () => {
    await send(account);
    await untilATry();
    const asked = jest.fn();
    answer = { kind: 'refused', class: 'server-error' };
    await Promise.all(
      [1, 2, 3].map(async () => asked(await esp.fire(mail, { leadId: 'lead', sendId: 'send', attempt: 1 }))),
    );
    expect(asked.mock.calls.filter(([given]) => (given as { class: string }).class === 'breaker-open')).toHaveLength(2);
  });

  it('stays stopped while another sender has the try', async () => {
    await send(account);
    isMine = false;
    await untilATry();
    expect([inHand, esp.closed]).toEqual([0, false]);
  });

  it('makes no call when another sender has taken over the try', async () => {
    await send(account);
    await untilATry();
    isMine = false;
    expect(await esp.fire(mail, { leadId: 'lead', sendId: 'send', attempt: 1 })).toEqual({
      kind: 'refused',
      class: 'breaker-open',
    });
    expect(esp.closed).toBe(false);
  });

  it('does not try during an operator’s pause', async () => {
    setPause({ why: 'I said so', by: 'olga', at: new Date().toISOString() });
    await untilATry();
    expect([inHand, esp.closed]).toEqual([0, false]);
  });

  it('allows no call for a claim in hand during an operator’s pause', () => {
    setPause({ why: 'a wrong template', by: 'olga', at: '2026-11-23T09:00:00Z' });
    expect(esp.mayCall).toBe(false);
    setPause(null);
    expect(esp.mayCall).toBe(true);
  });

  it('tries an account paused by bounces with a mail to a lead; it stays paused until the delivery', async () => {
    setPause({ why: 'bounces', by: 'inbound', at: new Date().toISOString(), kind: 'reputation' });
    await untilATry();
    await expect(esp.turn(new AbortController().signal, 'staff')).rejects.toThrow('a mail to a lead');
    await esp.turn(new AbortController().signal, 'lead');
    await send(accepted);
    expect([inHand, esp.closed, shared]).toEqual([0, false, []]);
  });

  it('does not try it with a mail to staff that waited for the pace when the pause began', async () => {
    whilePaced = async () => {
      setPause({ why: 'bounces', by: 'inbound', at: new Date().toISOString(), kind: 'reputation' });
      await untilATry();
    };
    await expect(esp.turn(new AbortController().signal, 'staff')).rejects.toThrow('a mail to a lead');
  });

  it('holds the mails of a paused source, and of every source when the list is unreadable', () => {
    setSources({ 'ingest source:fair': { why: 'bounces', by: 'inbound', at: new Date().toISOString() } });
    expect([
      esp.holds('ingest source:fair'),
      esp.holds('ingest source:web'),
      esp.holds('toString'),
      esp.closed,
    ]).toEqual([true, false, false, true]);
    setSources(undefined);
    expect(esp.holds('ingest source:web')).toBe(true);
  });

  it('holds the texts of a source that is paused at the account of the mails', () => {
    setOtherSources({ 'form web': { why: 'bounces', by: 'inbound', at: '2026-03-02T09:00:00Z' } });
    expect([esp.holds('form web'), esp.holds('form shop')]).toEqual([true, false]);
    setSources({ 'form shop': { why: 'bounces', by: 'inbound', at: '2026-03-02T09:00:00Z' } });
    expect([esp.holds('form web'), esp.holds('form shop')]).toEqual([true, true]);
    setOtherSources({});
    expect(esp.holds('form web')).toBe(false);
    setOtherSources(undefined);
    expect(esp.holds('form web')).toBe(true);
  });

  it('counts one 403 as the mail’s error, three in a row as the account’s', async () => {
    await send(forbidden, 2);
    await send(accepted);
    await send(forbidden, 2);
    expect(inHand).toBe('all');
    await send(forbidden);
    expect(inHand).toBe(0);
  });

  it('stops until an operator resumes the account that another service paused', async () => {
    setPause({ why: 'too many complaints', by: 'inbound', at: new Date().toISOString() });
    jest.advanceTimersByTime(7 * 24 * 3_600_000);
    expect([inHand, esp.closed]).toEqual([0, false]);
    setPause(null);
    expect(inHand).toBe(1);
  });

  it('stops when the day’s cap is reached, and returns the mails in hand', async () => {
    waitMs = 3 * 3_600_000;
    await expect(esp.turn(new AbortController().signal, 'lead')).rejects.toMatchObject({
      code: 'RETRY',
      delayMs: waitMs,
    });
    expect([inHand, esp.closed]).toEqual([0, false]);
    jest.advanceTimersByTime(waitMs);
    expect([inHand, esp.closed]).toEqual(['all', true]);
  });

  it('lets a mail that needs no call go on when the day’s cap is reached', async () => {
    waitMs = 3 * 3_600_000;
    await esp.turn(new AbortController().signal, 'lead', false);
    expect(esp.closed).toBe(true);
  });

  it('shares the wait of a 429 with the other senders', async () => {
    await send({ kind: 'refused', class: 'rate-limited', retryAfterMs: 20_000 });
    expect(shared).toEqual(['hold 20000']);
  });

  it('stays stopped during an account pause when the breaker is half-open', async () => {
    await send(ill, 9);
    await send(account);
    isMine = false;
    jest.advanceTimersByTime(RESET_MS);
    expect(inHand).toBe(0);
  });

  it('continues after refused mails and rate limits', async () => {
    await send({ kind: 'permanent', class: 'permanent' }, 20);
    await send({ kind: 'refused', class: 'rate-limited' }, 20);
    expect([inHand, esp.closed]).toEqual(['all', true]);
  });
});
