import type { Phrases } from '../phrases.ts';

/** Swedish. */
export const sv: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['autosvar|automatiskt svar|frånvaromeddelande'],
  absenceSubject: ['frånvaro|frånvarande|inte på kontoret|ej på kontoret'],
  bounceSubject: ['olevererbart|kan inte levereras'],
  delaySubject: ['fördröjd'],
  deliveredSubject: [],
  receiptSubject: ['läst|ej läst|oläst'],
  receiptText: ['ditt meddelande'],
  away: ['semester|på semester|frånvarande|föräldraledig'],
  awaySubject: ['semester'],
  robot: ['automatiskt meddelande'],
  left: ['(?:har slutat|arbetar inte langre|jobbar inte langre)'],
  back: ['åter|tillbaka'],
  until: [],
  untilAtOnce: ['t.o.m.|till och med'],
  afterDate: [],
  between: ['till och med'],
  months: ['', '', '', '', 'maj', 'juni', 'juli', '', '', 'okt|okto*', '', ''],
  weekdays: ['mandag', 'tisdag', 'onsdag', 'torsdag', 'fredag', 'lordag', 'sondag'],
  tomorrow: ['imorgon'],
  stop: [
    '(?:avregistrera|avprenumerera|ta bort)(?: mig)?(?: (?:fran|ur) (?:listan|er lista|denna lista|' +
      'utskicket|utskicken))?',
  ],
  please: ['tack'],
  greeting: ['hej'],
  negation: ['inte'],
  quoteTitle: [],
  quoteFrom: ['från'],
  quoteDate: ['den'],
  quoteWrote: ['skrev'],
};
