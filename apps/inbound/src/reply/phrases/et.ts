import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Estonian. */
export const et: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automaatvastus'],
};
