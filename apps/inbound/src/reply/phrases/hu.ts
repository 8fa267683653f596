import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Hungarian. */
export const hu: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatikus válasz'],
  absenceSubject: ['házon kívül'],
  bounceSubject: ['kézbesíthetetlen'],
  away: ['szabadságon'],
  back: ['vissza'],
  months: ['', '', 'marc|marcius*', '', 'majus*', 'junius*', 'julius*', '', 'szeptember*', '', '', ''],
  stop: ['leiratkozas'],
};
