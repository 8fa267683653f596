import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Catalan. */
export const ca: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['resposta automàtica|missatge automàtic|resposta automatitzada'],
  absenceSubject: ["fora de l'oficina|fora d'oficina|absència|de vacances|estic de vacances|absent"],
  away: ["de vacances|fora de l'oficina"],
  robot: [
    'missatge automàtic|generat automàticament|no respongueu aquest',
    'la vostra sol·licitud ha estat rebuda|la seva sol·licitud ha estat registrada|missatge automàtic',
  ],
  receipt: [
    'hem rebut el vostre|hem rebut el teu|hem rebut la vostra|número de tiquet',
    'com més aviat millor|tan aviat com',
    'hem rebut la vostra|gràcies per contactar|el més aviat possible',
  ],
  back: ['tornaré|torno'],
  until: ['fins'],
  months: [
    'gener',
    'febrer',
    'març',
    '',
    'maig',
    'juny',
    'juliol',
    'agost',
    'setembre',
    'octubre',
    'novembre',
    'desembre',
  ],
  stop: [
    '(?:vull )?(?:donar me de baixa|donar de baixa|doneu me de baixa)(?: de la (?:llista|newsletter))?',
    '(?:elimineu|esborreu|traieu) me(?: de la (?:llista|vostra llista|base de dades))?',
    'no (?:vull|desitjo) rebre més (?:correus|missatges)',
    'no m (?:envieu|escriviu) més(?: (?:correus|missatges))?',
    'cancel lar (?:la )?subscripcio',
    '(?:doneu|dóna|donin) me de baixa(?: de la llista)?',
    'no m (?:escriviu|envieu)(?: més)?(?: correus)?',
  ],
  please: ['si|us|plau|gràcies|salutacions|cordialment|bon|dia|moltes'],
  dismissal: ['no m interessa|no estic interessa(?:t|da)', 'no gràcies'],
  greeting: ['hola|bon dia|benvolg'],
  assent: ["sí,|d'acord|és clar|amb molt de gust"],
};
