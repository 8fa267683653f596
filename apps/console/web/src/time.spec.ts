import { describe, expect, it } from '@jest/globals';
import { ago, due, offset, place, span, wall } from './time.ts';

const at = '2026-11-30T08:15:00Z';
const ms = Date.parse(at);

describe('times on the page', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [210_000, '3 min 30 s'],
    [3_600_000, '1 h'],
    [154_800_000, '1 d 19 h'],
  ])('%d ms are %s', (length, words) => {
    expect(span(length)).toBe(words);
  });

  it('are said before and after they come', () => {
    expect(due(at, ms - 90_000)).toBe('in 1 min 30 s');
    expect(due(at, ms + 90_000)).toBe('1 min 30 s late');
    expect([ago(at, ms + 9_000), ago(at, ms + 7_300_000)]).toEqual(['just now', '2 h ago']);
  });

  it('are the lead’s own, with its place; of a zone that the browser does not know, UTC', () => {
    expect(wall(at, 'Europe/Copenhagen')).toBe('Mon 30 Nov, 09:15');
    expect(wall(at, 'Mars/Olympus_Mons')).toBe('Mon 30 Nov, 08:15');
    expect([place('America/Sao_Paulo'), offset('Asia/Kolkata', at)]).toEqual(['Sao Paulo', 'UTC+5:30']);
  });
});
