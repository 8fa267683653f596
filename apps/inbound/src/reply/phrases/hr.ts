import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Croatian. */
export const hr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatski odgovor'],
};
