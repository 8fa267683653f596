import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Norwegian. */
export const nb: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'automatisk svar|fraværsmelding',
    'automatisk melding|autosvar|mottaksbekreftelse|automatisk bekreftelse',
  ],
  absenceSubject: [
    'ikke på kontoret|ikke til stede|ute av kontoret|fravær|på ferie|fraværende|jeg er på ferie',
    'jeg er ute av kontoret|jeg har ferie|fraværsvarsel|fraværsassistent|autosvar fravær',
  ],
  bounceSubject: ['ikke levert|kan ikke leveres'],
  delaySubject: ['forsinket'],
  receiptSubject: ['lest|ulest'],
  receiptText: ['meldingen'],
  away: ['på ferie|har ferie|ikke på kontoret|fraværende|foreldrepermisjon|i permisjon|har permisjon'],
  awaySubject: ['ferie|permisjon|foreldrepermisjon'],
  itself: [
    'dette er en automatisk|dette er et automatisk|denne e-posten er sendt automatisk',
    'denne meldingen er sendt automatisk|denne e-posten er generert automatisk|dette er et autosvar',
  ],
  meanwhile: [
    'ved hastesaker|i hastesaker|ved haster|ved behov for rask|haster det|begrenset tilgang til',
    'ikke tilgang til e-post|e-post leses ikke|leser ikke e-post|leser ikke mail|blir ikke lest',
    'leses ikke|videresendes ikke|når jeg er tilbake|henvendelser kan rettes',
  ],
  urgent: ['haster|hastende|hastesak*|haste'],
  updated: ['har blitt oppdatert|er oppdatert'],
  wants: [
    'tilbud|priser|prisliste|demo|kontrakt|avtale|faktura|interessert|interesserte|interessant|ring meg',
    'ring gjerne|send meg|send oss|budsjett|prisen|pris på|pris for',
    'passer bra|passer fint|passer meg|høres bra ut|skrive under',
  ],
  robot: [
    'automatisk svar|automatisk generert|en sak er opprettet|ikke svar på denne',
    'saken din er registrert|saken din er opprettet|henvendelsen din er registrert|henvendelsen din er mottatt|forespørselen din er mottatt',
    'behandles av vår support|gjennomgås av vår support|behandles av kundestøtte',
  ],
  receipt: [
    'vi har mottatt din|vi har mottatt henvendelsen|saksnummer|så snart som mulig',
    'så raskt som mulig',
    'takk for henvendelsen|takk for din henvendelse|vi svarer så snart|henvendelsen din',
  ],
  left: ['(?:jobber ikke lenger|arbeider ikke lenger|har sluttet|er ikke lenger ansatt)'],
  back: ['tilbake'],
  until: ['frem til|til', 'før'],
  untilAtOnce: ['til og med'],
  between: ['til og med'],
  months: ['', '', '', '', 'mai', 'juni', 'juli', '', '', 'okt|okto*', '', 'des|desem*'],
  weekdays: ['mandag', 'tirsdag', 'onsdag', 'torsdag', 'fredag', 'lordag', 'sondag'],
  tomorrow: ['i morgen'],
  stop: [
    '(?:fjern|slet|slett|meld) (?:mig|meg)(?: (?:fra|av|af) (?:listen|lista|jeres liste|deres liste|' +
      'nyhedsbrevet|nyhetsbrevet))?',
    'slutt å (?:sende|maile|skrive)(?: e ?post| mail)?(?: til)?(?: meg)?',
    'meld meg av(?: (?:listen|nyhetsbrevet))?',
    'avmeld(?: meg)?',
    'stopp(?: e ?post| mail)?',
    'jeg ønsker ikke flere (?:e ?poster|mailer|mail)',
    'fjern meg(?: fra (?:listen|listene))?',
    'meld meg av(?: (?:listen|nyhetsbrevet))?|avmelding|avmeld(?: meg)?',
    '(?:fjern|slett|stryk|ta) meg(?: (?:fra|av) (?:listen|listen deres|e ?postlisten))?',
    '(?:ikke )?(?:skriv|send|kontakt)(?: meg)? ikke(?: (?:til )?meg)?(?: (?:mer|igen|flere))*(?: (?:e ' +
      '?poster|mail|e ?post))?',
    'slutt å (?:skrive|sende|maile)(?: (?:til )?meg)?(?: e ?post)?',
    'ikke (?:send|skriv)(?: (?:til )?meg)?(?: (?:mer|flere))?(?: (?:e ?post|mail|e ?poster))?',
  ],
  please: ['takk', 'med|vennlig|hilsen|mvh|vennligst|hei|beste'],
  dismissal: ['ikke interessert', 'jeg er ikke interessert', 'nei takk'],
  greeting: ['hei'],
  quoteFrom: ['fra'],
  quoteDate: ['den'],
  quoteWrote: ['skrev'],
  assent: ['ja|gjerne|selvfølgelig|høres bra ut'],
};
