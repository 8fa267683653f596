import type { Phrases } from '../phrases.ts';

/** Norwegian. */
export const nb: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['automatisk svar|fraværsmelding'],
  absenceSubject: ['ikke på kontoret|ikke til stede|ute av kontoret|fravær'],
  bounceSubject: ['ikke levert|kan ikke leveres'],
  delaySubject: ['forsinket'],
  deliveredSubject: [],
  receiptSubject: ['lest|ulest'],
  receiptText: ['meldingen'],
  away: ['på ferie|har ferie|ikke på kontoret|fraværende'],
  awaySubject: ['ferie'],
  robot: ['automatisk svar'],
  left: ['(?:jobber ikke lenger|arbeider ikke lenger|har sluttet|er ikke lenger ansatt)'],
  back: ['tilbake'],
  until: [],
  untilAtOnce: ['til og med'],
  afterDate: [],
  between: ['til og med'],
  months: ['', '', '', '', 'mai', 'juni', 'juli', '', '', 'okt|okto*', '', 'des|desem*'],
  weekdays: ['mandag', 'tirsdag', 'onsdag', 'torsdag', 'fredag', 'lordag', 'sondag'],
  tomorrow: ['i morgen'],
  stop: [
    '(?:fjern|slet|slett|meld) (?:mig|meg)(?: (?:fra|av|af) (?:listen|lista|jeres liste|deres liste|' +
      'nyhedsbrevet|nyhetsbrevet))?',
  ],
  please: ['takk'],
  greeting: ['hei'],
  negation: ['ikke'],
  quoteTitle: [],
  quoteFrom: ['fra'],
  quoteDate: ['den'],
  quoteWrote: ['skrev'],
};
