import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Indonesian. */
export const id: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['balasan otomatis|jawaban otomatis'],
};
