import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Vietnamese. */
export const vi: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['trả lời tự động|thư trả lời tự động'],
};
