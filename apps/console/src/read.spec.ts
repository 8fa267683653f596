import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Unavailable } from '@leadstream/eventlog/errors';
import { MongoError } from 'mongodb';
import { read } from './read.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const detailOf = async (ask: () => Promise<never>) => {
  const answer = read(ask).catch((problem: unknown) => problem);
  await jest.advanceTimersByTimeAsync(5_000);
  return ((await answer) as { detail: string }).detail;
};

it.each<[string, () => Promise<never>, string]>([
  ['MongoDB', () => Promise.reject(new MongoError('away')), 'MongoDB gives no answer'],
  ['NATS', () => Promise.reject(new Unavailable('away')), 'NATS gives no answer'],
  ['either', () => new Promise<never>(() => undefined), 'NATS or MongoDB gives no answer'],
])('a read names the server that is away: %s', async (_, ask, detail) => {
  expect(await detailOf(ask)).toBe(detail);
});
