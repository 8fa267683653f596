import { describe, expect, it } from '@jest/globals';
import { languageOf, TEXTS } from './unsubscribe-texts.ts';

describe('The unsubscribe page', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['PT-br', 'pt'],
    ['sv-SE,sv;q=0.9', 'en'],
    ['sv, ja;q=0.4, en;q=0.3', 'ja'],
    ['en;q=0.1, fr;q=0', 'en'],
    ['*', 'en'],
    ['../etc, <b>', 'en'],
  ])('is in the language that the header %j prefers', (header, language) => {
    expect(languageOf({ 'accept-language': header })).toBe(language);
  });

  it('has texts without markup, each of its own', () => {
    for (const texts of Object.values(TEXTS)) {
      const said = Object.values(texts);
      expect(said.filter((text) => /[<>&"]/.test(text))).toEqual([]);
      expect(new Set(said).size).toBe(said.length);
    }
  });
});
