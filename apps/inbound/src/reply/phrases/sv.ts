import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Swedish. */
export const sv: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'autosvar|automatiskt svar|frånvaromeddelande',
    'automatiskt meddelande|automatisk svar|mottagningsbekräftelse',
  ],
  absenceSubject: [
    'frånvaro|frånvarande|inte på kontoret|ej på kontoret|på semester|borta från kontoret|föräldraledig',
    'jag är på semester|jag är ledig|sjukskriven|är på semester|frånvaro notis|frånvaroavisering',
    'autosvar frånvaro',
  ],
  bounceSubject: ['olevererbart|kan inte levereras'],
  delaySubject: ['fördröjd'],
  receiptSubject: ['läst|ej läst|oläst'],
  receiptText: ['ditt meddelande'],
  away: ['semester|på semester|frånvarande|föräldraledig|är ledig|har semester'],
  awaySubject: ['semester|semesterstängt|ledig'],
  itself: [
    'detta är ett automatiskt|detta är ett automatiskt genererat|det här är ett automatiskt',
    'detta mejl har skickats automatiskt|detta meddelande har skapats automatiskt|detta är ett autosvar',
  ],
  meanwhile: [
    'vid brådskande|i brådskande|vid akuta|brådskande ärenden|mejl läses inte|läser inte min mejl',
    'läser inte mejl|läser inte e-post|läser inte min e-post|läses inte|vidarebefordras inte',
    'inte tillgång till|kontakta växeln|när jag är tillbaka',
  ],
  urgent: ['brådskande|akut*'],
  updated: ['har uppdaterats'],
  wants: [
    'offert|priser|prislista|demo|avtal|faktura|intresserad|intresserade|intressant|ring mig|ringa mig',
    'skicka mig|skicka oss|budget|priset|pris på|pris för',
    'passar bra|passar mig|låter bra|skriva på',
  ],
  robot: [
    'automatiskt meddelande|automatiskt genererat|tack för ditt mejl vi har',
    'ett ärende har skapats|svara inte på detta',
    'ditt ärende har registrerats|ditt ärende är registrerat|ditt ärende har mottagits|din förfrågan har mottagits',
    'granskas av vår support',
  ],
  receipt: [
    'vi har mottagit ditt|vi har tagit emot ditt|ärendenummer|så snart som möjligt',
    'så snart vi kan',
    'tack för ditt mejl|tack för ditt meddelande|vi återkommer så snart|återkommer inom',
  ],
  left: ['(?:har slutat|arbetar inte langre|jobbar inte langre)'],
  back: ['åter|tillbaka'],
  until: ['till och med|fram till', 'före|förrän'],
  untilAtOnce: ['t.o.m.|till och med'],
  between: ['till och med'],
  months: ['', '', '', '', 'maj', 'juni', 'juli', '', '', 'okt|okto*', '', ''],
  weekdays: ['mandag', 'tisdag', 'onsdag', 'torsdag', 'fredag', 'lordag', 'sondag'],
  tomorrow: ['imorgon'],
  stop: [
    '(?:avregistrera|avprenumerera|ta bort)(?: mig)?(?: (?:fran|ur) (?:listan|er lista|denna lista|' +
      'utskicket|utskicken))?',
    'sluta (?:mejla|maila|skicka mejl|skicka mail)(?: mig)?',
    'avsluta prenumeration(?:en)?',
    'avregistrera(?: mig)?',
    'jag vill inte ha fler (?:mejl|mail)',
    'skicka inte fler (?:mejl|mail)',
    'avregistrera(?: mig)?|avprenumerera|avsluta (?:min )?prenumeration(?:en)?|avanmäl mig',
    '(?:ta|stryk|plocka) bort mig(?: från (?:listan|er lista|utskicket|sändlistan))?',
    '(?:skicka|mejla|maila|skriv|kontakta)(?: mig)? (?:inte|inga)(?: (?:mig|mer|fler|längre))*(?: (?:mejl|' +
      'mail|e ?post))?',
    'sluta (?:mejla|maila|skriva|skicka)(?: (?:till )?mig)?(?: (?:mejl|mail))?',
    'inga (?:fler|mer) (?:mejl|mail|utskick)',
  ],
  please: ['tack', 'med|vänliga|hälsningar|mvh|snälla|hej|vänlig|hälsning'],
  dismissal: ['inte intresserad', 'jag är inte intresserad', 'nej tack'],
  greeting: ['hej'],
  quoteFrom: ['från'],
  quoteDate: ['den'],
  quoteWrote: ['skrev'],
  challenge: ['bekräfta att du inte är|verifiering av avsändare'],
  assent: ['ja|gärna|absolut|visst|låter bra'],
};
