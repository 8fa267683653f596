import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { keyIn } from '@leadstream/service/keys';
import { apiKeys } from './api-keys.ts';

const hashed = (name: string, key: string): string =>
  `${name}:sha256:${createHash('sha256').update(key).digest('hex')}`;
const keys = apiKeys.parse(
  `${hashed('shop', 'the key of the shop')}, ${hashed('webinars', 'another long key')},the key as it is`,
);

describe('an API key', () => {
  it.each([
    ['its digest is in the list', { authorization: 'Bearer the key of the shop' }, 'shop'],
    ['any digest of the list is its own', { 'x-api-key': 'another long key' }, 'webinars'],
    ['it is in the list itself', { authorization: 'bearer the key as it is' }, 'key-3'],
  ])('is known when %s', (_, headers, name) => {
    expect(keyIn(headers, keys)?.name).toBe(name);
  });

  it.each([
    ['nothing', {}],
    ['an empty one', { authorization: 'Bearer ' }],
    ['one that is nearly right', { authorization: 'Bearer the key of the shoq' }],
    [
      'the digest in place of the key',
      { authorization: `Bearer ${createHash('sha256').update('the key of the shop').digest('hex')}` },
    ],
    ['the entry in place of the key', { 'x-api-key': hashed('shop', 'the key of the shop') }],
  ])('is not %s', (_, headers) => {
    expect(keyIn(headers, keys)?.name).toBeUndefined();
  });

  it.each([
    ['shop:sha256:abc', 'entry 2 must be name:sha256:<64 hex digits>'],
    [`a b:sha256:${'0'.repeat(64)}`, 'entry 2 must be name:sha256:<64 hex digits>'],
    ['short', 'entry 2 must have at least 16 characters'],
  ])('that is %j is refused at start, by its place and never by its text', (entry, message) => {
    const { error } = apiKeys.safeParse(`the key as it is,${entry}`);
    expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});
