import { NO_PHRASES, type Phrases } from '../phrases.ts';

const MAILS = '(?:mails?|e ?mails?|nachrichten|werbung|newsletter|werbemails?)';

/** German. */
export const de: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'automatische antwort|automatische rückantwort|automatische abwesenheit',
    'automatische nachricht|automatische rückmeldung|automatische eingangsbestätigung',
    'eingangsbestätigung|autoantwort|automatische e-mail',
  ],
  absenceSubject: [
    'abwesenheit|abwesenheitsnotiz|abwesenheitsmeldung|abwesenheitsnachricht|abwesend|nicht im büro',
    'urlaubsmeldung|ich bin im urlaub|im urlaub|außer haus|nicht im haus|bin im urlaub|in elternzeit',
    'in mutterschutz|ich bin nicht im büro|ich bin außer haus|ich bin abwesend|auf dienstreise',
    'bin dann mal weg|urlaubsabwesenheit',
  ],
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
    'im mutterschutz|elternzeit|in mutterschutz',
  ],
  awaySubject: ['urlaub*|abwesen*|urlaub|elternzeit|mutterschutz|betriebsferien'],
  itself: [
    'dies ist eine automatische|dies ist eine automatisch|das ist eine automatische',
    'das ist eine automatisch|dies ist ein automatisch|diese nachricht wurde automatisch',
    'diese e-mail wurde automatisch|diese mail wurde automatisch',
  ],
  meanwhile: [
    'in dringenden fällen|bei dringenden|in dringenden angelegenheiten|in eiligen fällen|in eilfällen',
    'nicht weitergeleitet|nicht gelesen|nicht mehr gelesen|nicht bearbeitet|keinen zugriff auf meine',
    'nicht lesen|nach meiner rückkehr|eingeschränkt erreichbar|wenden sie sich in der zwischenzeit',
  ],
  urgent: ['dringend*|eilig*|notfall*'],
  updated: ['wurde aktualisiert|hat geantwortet|hat kommentiert'],
  wants: [
    'angebot|preis|preise|preisliste|demo|vertrag|rechnung|interesse|interessiert|rufen sie mich|rufen sie uns',
    'ruf mich|schicken sie|senden sie mir|senden sie uns|budget|passt|vorschlag|terminvorschlag',
    'gern ein termin|gerne ein termin|einverstanden|unterschreiben|ich kann entscheiden|ich entscheide',
    'unterlagen|klingt gut|klingt spannend|ausprobieren|testen|machen wir|gefällt|probeweise|lassen sie uns',
  ],
  robot: [
    'automatisch generiert*|automatisch erstellt*|automatische nachricht|automatische antwort',
    'automatisch versendet*|automatisch generierte|ticket wurde erstellt|ticket wurde angelegt',
    'ticket wurde eröffnet|antworten sie nicht auf diese|nicht auf diese e-mail antworten',
    'anfrage wurde unter der ticketnummer|ticket wurde für ihre|vorgangsnummer|anfrage wurde unter',
    'anfrage wurde unter der nummer|anfrage wurde empfangen|anfrage ist eingegangen|bewerten sie|wie zufrieden',
    'empfangsbestätigung',
  ],
  receipt: [
    'ihre anfrage ist bei uns eingegangen|ihre anfrage erhalten|ihre nachricht erhalten|ihre e-mail erhalten',
    'ihre anfrage wurde|ticketnummer|bearbeiten sie schnellstmöglich|so schnell wie möglich|schnellstmöglich',
    'eingang ihrer|ihr anliegen|von unserem support-team|um weitere kommentare hinzuzufügen|wurde erfasst',
    'wir melden uns schnellstmöglich|ihre nachricht wurde|wir kümmern uns schnellstmöglich',
    'vielen dank für ihre anfrage|meldet sich in kürze|mitarbeiter meldet|werden uns umgehend',
    'wird sich bei ihnen melden|vorgangsnummer|innerhalb von 24',
  ],
  challenge: [
    'bestätigen sie, dass sie|bestätigung des absenders|absenderbestätigung|absenderprüfung',
    'dass sie kein spammer|noch nicht zugestellt bitte bestätigen|um ihre nachricht zuzustellen|' +
      'ihre nachricht wird zurückgehalten',
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
  until: ['bis', 'nicht vor'],
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
    '(?:streichen|löschen) sie mich(?: aus (?:ihrem|dem|der|ihrer) (?:verteiler|liste|datenbank))?',
    '(?:loschen|entfernen) sie meine (?:daten|e ?mail ?adresse|adresse)(?: (?:aus|von) (?:ihrem|ihrer|der|' +
      'dem) [a-z]+)?',
    'lassen sie (?:mich|uns) in ruhe',
    'ich möchte mich abmelden',
    '(?:kontaktieren|schreiben) sie mich nicht mehr',
    'keine werbung(?: mehr)?',
    '(?:mich |uns )?(?:aus (?:dem|ihrem|eurem|diesem) (?:verteiler|newsletter)|von der (?:mailing|email ' +
      ')?liste|aus der (?:mailing)?liste) (?:nehmen|streichen|loschen|entfernen|austragen)',
    '(?:mich|uns|meine adresse) (?:nicht mehr (?:anschreiben|kontaktieren|anmailen)|loschen|entfernen|streichen)',
    'nicht mehr (?:schreiben|anschreiben|kontaktieren|mailen)',
    'aufhoren|horen sie auf(?: (?:mir )?zu schreiben)?',
    'widerspruch|ich widerspreche(?: (?:der|jeder) (?:werbung|zusendung))?',
    '(?:bitte )?unterlassen sie (?:weitere|diese) (?:e ?mails|mails|nachrichten|werbung)',
    '(?:ich (?:mochte|will) )?keine (?:weiteren )?(?:mails?|e ?mails?|nachrichten|werbung|newsletter)(?: ' +
      '(?:mehr|von ihnen|von euch|mir|an mich))*(?: (?:senden|schicken|zusenden|erhalten|bekommen))?',
  ],
  please: [
    'bitte|danke|hallo',
    'mit|freundlichen|grußen|grüßen|viele|beste|liebe|gruß|grüße|lg|mfg|vg|vielen|dank|schone|guten',
    'tag',
  ],
  dismissal: ['kein interesse(?: mehr)?', '(?:ich habe|wir haben) kein interesse(?: daran| mehr)?', 'nein danke'],
  greeting: ['hallo|guten tag|sehr geehrte|liebe|lieber'],
  quoteTitle: ['urspr|weitergeleitete'],
  quoteFrom: ['von'],
  quoteDate: ['am'],
  quoteWrote: ['schrieb'],
  assent: ['ja|gerne|klar|natürlich|das klingt gut|passt|einverstanden|sehr gerne|nein danke'],
  recallSubject: ['rückruf|zurückrufen|nachricht zurückrufen'],
  recallText: ['(?:mochte|will) die nachricht.{0,250}zuruckrufen'],
  removal: ['austragen|abmelden|abgemeldet|lösch*|entfern*|streich*|gelösch*|gestrich*'],
  refusal: ['keine|nicht|nie|aufhören|unterlassen|stoppen'],
  mailing: [
    'schicken|senden|schreiben|schickt|schreibt|sendet|anschreiben|kontaktieren|zusenden|zuzusenden|schicke',
    'schreibe|kontaktiert|mailen',
  ],
  ofList: [
    'ich|möchte|will|wir|mich|uns|mir|sie|meine|meinen|unsere|adresse|e|mail|mails|email|emails|mailadresse',
    'daten|namen|aus|von|vom|ab|ihrem|ihrer|ihren|eurem|eurer|dem|der|den|diesem|dieser|verteiler|liste',
    'mailingliste|mailverteiler|adressliste|kontaktliste|newsletter|datenbank|werden|wird|mehr|weiteren',
    'weitere|nachrichten|werbung|künftig|zukünftig|in|zukunft|raus|heraus|an|und|ihre|solche|derartigen|bitte',
    'diese|jegliche|alle',
  ],
  ticket: [
    'ihre anfrage|ihr anliegen|ihr ticket|ihre nachricht|ihre e-mail|ihre mail|ihre meldung|ticket|vorgang',
    'deine anfrage|dein ticket|ihre bestellung|anfrage|meldung',
  ],
  filed: [
    'erfasst|registriert|eingegangen|erstellt|angelegt|aufgenommen|geschlossen|gelöst|eröffnet|zugewiesen',
    'eingetroffen|erhalten|weitergeleitet|zugeteilt|bearbeitet',
  ],
};
