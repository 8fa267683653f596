import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { provisionLeads } from '@leadstream/projection/collections';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient } from 'mongodb';
import { command } from './testing/command.ts';

const { uri } = mongoDatabase('leads');
const client = new MongoClient(uri);
const leadctl = (...args: string[]) => command(args, { MONGODB_URI: uri });
const idOf = (n: number) => `0000000${n}-0000-8000-8000-00000000000a`;
/** The ids of a page, in its order. */
const page = async (...args: string[]) => {
  const { out, err } = await leadctl('leads', ...args);
  return {
    ids: out
      .split('\n')
      .flatMap((line) => line.split('  ', 1))
      .filter(Boolean),
    err,
  };
};

beforeAll(async () => {
  const name = await provisionLeads(client.db());
  await client
    .db()
    .collection<{ _id: string }>(name)
    .insertMany(
      [1, 2, 3, 4, 5].map((n) => ({
        _id: idOf(n),
        status: n === 2 ? 'responded' : 'active',
        createdAt: new Date(Date.UTC(2026, 10, n)),
        updatedAt: new Date(Date.UTC(2026, 11, 9 - n)),
      })),
    );
});
afterAll(() => client.close());

it('the newest leads come first, page by page, each page with the way to the next one', async () => {
  const first = await page('--limit', '3');
  expect(first).toEqual({ ids: [5, 4, 3].map(idOf), err: expect.stringContaining(`--after ${idOf(3)}`) });
  expect(await page('--limit', '3', '--after', idOf(3).toUpperCase())).toEqual({ ids: [2, 1].map(idOf), err: '' });
});

it('a page of one status follows any lead', async () => {
  expect((await page('--status', 'active', '--after', idOf(3))).ids).toEqual([1].map(idOf));
});

it('a page after a lead that is not there is refused', async () => {
  expect(await leadctl('leads', '--after', idOf(9))).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining(idOf(9)),
  });
});
