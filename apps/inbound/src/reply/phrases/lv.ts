import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Latvian. */
export const lv: Phrases = {
  ...NO_PHRASES,
  automaticSubject: [
    'automātiskā atbilde|automātiska atbilde',
    'automātisks ziņojums|automātiskais ziņojums|automātiska atbilde prombūtne',
  ],
  absenceSubject: ['ārpus biroja|atvaļinājumā|prombūtne|esmu atvaļinājumā|neesmu birojā'],
  awaySubject: ['atvaļinājums'],
  away: ['atvaļinājumā|ārpus biroja|prombūtnē|bērna kopšanas atvaļinājumā'],
  itself: ['šis ir automātisks|šī ir automātiska|šī ir automātiskā|šis ziņojums ir ģenerēts automātiski'],
  meanwhile: ['steidzamos gadījumos|steidzamos jautājumos|steidzamas vajadzības|nelasu e-pastu'],
  urgent: ['steidzam*'],
  wants: [
    'piedāvājum*|cena|cenu|cenas|demo|līgum*|rēķin*|interesē|ieinteresēt*|piezvaniet|zvaniet|atsūtiet',
    'nosūtiet',
    'der man|man der|parakst*',
  ],
  robot: [
    'automātisks ziņojums|automātiski izveidots|automātiski ģenerēts|neatbildiet uz šo',
    'jūsu pieprasījums ir saņemts|jūsu pieprasījums ir reģistrēts|šis ir automātisks ziņojums|novērtējiet',
    'saņemšanas apstiprinājums',
  ],
  receipt: [
    'esam saņēmuši jūsu|jūsu pieprasījums|pēc iespējas ātrāk|tuvākajā laikā|paldies, ka sazinājāties',
    'atbildēsim pēc iespējas|pieprasījuma numurs|ar jums sazināsies|sazināsimies|atbildēsim',
  ],
  back: ['atgriezīšos|atgriežos|būšu atpakaļ'],
  until: ['līdz'],
  months: ['janvār*', 'febr', 'marts|marta|martam', '', 'maij*', 'jūnij*', 'jūlij*', '', '', '', '', ''],
  stop: [
    'atrakstiet mani(?: no (?:saraksta|jaunumiem))?',
    'atrakstīties|vēlos atrakstīties|atteikties no jaunumiem',
    '(?:vairs )?nerakstiet(?: man)?(?: vairs)?',
    '(?:vairs )?nesūtiet(?: man)?(?: vairs)?(?: (?:vēstules|e ?pastus))?',
    'izņemiet mani no saraksta',
    'dzēsiet mani no saraksta',
    'atrakstīties|atrakstiet mani',
    '(?:izdzēsiet|izņemiet) mani no (?:saraksta|sarakstiem)',
    '(?:vairāk )?nerakstiet(?: man)?(?: vairāk)?|nesūtiet(?: man)?(?: vairāk)?(?: e ?pastus| vēstules)?',
    'nevēlos (?:vairs )?saņemt (?:jūsu )?(?:e ?pastus|vēstules)',
  ],
  please: ['lūdzu|paldies|ar|cieņu|labdien|sveiki'],
  dismissal: ['neinteresē|mani neinteresē', 'nē paldies'],
  greeting: ['labdien|sveiki|cien'],
  assent: ['jā|protams|labprāt'],
  removal: ['dzēsiet|atrakstiet|izdzē*|izņem*|noņem*|svītro*|izsvītro*'],
  refusal: ['nē|beidziet|pārtrauciet|nesūtiet|nerakstiet'],
  mailing: ['sūtīt|rakstīt|nesūtiet|nerakstiet'],
  ofList: [
    'mani|man|mūs|manu|mana|adresi|e|pastu|pasta|epastu|epasta|vārdu|datus|no|jūsu|sava|savas|saraksta',
    'sarakstiem|datubāzes|vairs|vairāk|vēstules|ziņas',
  ],
  ticket: ['jūsu pieprasījums|pieprasījums|jūsu ziņa|jūsu vēstule|jūsu jautājums'],
  filed: ['saņemts|saņemta|reģistrēts|reģistrēta|izveidots|slēgts|pieņemts'],
};
