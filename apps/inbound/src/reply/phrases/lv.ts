import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Latvian. */
export const lv: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automātiskā atbilde|automātiska atbilde'],
};
