import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Albanian. */
export const sq: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['përgjigje automatike|mesazh automatik'],
  absenceSubject: ['jashtë zyrës|me pushime|jam me pushime|në pushime|jam jashtë zyrës|mungoj'],
  awaySubject: ['pushime|leje'],
  away: ['me pushime|në pushime|jashtë zyrës|me leje'],
  itself: [
    'ky është një mesazh automatik|ky është mesazh automatik|kjo është një përgjigje automatike',
    'kjo është përgjigje automatike',
  ],
  meanwhile: ['për raste urgjente|në raste urgjente|për çështje urgjente|nuk kam qasje'],
  urgent: ['urgjent*'],
  wants: [
    'ofertë|ofertën|çmimi|çmimet|demo|kontratë|kontratën|faturë|faturën|intereson|interesuar',
    'më telefononi|më dërgoni',
    'më përshtatet|dakord|nënshkr*',
  ],
  robot: ['mesazh automatik|përgjigje automatike|mos iu përgjigjni këtij|kërkesa juaj u pranua|konfirmim i marrjes'],
  receipt: [
    "e morëm mesazhin tuaj|sa më shpejt|faleminderit për|do t'ju kontaktojë|do t'ju kontaktojmë",
    "do t'ju përgjigjemi|ditë pune",
  ],
  back: ['kthehem|do të kthehem'],
  until: ['deri më|deri'],
  assent: ['po|sigurisht|patjetër'],
  months: [
    'janar',
    'shkurt|shk',
    'mars',
    'prill|pri',
    'maj',
    'qershor|qer',
    'korrik|korr',
    'gusht|gush',
    'shtator|sht',
    'tetor|tet',
    'nëntor|nën',
    'dhjetor|dhj',
  ],
  stop: [
    '(?:më hiqni|më çregjistroni|më fshini)(?: nga lista)?',
    'mos më (?:dërgoni|shkruani)(?: më)?(?: email(?:e)?)?',
  ],
  please: ['ju|lutem|faleminderit|përshëndetje|respekt'],
  dismissal: ['nuk (?:më|na) intereson', 'jo faleminderit'],
  greeting: ['përshëndetje|i nderuar|e nderuar'],
  removal: ['hiqni|hiq|fshini|fshi|çregjistroni|largoni|hiqeni|fshijeni'],
  refusal: ['mos|ndaloni|nuk'],
  mailing: ['dërgoni|dërguar|shkruani|kontaktoni'],
  ofList: [
    'më|mua|na|adresën|adresa|time|e|email|emaile|emailin|tim|emrin|nga|lista|listën|listat|juaj|tuaj|baza|të',
    'dhënave|mesazhe|asnjë',
  ],
  ticket: ['kërkesa juaj|mesazhi juaj|pyetja juaj|bileta juaj'],
  filed: ['regjistruar|marrë|krijuar|mbyllur|pranuar'],
};
