import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LeadState } from '@leadstream/lead/state';
import type { Outcome } from '@leadstream/providers/port';
import { Metrics } from '@leadstream/service/metrics';
import { plannedStep, enrolled, stepDue, triaged } from '@leadstream/testing/builders';
import { fold, recorded } from '@leadstream/testing/given';
import { pino } from 'pino';
import { RepChat } from './rep-chat.ts';
import { repChats } from '@leadstream/service/rep-chats';

const URLS = { anna: 'https://hooks.example.com/anna-secret', others: 'https://hooks.example.com/others-secret' };
const chats = repChats.parse(`anna=slack:${URLS.anna},\n *=teams:${URLS.others}`);
const step = plannedStep({ audience: 'staff' });
const state: LeadState = fold(recorded([triaged(), enrolled(step), stepDue({ audience: 'staff' })]));
const RESET_MS = 30_000;

describe('a rep’s chat', () => {
  let answer: Outcome;
  let lines: string;
  let metrics: Metrics;
  let chat: RepChat;
  const where = (rep?: string) => chat.for(state, step, rep)?.url;
  const post = async (rep?: string, attempt = 1) => {
    const to = chat.for(state, step, rep);
    if (!to) return 'by mail';
    const outcome = await chat.fire({ to, subject: 's', text: 't', sendId: 's-1', leadId: 'l-1' }, attempt);
    return 'class' in outcome ? outcome.class : outcome.kind;
  };
  beforeEach(() => {
    jest.useFakeTimers();
    answer = { kind: 'accepted', provider: 'slack' };
    [lines, metrics] = ['', new Metrics('sender')];
    const log = pino({}, { write: (line: string) => void (lines += line) });
    chat = new RepChat({ send: async () => answer, chats, breakerResetMs: RESET_MS, metrics, log });
  });
  afterEach(() => {
    chat.shutdown();
    jest.useRealTimers();
    expect(lines).not.toContain('secret');
  });

  it('is the rep’s own, or the one of all others', async () => {
    expect([where('anna'), where('bob'), where()]).toEqual([URLS.anna, URLS.others, URLS.others]);
    expect(await post('anna')).toBe('accepted');
  });

  it('is said once to be for a rep who is not listed, however often the same list is read', () => {
    const [withoutAnna, all] = [[{ id: 'bob' }], [{ id: 'anna' }, { id: 'bob' }]];
    for (const reps of [withoutAnna, [...withoutAnna], all, [], []]) chat.compare(reps);
    expect(lines.match(/"reps":\["anna"\]/g)).toHaveLength(2);
  });

  it('has a breaker: a dead Slack leaves Teams alone, and is tried again later', async () => {
    answer = { kind: 'unknown', class: 'timeout' };
    for (let i = 0; i < 3; i++) expect(await post('anna')).toBe('timeout');
    expect(await post('anna')).toBe('by mail');
    answer = { kind: 'accepted', provider: 'teams' };
    expect(await post('bob')).toBe('accepted');
    jest.advanceTimersByTime(RESET_MS);
    expect(await post('anna')).toBe('accepted');
    expect(where('anna')).toBe(URLS.anna);
  });

  it('with a refused webhook is left alone for ten minutes, and the other rep’s goes on', async () => {
    answer = { kind: 'refused', class: 'account', status: 404 };
    expect(await post('anna')).toBe('account');
    expect([where('anna'), where('bob')]).toEqual([undefined, URLS.others]);
    jest.advanceTimersByTime(10 * 60_000 + 1);
    expect(where('anna')).toBe(URLS.anna);
    expect(lines).toContain('a chat refuses its webhook');
  });

  it('is waited for where its hint is short, three posts in all, and holds other notices meanwhile', async () => {
    answer = { kind: 'refused', class: 'rate-limited', retryAfterMs: 3_000 };
    expect(await post('anna')).toBe('rate-limited');
    expect(where('anna')).toBeUndefined();
    expect([1, 2, 3].map((attempt) => chat.retryDelayMs(answer, attempt))).toEqual([3_000, 3_000, undefined]);
    jest.advanceTimersByTime(3_001);
    expect(where('anna')).toBe(URLS.anna);
  });

  it('with an endless hint is tried again after ten minutes', async () => {
    answer = { kind: 'refused', class: 'rate-limited', retryAfterMs: Number.MAX_SAFE_INTEGER };
    await post('anna');
    expect(where('anna')).toBeUndefined();
    jest.advanceTimersByTime(10 * 60_000 + 1);
    expect(where('anna')).toBe(URLS.anna);
  });

  it.each<[string, Outcome]>([
    ['a long hint', { kind: 'refused', class: 'rate-limited', retryAfterMs: 10_001 }],
    ['a refused webhook', { kind: 'refused', class: 'account' }],
    ['an unreachable chat', { kind: 'refused', class: 'unreachable' }],
    ['an unknown outcome', { kind: 'unknown', class: 'timeout' }],
    ['a refused text', { kind: 'permanent', class: 'permanent' }],
  ])('is not waited for after %s', (_, outcome) => {
    expect(chat.retryDelayMs(outcome, 1)).toBeUndefined();
  });

  it('takes four notices at once; the others go by mail', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const held = Array.from({ length: 4 }, () => chat.hold(() => promise));
    expect(where('anna')).toBeUndefined();
    resolve();
    await Promise.all(held);
    expect(where('anna')).toBe(URLS.anna);
  });
});

it.each([
  'anna',
  'anna=https://hooks.slack.com/secret',
  'anna=irc:https://x.example/secret',
  'anna=slack:ftp://x.example/secret',
  'anna=slack:https://user:secret@x.example/',
  'anna=slack:https://x.example/secret,anna=teams:https://x.example/secret',
])('REP_CHATS of %j is refused, without its URL', (text) => {
  const { error } = repChats.safeParse(text);
  expect(error?.issues.length).toBeGreaterThan(0);
  expect(JSON.stringify(error?.issues)).not.toContain('secret');
});
