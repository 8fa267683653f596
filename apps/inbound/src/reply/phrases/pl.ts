import type { Phrases } from '../phrases.ts';

/** Polish. */
export const pl: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź'],
  absenceSubject: ['poza biurem|nieobecność'],
  bounceSubject: ['niedostarczone|niedostarczalna|nie można dostarczyć'],
  delaySubject: [],
  deliveredSubject: [],
  receiptSubject: ['przeczytano|przeczytane|nieprzeczytane'],
  receiptText: ['wiadomość|twoja wiadomość'],
  away: ['na urlopie|nieobecn*|poza biurem'],
  awaySubject: ['urlop'],
  robot: ['wiadomość automatyczna|wygenerowana automatycznie'],
  left: ['(?:nie pracuje juz|juz nie pracuje|nie jest juz pracowni)\\p{L}*'],
  back: ['wracam|wrócę|powrót'],
  until: [],
  untilAtOnce: ['do'],
  afterDate: [],
  between: ['do'],
  months: [
    'stycz*', 'luty|lutego', 'marca', 'kwie*', 'maj|maja', 'czerw*', 'lipiec|lipca', 'sierp*', 'wrze*', 'pazdz*',
    'listop*', 'grud*',
  ],
  weekdays: ['poniedzial*', 'wtor*', 'srod*', 'czwart*', 'piat*', 'sobot*', 'niedziel*'],
  tomorrow: ['jutro'],
  stop: [
    '(?:o )?(?:mnie )?(?:wypisz|wypisac|wypisanie|usuniecie|usun)(?: (?:mnie|sie))?(?: (?:z|ze) (?:tej |' +
      'waszej |panstwa )?(?:listy|newslettera|bazy))?',
  ],
  please: ['proszę'],
  greeting: ['czesc|dzien dobry|szanown'],
  negation: [],
  quoteTitle: [],
  quoteFrom: ['od'],
  quoteDate: ['w dniu'],
  quoteWrote: ['napisał'],
};
