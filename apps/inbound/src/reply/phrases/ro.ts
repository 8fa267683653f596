import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Romanian. */
export const ro: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['răspuns automat', 'răspuns automatizat|mesaj automat|confirmare de primire|raspuns auto'],
  absenceSubject: ['în afara biroului|în concediu|sunt în concediu|absent|plecat din birou'],
  bounceSubject: ['nelivrabil'],
  awaySubject: ['concediu'],
  away: ['în concediu|în concediu de maternitate|în concediu medical'],
  itself: [
    'acesta este un mesaj automat|acesta este un răspuns automat|acest mesaj a fost generat automat',
    'acest e-mail a fost generat automat',
  ],
  meanwhile: [
    'în caz de urgență|pentru urgențe|cazuri urgente|probleme urgente|nu am acces la e-mail',
    'nu am acces la email|fără acces la e-mail|la întoarcere',
  ],
  urgent: ['urgen*'],
  updated: ['a fost actualizată'],
  wants: [
    'ofertă|oferta|preț|prețul|prețuri|demo|contract|contractul|factura|interesează|interesat|interesată',
    'interesați|sunați-mă|sună-mă|trimiteți-mi|trimiteți-ne|să îmi trimiteți|buget',
    'îmi convine|ne convine|de acord|semnăm',
  ],
  robot: [
    'mesaj automat|generat automat|nu răspundeți la acest|tichetul a fost creat',
    'solicitarea dumneavoastră a fost înregistrată|solicitarea a fost înregistrată|solicitarea dvs. a fost primită|tichetul a fost creat|acesta este un mesaj automat',
  ],
  receipt: [
    'am primit mesajul|am primit solicitarea|solicitarea a fost înregistrată',
    'solicitarea dvs. a fost|cât mai curând',
    'vă mulțumim pentru mesaj|vă mulțumim că ne-ați contactat|vom răspunde în cel mai scurt timp|am primit solicitarea',
  ],
  back: ['revin|întorc', 'mă întorc|revenire'],
  until: ['pana'],
  months: ['ianuar*|ian', '', 'martie', '', '', 'iunie|iun', 'iulie|iul', '', '', '', 'noiembrie', ''],
  stop: [
    'dezabonare',
    'dezabonați mă|dezabonează mă|mă dezabonez|vreau să mă dezabonez',
    'ștergeți mă(?: (?:din|de pe) (?:listă|lista|baza de date))?',
    'nu (?:îmi mai|mai) (?:scrieți|trimiteți)(?: (?:mesaje|e ?mailuri|mailuri))?',
    'scoateți mă de pe listă',
    'nu mai doresc (?:să primesc )?(?:mesaje|e ?mailuri|mailuri)',
    'dezabonare|dezabonează mă|dezabonați mă|doresc (?:să mă dezabonez|dezabonarea)|vreau să mă dezabonez',
    '(?:ștergeți|scoateți|eliminați) mă(?: (?:din|de pe) (?:lista|listă|baza de date)(?: dumneavoastră| voastră)?)?',
    'nu (?:îmi |mi )?(?:mai )?(?:scrieți|trimiteți)(?: mi)?(?: (?:e ?mailuri|mesaje|mailuri))?',
    'nu mai doresc (?:să primesc )?(?:e ?mailuri|mesaje)',
    'mă dezabonez|opriți (?:mesajele|e ?mailurile)',
    '(?:vă rog )?(?:să )?mă (?:dezabonați|ștergeți|scoateți|eliminați)(?: (?:din|de pe) (?:lista|listă|baza ' +
      'de date)(?: dumneavoastră| voastră)?)?',
  ],
  please: ['mulțumesc|vă|rog|cu|stimă|respect|mersi|bună|ziua'],
  dismissal: ['nu (?:sunt|suntem) interesa[tț][ia]?', 'nu mulțumesc'],
  greeting: ['bună ziua|bună|salut|stimat'],
  assent: ['da,|desigur|sigur|cu plăcere'],
};
