import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Dutch. */
export const nl: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'automatisch antwoord|automatische beantwoording|automatische reactie|automatisch bericht',
    'automatische bevestiging|ontvangstbevestiging|automatisch gegenereerd bericht',
    'automatische ontvangstbevestiging',
  ],
  absenceSubject: [
    'afwezig|afwezigheid|afwezigheidsbericht|afwezigheidsmelding|niet aanwezig|niet op kantoor',
    'op vakantie|vakantie|met vakantie|buiten kantoor|met verlof|out-of-office',
  ],
  bounceSubject: ['onbestelbaar|niet bezorgd'],
  delaySubject: ['vertraagd'],
  receiptSubject: ['gelezen|niet gelezen'],
  receiptText: ['uw bericht'],
  away: ['op vakantie|met vakantie|afwezig|niet aanwezig|met verlof'],
  robot: [
    'automatisch gegenereerd|automatisch bericht|ticket is aangemaakt|niet op dit bericht',
    'niet op deze e-mail',
    'verzoek is ontvangen|ticket is aangemaakt|aanvraag is ontvangen',
  ],
  receipt: [
    'uw aanvraag ontvangen|uw bericht ontvangen|je bericht ontvangen|uw e-mail ontvangen',
    'ticketnummer|zo snel mogelijk|zo spoedig mogelijk|uw verzoek is ontvangen',
  ],
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
    'stop(?: met)? (?:mailen|mailtjes|e ?mails?)',
    'ik wil me (?:uitschrijven|afmelden)',
    'mail (?:me|mij) niet meer',
    'geen mails meer',
    'verwijder mij(?: uit uw bestand| van de lijst| van uw lijst)?',
    '(?:ik wil )?geen (?:mails?|e ?mails?|berichten|mailtjes)(?: meer)?(?: (?:aub|a u b|svp))?',
    'niet meer (?:mailen|schrijven|contacteren)',
    '(?:contacteer|schrijf) (?:me|mij) niet meer',
    'afmelding|uitschrijving',
    'stop hiermee',
  ],
  please: [
    'alsjeblieft|graag|gelieve|hallo',
    'met|vriendelijke|groet|groeten|bedankt|dank|u|mvg|vriendelijk',
    'aub|svp|a|b',
  ],
  dismissal: ['geen interesse', '(?:ik heb|wij hebben|we hebben) geen interesse', 'nee dank u?', 'nee bedankt'],
  greeting: ['beste|geachte|dag'],
  quoteTitle: ['oorspronkelijk'],
  quoteFrom: ['van'],
  quoteDate: ['op'],
  quoteWrote: ['schreef'],
};
