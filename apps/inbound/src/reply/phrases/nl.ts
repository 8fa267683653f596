import type { Phrases } from '../phrases.ts';

/** Dutch. */
export const nl: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['automatisch antwoord|automatische beantwoording|automatische reactie|automatisch bericht'],
  absenceSubject: ['afwezig|afwezigheid|afwezigheidsbericht|afwezigheidsmelding|niet aanwezig|niet op kantoor'],
  bounceSubject: ['onbestelbaar|niet bezorgd'],
  delaySubject: ['vertraagd'],
  deliveredSubject: [],
  receiptSubject: ['gelezen|niet gelezen'],
  receiptText: ['uw bericht'],
  away: ['op vakantie|met vakantie|afwezig|niet aanwezig|met verlof'],
  awaySubject: [],
  robot: ['automatisch gegenereerd|automatisch bericht'],
  left: ['(?:werkt|is|ben|werk) niet (?:meer|langer) (?:bij|voor|werkzaam|in dienst)', 'is (?:inmiddels )?uit dienst'],
  back: ['terug|weer'],
  until: ['tot'],
  untilAtOnce: ['t/m|tot en met'],
  afterDate: ['weer|terug'],
  between: ['tot|tot en met|t/m|en'],
  months: ['', '', 'mrt|maart', '', 'mei', 'juni', 'juli', '', '', 'okt|okto*', '', ''],
  weekdays: ['maandag', 'dinsdag', 'woensdag', 'donderdag', 'vrijdag', 'zaterdag', 'zondag'],
  tomorrow: ['morgen'],
  stop: [
    '(?:ik (?:wil|wens) )?(?:me |mij )?(?:afmelden|uitschrijven|uit te schrijven|af te melden)(?: (?:van|' +
      'voor|uit) (?:deze|de|uw|jullie) (?:lijst|mailinglijst|nieuwsbrief|mailing))?',
    '(?:schrijf|meld|haal|verwijder) (?:me|mij)(?: (?:uit|van|af))?(?: (?:de|deze|uw|jullie) (?:lijst|' +
      'mailinglijst|nieuwsbrief))?(?: af)?',
    '(?:ik wil )?geen (?:mails?|e ?mails?)(?: meer)?(?: ontvangen)?',
  ],
  please: ['alsjeblieft|graag|gelieve|hallo'],
  greeting: ['beste|geachte|dag'],
  negation: ['niet'],
  quoteTitle: ['oorspronkelijk'],
  quoteFrom: ['van'],
  quoteDate: ['op'],
  quoteWrote: ['schreef'],
};
