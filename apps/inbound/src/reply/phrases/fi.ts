import type { Phrases } from '../phrases.ts';

/** Finnish. */
export const fi: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['automaattinen vastaus|automaattivastaus|poissaoloilmoitus'],
  absenceSubject: ['poissa'],
  bounceSubject: ['ei voida toimittaa'],
  delaySubject: [],
  deliveredSubject: [],
  receiptSubject: ['luettu'],
  receiptText: ['viesti'],
  away: ['lomalla|poissa'],
  awaySubject: ['loma'],
  robot: [],
  left: [
    'ei (?:ole|tyoskentele) enaa(?=(?: [^\\s.]{1,30}){0,3} (?:palveluksessa|toissa))',
    'ei (?:tyoskentele enaa|enaa tyoskentele)',
  ],
  back: ['palaan'],
  until: [],
  untilAtOnce: [],
  afterDate: ['asti|saakka'],
  between: [],
  months: [
    'tammik*', 'helmik*', 'maalisk*', 'huhtik*', 'toukok*', 'kesak*', 'heinak*', 'elok*', 'syysk*', 'lokak*',
    'marrask*', 'jouluk*',
  ],
  weekdays: ['maanantai*', 'tiistai*', 'keskiviik*', 'torsta*', 'perjantai*', 'lauanta*', 'sunnunta*'],
  tomorrow: ['huomenna'],
  stop: [
    '(?:poista|poistakaa) (?:minut|osoitteeni)(?: (?:listalta|postituslistalta|listaltanne))?',
    '(?:peruuta|peru) (?:uutiskirjeen )?tilaus',
  ],
  please: [],
  greeting: ['hei'],
  negation: [],
  quoteTitle: [],
  quoteFrom: [],
  quoteDate: [],
  quoteWrote: [],
};
