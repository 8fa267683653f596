import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Slovak. */
export const sk: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatická odpoveď'],
  bounceSubject: ['nedoručiteľné'],
  months: ['', '', 'marec|marca', '', '', '', '', '', '', '', '', ''],
};
