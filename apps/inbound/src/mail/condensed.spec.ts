import { describe, expect, it } from '@jest/globals';
import { condensed } from './condensed.ts';

/** Shapes that the trimmer's expressions match again and again; each takes it seconds in 12 KiB. */
const SHAPES = [
  ...['On a ', 'Le a ', 'El a ', 'Am a ', 'Op a schreef a: ', 'abc. skrev : ', 'From: <', 'De:[', '1111from<', '在 '],
  ...['>', '-', '_', ' ', '\n', ' \n', '>\n', '> a\n', '--\n', 'On a\n', 'From:\n', 'Op\n', 'abc. \n', '在\n', 'a\n\n'],
];

describe('a text before it is trimmed', () => {
  it.each(SHAPES)('has bounded lines, however often %j stands in it', (shape) => {
    const { text } = condensed(shape.repeat(12 * 1024).slice(0, 12 * 1024));
    expect(text.length).toBeLessThanOrEqual(4_096);
    const lines = text.split('\n');
    expect(lines.length).toBeLessThanOrEqual(120);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(170);
  });

  it('keeps a line of which the middle is left out, whatever the text has for a mark', () => {
    const long = `\u00010\u0002a${'😀 '.repeat(200)}z`;
    const { text, restored } = condensed(`Hello,\n${long}\nand ${long}`);
    expect(text.length).toBeLessThan(400);
    const kept = long.replaceAll('\u0001', '');
    expect(restored(text)).toBe(`Hello,\n${kept}\nand ${kept}`);
  });

  it('loses no half of a mark where it is cut', () => {
    const { text, restored } = condensed(`${'a'.repeat(300)}\n`.repeat(60));
    expect(restored(text)).toMatch(/^[a\n]+$/);
  });

  it('keeps the two ends of a quote', () => {
    expect(condensed('Yes.\n> a\n> b\n> c\n> d\nNo.\n> e').text).toBe('Yes.\n> a\n> d\nNo.\n> e');
  });
});
