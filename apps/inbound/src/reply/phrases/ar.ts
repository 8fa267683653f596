import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Arabic. */
export const ar: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['رد تلقائي|الرد التلقائي'],
};
