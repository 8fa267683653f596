import type { Phrases } from '../phrases.ts';

const MAILS = '(?:mails?|e ?mails?|nachrichten|werbung|newsletter|werbemails?)';

/** German. */
export const de: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['automatische antwort|automatische rückantwort|automatische abwesenheit'],
  absenceSubject: ['abwesenheit|abwesenheitsnotiz|abwesenheitsmeldung|abwesenheitsnachricht|abwesend|nicht im büro'],
  bounceSubject: [
    'unzustellbar|nicht zustellbar|unzustellbare nachricht|zustellung fehlgeschlagen',
    'fehler bei der nachrichtenzustellung',
  ],
  delaySubject: ['verzögert'],
  deliveredSubject: ['zugestellt:'],
  receiptSubject: ['gelesen|ungelesen|nicht gelesen'],
  receiptText: ['ihre nachricht|dies ist eine'],
  away: [
    'im urlaub|in urlaub|abwesend|außer haus|nicht im büro|nicht im hause|nicht im haus|in elternzeit',
    'im mutterschutz|elternzeit',
  ],
  awaySubject: ['urlaub*|abwesen*'],
  robot: [
    'automatisch generiert*|automatisch erstellt*|automatische nachricht|automatische antwort',
    'automatisch versendet*',
  ],
  left: [
    '(?:hat|habe) (?:das |unser |die )?(?:unternehmen|firma) verlassen',
    'nicht mehr (?:im unternehmen|bei uns|fur uns|in unserem)',
    '(?:arbeitet|arbeite) nicht mehr',
    '(?<=\\b(?:ist|bin) (?:seit (?:dem |kurzem )?)?(?:[\\d.]{1,12} )?)nicht mehr (?:bei|fur|in)(?=(?: ' +
      '[^\\s.]{1,30}){1,5} (?:tatig|beschaftigt|angestellt))',
    'aus (?:dem unternehmen|der firma|unserem unternehmen) ausgeschieden',
    'im ruhestand',
  ],
  back: ['zurück|wieder|rückkehr'],
  until: ['bis'],
  untilAtOnce: [],
  afterDate: ['wieder|zurück'],
  between: ['bis|und'],
  months: [
    'januar*|janner*',
    'februar*',
    'marz*|maerz',
    '',
    'mai',
    'juni',
    'juli',
    '',
    '',
    'okt|okto*',
    '',
    'dez|dezem*',
  ],
  weekdays: ['montag', 'dienstag', 'mittwoch', 'donnerstag', 'freitag', 'samstag|sonnabend', 'sonntag'],
  tomorrow: ['morgen'],
  stop: [
    '(?:ich (?:mochte|will) )?(?:mich |uns )?(?:abmelden|abmeldung|abbestellen|abbestellung|austragen)(?: ' +
      '(?:vom|von|aus)(?: (?:dem|der|ihrem|ihrer|diesem))? (?:verteiler|liste|newsletter))?',
    'stopp',
    '(?:(?:melden|tragen|nehmen|loschen|streichen|entfernen) sie|melde|trage|nimm|losche|streiche|' +
      'entferne) (?:mich|uns|meine (?:e ?mail )?adresse)(?: (?:aus|von|vom)(?: (?:dem|der|ihrem|ihrer|eurem|' +
      'eurer|deinem|diesem|dieser|ihren))?(?: (?:mail|e mail|email))? ?(?:verteiler|mailverteiler|liste|' +
      'mailingliste|newsletter|datenbank))?(?: (?:ab|aus|heraus|raus))?',
    `ich (?:mochte|will) (?:keine|nicht)(?: weiteren)?(?: ${MAILS})?(?: von ihnen)?(?: mehr)? (?:erhalten|` +
      'bekommen)',
    `(?:senden|schicken|schreiben)(?: sie)? (?:mir |uns )?(?:keine|nicht)(?: weiteren)?(?: ${MAILS})?(?: mehr)?`,
    `keine(?: weiteren)? ${MAILS}(?: mehr)?`,
  ],
  please: ['bitte|danke|hallo'],
  greeting: ['hallo|guten tag|sehr geehrte|liebe|lieber'],
  negation: ['nicht|kein'],
  quoteTitle: ['urspr|weitergeleitete'],
  quoteFrom: ['von'],
  quoteDate: ['am'],
  quoteWrote: ['schrieb'],
};
