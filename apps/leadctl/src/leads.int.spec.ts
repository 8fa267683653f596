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
        sequence: n === 4 ? 'sales-demo' : 'content-nurture',
        searchKeys: [`jane.${n}@example.com`],
        history: [{ summary: 'long' }],
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

it('a sequence and the beginning of an address narrow the list', async () => {
  expect((await page('--sequence', 'sales-demo')).ids).toEqual([4].map(idOf));
  expect((await page('--search', 'JANE.2')).ids).toEqual([2].map(idOf));
  expect((await page('--search', 'jane', '--status', 'active', '--limit', '2')).ids).toEqual([5, 4].map(idOf));
});

it('an empty list is a line for a person, and empty JSON', async () => {
  expect(await leadctl('leads', '--tag', 'nobody')).toEqual({ code: 0, out: '', err: 'leadctl: no lead matches\n' });
  expect(await leadctl('leads', '--tag', 'nobody', '--json')).toEqual({ code: 0, out: '[]\n', err: '' });
});

it('a list is one JSON array without the histories of its leads, however many pages it has', async () => {
  const before = await client.db().collection<{ _id: string }>('leads_1').countDocuments();
  const many = Array.from({ length: 450 }, (_, n) => ({
    _id: `many-${n}`,
    tags: ['many'],
    createdAt: new Date(n),
    updatedAt: new Date(n),
  }));
  await client.db().collection<{ _id: string }>('leads_1').insertMany(many);
  const { out, err } = await leadctl('leads', '--json', '--limit', '1000');
  const listed = JSON.parse(out) as Record<string, unknown>[];
  expect(listed).toHaveLength(before + 450);
  expect(listed[0]).toEqual({
    _id: idOf(5),
    status: 'active',
    sequence: 'content-nurture',
    createdAt: '2026-11-05T00:00:00.000Z',
    updatedAt: '2026-12-04T00:00:00.000Z',
  });
  expect(err).toBe('');
  expect((await page('--tag', 'many', '--limit', '450')).ids).toEqual(many.map(({ _id }) => _id).reverse());
});
