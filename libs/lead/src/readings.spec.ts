import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readings } from './readings.ts';

const ENCODINGS: Record<string, (text: string) => string> = {
  base64: (text) => Buffer.from(text).toString('base64'),
  percent: (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
  form: (text) => `a=${encodeURIComponent(text)}`,
  'quoted-printable': (text) => text.replaceAll('=', '=3D'),
  JSON: (text) => JSON.stringify({ text }),
};
const nested = (text: string, encodings: readonly string[]): string =>
  encodings.reduce((inner, name) => ENCODINGS[name]?.(inner) ?? inner, text);
const found = (value: unknown): string[] => [...readings(value)].sort();

describe('the texts in a value', () => {
  it('include those of a text that also occurs too deep to be decoded', () => {
    const address = nested('jane.doe@example.com', ['base64']);
    const deep = nested(address, ['base64', 'base64', 'base64', 'base64']);
    expect(found({ a: address, b: deep })).toContain('jane.doe@example.com');
    expect(found({ b: deep, a: address })).toContain('jane.doe@example.com');
  });

  it('are the same in any order of the keys', () => {
    const chain = fc.array(fc.constantFrom(...Object.keys(ENCODINGS)), { maxLength: 3 });
    const text = fc.constantFrom('jane.doe@example.com', 'a+b=jane%2Edoe@example.com', 'e=jane+doe%40example.com&x=1');
    fc.assert(
      fc.property(text, chain, fc.array(chain, { minLength: 1, maxLength: 4 }), (plain, inner, outer) => {
        const shared = nested(plain, inner);
        const members = [shared, ...outer.map((encodings) => nested(shared, encodings))];
        const entries = members.map((member, index) => [`key ${index}`, member] as const);
        expect(found(Object.fromEntries(entries.toReversed()))).toEqual(found(Object.fromEntries(entries)));
      }),
    );
  });
});
