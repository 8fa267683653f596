import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Lithuanian. */
export const lt: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatinis atsakymas', 'automatinis pranešimas|automatinis laiškas|automatinis patvirtinimas'],
  absenceSubject: ['ne biure|nesu biure|atostogos|atostogauju|atostogose|nebuvimas darbe'],
  away: ['atostogauju|atostogose|ne biure|nesu biure'],
  robot: [
    'automatinis pranešimas|automatiškai sugeneruot*|neatsakykite į šį',
    'jūsų užklausa gauta|jūsų užklausa užregistruota|tai automatinis pranešimas',
  ],
  receipt: [
    'gavome jūsų|jūsų užklausa|kuo greičiau|artimiausiu metu',
    'dėkojame, kad kreipėtės|atsakysime kuo greičiau|užklausos numeris',
  ],
  back: ['grįšiu|grįžtu'],
  until: ['iki'],
  months: [
    'saus*',
    'vasar*',
    'kovas|kovo',
    'baland*',
    'geguž*',
    'birž*',
    'liep*',
    'rugpj*',
    'rugs*',
    'spal*',
    'lapkri*',
    'gruod*',
  ],
  stop: [
    'atsisakyti prenumeratos|atsisakau prenumeratos|noriu atsisakyti(?: prenumeratos)?',
    'išbraukite mane(?: iš (?:sąrašo|sąrašų))?',
    'pašalinkite mane(?: iš (?:sąrašo|sąrašų))?',
    'neberašykite(?: man)?(?: daugiau)?',
    '(?:daugiau )?(?:nebesiųskite|nesiųskite)(?: man)?(?: daugiau)?(?: laiškų)?',
    'atsisakyti|atsisakau',
    '(?:išregistruokite|atregistruokite) mane',
    'nebenoriu gauti (?:jūsų )?(?:laiškų|el laiškų)',
    'nustokite (?:man )?(?:rašyti|siųsti)(?: laiškus)?',
    '(?:išbraukti|pašalinti|ištrinti) mane(?: iš (?:sąrašo|sąrašų|duomenų bazės))?',
  ],
  please: ['ačiū|prašau|prašome|pagarbiai|dėkoju|laba|diena|su'],
  dismissal: ['manęs nedomina|nedomina', 'ne ačiū'],
  greeting: ['sveiki|laba diena|gerb'],
  assent: ['taip|žinoma|mielai'],
};
