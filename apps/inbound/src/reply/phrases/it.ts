import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Italian. */
export const it: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'risposta automatica|messaggio di assenza|notifica di assenza',
    'messaggio automatico|conferma di ricezione|risposta automatizzata',
  ],
  absenceSubject: [
    "fuori sede|fuori ufficio|assenza dall'ufficio|in ferie|sono in ferie|assente|assenza",
    "fuori dall'ufficio|fuori per ferie|sono assente|in maternità|sono fuori ufficio",
    'fuori ufficio per ferie',
  ],
  bounceSubject: ['non recapitabile|impossibile recapitare|mancato recapito'],
  delaySubject: ['in ritardo'],
  receiptSubject: ['letto|non letto|da leggere'],
  receiptText: ['il messaggio|messaggio'],
  away: ['in ferie|fuori ufficio|fuori sede|assente|in maternità'],
  awaySubject: ['ferie|congedo parentale|chiusura estiva'],
  itself: [
    "questo è un messaggio automatico|questa è una risposta automatica|questa è un'e-mail automatica",
    'questa e-mail è stata generata automaticamente|questo messaggio è stato generato automaticamente',
    'messaggio generato automaticamente',
  ],
  meanwhile: [
    'per urgenze|in caso di urgenza|casi urgenti|questioni urgenti|comunicazioni urgenti|non avrò accesso',
    'non leggerò|non verrà letto|non sarà letto|non verrà inoltrato|al mio rientro|al mio ritorno',
  ],
  urgent: ['urgen*'],
  updated: ['è stata aggiornata|è stato aggiornato'],
  wants: [
    'preventivo|prezzo|prezzi|offerta|demo|contratto|fattura|interessa|interessato|interessata|interessati',
    "mi chiami|chiamatemi|mi mandi|mi invii|inviatemi|budget|mi va bene|va bene|d'accordo|firmare|firmiamo",
    'posso decidere|sentiamoci|ci piace|mi piace|provare|provarlo|una prova|parliamone',
  ],
  robot: [
    'risposta automatica|messaggio automatico|generato automaticamente|ticket è stato aperto',
    'ticket è stato creato|non rispondere a questa|richiesta è stata ricevuta|richiesta è stata registrata',
    'ticket è stato aperto|ticket è stato creato|da parte del nostro team di supporto',
    'da parte del nostro team di assistenza|esaminata dal nostro team di supporto|esaminata dal nostro team',
    'esaminata dal nostro staff|in fase di revisione da parte|valuti il nostro|valuta il nostro',
    'questionario di soddisfazione',
  ],
  receipt: [
    'abbiamo ricevuto la sua richiesta|abbiamo ricevuto il tuo messaggio|abbiamo ricevuto il suo messaggio',
    'abbiamo ricevuto la tua richiesta|il prima possibile|nel più breve tempo|sua richiesta è stata',
    'per aggiungere commenti|per aggiungere altri commenti|grazie per averci contattato',
    'la sua richiesta è stata|numero di ticket|ti contatterà|la contatterà|le risponderà|al più presto',
    'risponderemo|riceverà una risposta|entro 48 ore|entro 24 ore',
  ],
  left: ['andat[oa] in pensione', 'non (?:lavora|lavoro) piu', 'non (?:fa|faccio) piu parte', "ha lasciato l'azienda"],
  back: ['rientro|rientrerò|torno|tornerò|ritorno|di nuovo|nuovamente|operativo'],
  until: ['fino'],
  untilAtOnce: ['al|a'],
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
    'non (?:scrivetemi|mandatemi|inviatemi)(?: piu)?(?: (?:mail|email|messaggi))?',
    'rimuovetemi',
    'vorrei cancellarmi',
    'basta (?:mail|email)',
    'disiscrivetemi',
    '(?:vorrei |voglio |desidero )?(?:cancellar(?:e|mi)|disiscriver(?:e|mi)|disiscrizione|cancellazione|' +
      'annullare l iscrizione|rimozione)(?: (?:dalla|da questa|dalla vostra) (?:lista|mailing list|newsletter))?',
    '(?:cancellatemi|rimuovetemi|toglietemi|eliminatemi|disiscrivetemi|cancellami|rimuovimi|toglimi|' +
      'disiscrivimi|mi cancelli|mi tolga|mi rimuova)(?: (?:dalla|da questa|dalla vostra|dalla sua) (?:lista|' +
      'mailing list|newsletter|banca dati))?',
    '(?:non (?:scrivetemi|scrivermi|mi scriva|mi scrivete|contattatemi|contattarmi|inviatemi|mandatemi)(?: ' +
      'piu)?(?: (?:e ?mail|mail|messaggi))?(?: piu)?)',
    'non (?:voglio|desidero) (?:piu )?ricevere (?:piu )?(?:le vostre )?(?:e ?mail|mail|messaggi)',
    '(?:smettetela|smettete|smetti|basta)(?: (?:di scrivermi|con le (?:e ?mail|mail)|e ?mail|mail))?',
    '(?:cancellar|rimuover|toglier|eliminar)mi (?:dalla|da questa|dalla vostra) (?:lista|mailing list|' +
      'newsletter)|cancellarmi|rimuovermi',
  ],
  please: [
    'prego|per|favore',
    'saluti|cordiali|distinti|un|saluto|mille|buona|giornata|grazie',
    'vi|prego|di|la|per|favore',
  ],
  dismissal: ['non (?:sono|siamo) interessat[oai]', 'no grazie', 'non mi interessa'],
  greeting: ['ciao|buongiorno|gentile'],
  quoteTitle: ['messaggio'],
  quoteFrom: ['da'],
  quoteDate: ['il'],
  quoteWrote: ['ha scritto'],
  challenge: ['per consegnare il suo messaggio|confermi di non essere|verifica del mittente|conferma del mittente'],
  assent: ["sì,|certo|volentieri|va bene|mi interessa|ci interessa|d'accordo|no grazie"],
  recallSubject: ['richiamo|richiama|richiamare'],
  recallText: ['(?:desidera|vorrebbe|vuole) richiamare il messaggio'],
  removal: ['tolga|cancell*|rimuov*|rimoss*|elimin*|togli*|disiscri*|depenn*'],
  refusal: ['non|mai|basta|smett*'],
  mailing: [
    'inviare|inviarmi|inviate|inviatemi|invii|scrivere|scrivermi|scrivete|scrivetemi|scriva|mandare|mandarmi',
    'mandate|mandatemi|mandi|contattare|contattarmi|contattate|contattatemi|contatti',
  ],
  ofList: [
    'mi|mio|mia|miei|nostro|ci|il|la|lo|le|i|di|da|dal|dai|dalla|dalle|del|della|indirizzo|e|mail|email|posta',
    'elettronica|nome|nominativo|dati|contatto|vostra|vostre|vostro|sua|questa|lista|liste|mailing|list',
    'newsletter|elenco|database|distribuzione|più|altre|altri|messaggi|comunicazioni|vorrei|essere|chiedo|a',
    'pubblicità|elenchi|vostri|archivi|queste|questi|altro',
  ],
  ticket: [
    'la sua richiesta|la tua richiesta|il suo ticket|il tuo ticket|il suo messaggio|il tuo messaggio',
    'la sua segnalazione|la sua email|la sua e-mail|sua richiesta|tua richiesta|ticket|segnalazione|richiesta',
  ],
  filed: [
    'registrata|registrato|ricevuta|ricevuto|creato|creata|aperto|aperta|chiuso|chiusa|risolto|risolta',
    'presa in carico|preso in carico|inoltrata|assegnata|assegnato',
  ],
};
