import type { Phrases } from '../phrases.ts';

/** Italian. */
export const it: Phrases = {
  spaced: true,
  monthFirst: false,
  automaticSubject: ['risposta automatica|messaggio di assenza|notifica di assenza'],
  absenceSubject: ["fuori sede|fuori ufficio|assenza dall'ufficio"],
  bounceSubject: ['non recapitabile|impossibile recapitare|mancato recapito'],
  delaySubject: ['in ritardo'],
  deliveredSubject: [],
  receiptSubject: ['letto|non letto|da leggere'],
  receiptText: ['il messaggio|messaggio'],
  away: ['in ferie|fuori ufficio|fuori sede|assente'],
  awaySubject: ['ferie'],
  robot: ['risposta automatica|messaggio automatico|generato automaticamente'],
  left: ['andat[oa] in pensione', 'non (?:lavora|lavoro) piu', 'non (?:fa|faccio) piu parte', "ha lasciato l'azienda"],
  back: ['rientro|rientrerò|torno|tornerò|ritorno'],
  until: ['fino'],
  untilAtOnce: ['al|a'],
  afterDate: [],
  between: ['al|a'],
  months: [
    'gen|gennaio',
    'febbraio',
    '',
    '',
    'mag|maggio',
    'giu|giugno',
    'lug|luglio',
    'ago|agosto',
    'set|settembre',
    'ott|ottobre',
    '',
    'dicembre',
  ],
  weekdays: ['lunedi', 'martedi', 'mercoledi', 'giovedi', 'venerdi', 'sabato', 'domenica'],
  tomorrow: ['domani'],
  stop: [
    '(?:vorrei |voglio |chiedo di )?(?:cancellami|cancellatemi|cancellarmi|cancellazione|disiscrivimi|' +
      'disiscrivetemi|disiscrivermi|disiscrizione|rimuovimi|rimuovetemi|toglietemi|toglimi|cancella ' +
      'iscrizione)(?: (?:dalla|da questa|dalla vostra|dalle vostre|dal) (?:mailing list|lista|newsletter|' +
      'liste|database))?',
    'non (?:voglio|desidero) piu ricevere (?:le vostre |vostre |queste )?(?:e ?mail|mail|newsletter|' +
      'comunicazioni)',
  ],
  please: ['prego|per|favore'],
  greeting: ['ciao|buongiorno|gentile'],
  negation: ['non'],
  quoteTitle: ['messaggio'],
  quoteFrom: ['da'],
  quoteDate: ['il'],
  quoteWrote: ['ha scritto'],
};
