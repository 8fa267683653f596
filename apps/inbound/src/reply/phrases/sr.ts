import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Serbian. */
export const sr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['аутоматски одговор'],
};
