import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Bulgarian. */
export const bg: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['автоматичен отговор'],
};
