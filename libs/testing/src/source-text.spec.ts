import { describe, expect, it } from '@jest/globals';
import { replaceInSource } from './source-text.ts';

describe('a replacement in a source', () => {
  it.each([
    ['white space', 'const a = [\n  1,\n  2,\n];', '[1, 2]'],
    ['the kind of quotes', 'f("it\'s")', "f('it\\'s')"],
    ['a comma before a closing bracket', 'f(\n  a,\n  b,\n);', 'f(a, b)'],
  ])('finds the text whatever the %s', (_, source, takeOut) => {
    expect(replaceInSource(source, takeOut, 'X')).toMatch(/^(const a = )?X;?$/);
  });

  it('keeps the rest of the source as it is', () => {
    expect(replaceInSource("if (a) { b( 'c' ); }\n", "b('c')", 'd')).toBe('if (a) { d; }\n');
  });

  it.each([
    ['is missing', 'a', 'b'],
    ['is there twice', 'a(1); a( 1 );', 'a(1)'],
    ['is empty', 'a', ' '],
  ])('throws when the text %s', (_, source, takeOut) => {
    expect(() => replaceInSource(source, takeOut, 'X')).toThrow(/place/);
  });
});
