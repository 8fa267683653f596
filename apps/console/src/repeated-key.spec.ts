import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { repeatedKey } from './repeated-key.ts';

describe('a repeated key', () => {
  it.each([
    ['{"kind":"pause","kind":"stop"}', 'kind'],
    ['{"kind":"pause","\\u006bind":"stop"}', 'kind'],
    ['{"a":[{"b":1},{"b":2,"c":{"b":3,"b":3}}]}', 'b'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"":1,"":2}', ''],
  ])('of %s is %j', (text, key) => {
    expect(repeatedKey(text)).toBe(key);
  });

  it('is in no JSON that was made of values', () => {
    fc.assert(fc.property(fc.json(), (text) => repeatedKey(text) === undefined));
  });

  it('ends the reading of a text that nests too deep', () => {
    expect(() => repeatedKey('['.repeat(60_000) + ']'.repeat(60_000))).toThrow(RangeError);
  });
});
