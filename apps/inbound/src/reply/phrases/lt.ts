import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Lithuanian. */
export const lt: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatinis atsakymas'],
};
