import { expect, it } from '@jest/globals';
import { withDatabase } from './servers-database.ts';

it.each([
  ['mongodb://127.0.0.1:27017', 'mongodb://127.0.0.1:27017/mine'],
  ['mongodb://127.0.0.1:27017/leadstream', 'mongodb://127.0.0.1:27017/mine'],
  ['mongodb://a:1,b:2/leadstream?replicaSet=rs0', 'mongodb://a:1,b:2/mine?replicaSet=rs0'],
  ['mongodb+srv://cluster.example.com/?w=majority', 'mongodb+srv://cluster.example.com/mine?w=majority'],
])('%s becomes %s', (uri, expected) => {
  expect(withDatabase(uri, 'mine')).toBe(expected);
});

it.each([
  ['mongodb://u:p@host/leadstream', 'mongodb://u:p@host/mine?authSource=leadstream'],
  ['mongodb://u:p@host', 'mongodb://u:p@host/mine?authSource=admin'],
  ['mongodb://u:p@host/leadstream?authSource=people', 'mongodb://u:p@host/mine?authSource=people'],
])('%s still finds its user', (uri, expected) => {
  expect(withDatabase(uri, 'mine')).toBe(expected);
});

it('a database’s URI rejects an invalid connection string without quoting it', () => {
  expect(() => withDatabase('postgres://u:secret@host/db', 'mine')).toThrow(/^not a MongoDB connection string$/);
});
