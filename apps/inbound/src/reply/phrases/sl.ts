import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Slovenian. */
export const sl: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['samodejni odgovor'],
};
