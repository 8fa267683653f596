import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Greek. */
export const el: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['αυτόματη απάντηση'],
  absenceSubject: ['εκτός γραφείου'],
  bounceSubject: ['μη παραδόσιμο'],
  away: ['σε άδεια|εκτός γραφείου'],
  back: ['επιστρέψω|επιστρέφω'],
  until: ['μέχρι|έως'],
  months: [
    'ιανουαρ*',
    'φεβρουαρ*',
    'μαρτ*',
    'απριλ*',
    'μαι*',
    'ιουνι*',
    'ιουλι*',
    'αυγουστ*',
    'σεπτεμβρ*',
    'οκτωβρ*',
    'νοεμβρ*',
    'δεκεμβρ*',
  ],
};
