import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Hebrew. */
export const he: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['תשובה אוטומטית|מענה אוטומטי'],
};
