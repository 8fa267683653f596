import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Hungarian. */
export const hu: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatikus válasz', 'automatikus üzenet|automatikus visszaigazolás|házon kívül vagyok'],
  absenceSubject: ['házon kívül|szabadságon|szabadságon vagyok|irodán kívül|házon kívül üzenet|nem vagyok az irodában'],
  bounceSubject: ['kézbesíthetetlen'],
  awaySubject: ['szabadság'],
  away: ['szabadságon|házon kívül|szabadságom|szabadságomat töltöm|szülési szabadságon'],
  itself: [
    'ez egy automatikus|ez egy automatikusan|ez automatikus|ezt az üzenetet automatikusan',
    'ez az üzenet automatikusan',
  ],
  meanwhile: [
    'sürgős esetben|sürgős ügyben|halaszthatatlan|leveleimet nem olvasom|nem olvasom a leveleimet',
    'nem olvasok e-mailt|nem férek hozzá|visszatérésem után',
  ],
  urgent: ['sürgős*'],
  updated: ['frissítve lett|frissítettük'],
  wants: [
    'árajánlat*|ajánlat*|árlista|demó|demo|bemutató*|szerződés*|számla|számlát|érdekel*|érdeklődöm|hívjon',
    'hívjanak|küldje*|küldjön|költségkeret|mennyibe|áraik',
    'megfelel|jó lesz|aláír*',
  ],
  robot: [
    'automatikus üzenet|automatikusan generált|hibajegy|ne válaszoljon erre|kérését megkaptuk és rögzítettük',
    'bejelentését rögzítettük|bejelentése rögzítésre került|megkeresését rögzítettük|hibajegy létrejött',
    'ez egy automatikus üzenet|értékelje|mennyire elégedett|átvételi visszaigazolás',
  ],
  receipt: [
    'megkaptuk üzenetét|megkaptuk a megkeresését|megkeresését megkaptuk|a lehető leghamarabb',
    'hamarosan válaszolunk|köszönjük megkeresését|köszönjük levelét|hamarosan válaszolunk',
    'ügyfélszolgálatunk hamarosan|jegyszám|munkanapon belül|felveszi önnel|órán belül|ügyszám|ügyszáma',
  ],
  back: ['vissza|újra|ismét|legközelebb'],
  afterDate: ['ig|-ig|újra|ismét|vissza*|tól|től|leszek'],
  months: [
    '',
    'febr',
    'marc|marcius*',
    '',
    'majus*',
    'junius*',
    'julius*',
    'augusztus*',
    'szeptember*|szept',
    '',
    '',
    '',
  ],
  stop: [
    'leiratkozas',
    'leiratkozom',
    'iratkoztassanak le|iratkoztassatok le',
    '(?:kérem )?(?:töröljenek|vegyenek le)(?: a listáról| a levelezőlistáról)?',
    'ne (?:írjanak|küldjenek)(?: nekem)?(?: több)?(?: többet)?(?: (?:e ?mailt|levelet|üzenetet))?',
    'nem kérek több (?:e ?mailt|levelet|üzenetet|hírlevelet)',
    'töröljenek a listáról',
    'leiratkozás|leiratkozom|leiratkoznék|le szeretnék iratkozni',
    '(?:kérem )?(?:töröljenek|töröljön|vegyenek le|vegyen le|távolítsanak el)(?: engem)?(?: a (?:listáról|' +
      'listájukról|hírlevélről|címlistáról))?',
    '(?:kérem )?ne (?:írjanak|küldjenek|írjon|küldjön)(?: nekem)?(?: többet| több)?(?: (?:levelet|e ?mailt|emailt))?',
    'nem kérek több (?:levelet|e ?mailt|hírlevelet)',
  ],
  please: ['köszönöm|üdvözlettel|kérem|tisztelettel|szépen'],
  dismissal: ['nem érdekel', 'nem vagyok érdekelt', 'köszönöm nem'],
  greeting: ['jó napot|kedves|szia|tisztelt'],
  weekdays: ['hétfő*|hetfo*', 'kedd*', 'szerd*', 'csütörtök*', 'péntek*', 'szombat*', 'vasárnap*'],
  assent: ['igen|persze|szívesen|rendben'],
  recallSubject: ['visszahívás|visszahívása|visszavonás'],
  recallText: [
    '(?:szeretne|kivanja|szeretna).{0,80}(?:visszahivni|visszavonni).{0,80}uzenet|' +
      '(?:szeretne|kivanja).{0,250}uzenetet.{0,60}(?:visszahivni|visszavonni)|' +
      '(?:visszahivni|visszavonni) (?:szeretne|kivanja)',
  ],
  removal: ['törlés*|vegyenek|vegyen|vegyék|levenni|töröl*|távolíts*'],
  refusal: ['ne|soha|nem'],
  mailing: ['küldjenek|küldjön|küldjék|írjanak|írjon|keressenek|keressen|küldjetek|írjatok'],
  ofList: [
    'engem|nekem|nekünk|címemet|címem|e|mail|mailt|mailcímemet|email|emailt|emailcímemet|nevemet|adataimat|a',
    'az|le|el|listáról|listájukról|levelezési|levelezőlistáról|levelezőlistájukról|címlistáról|hírlevélről',
    'adatbázisból|adatbázisukból|több|többet|többé|levelet|leveleket|üzenetet|üzeneteket|hírlevelet|reklámot',
    'szeretném|kérném|ilyen|ezeket',
  ],
  ticket: ['megkeresését|üzenetét|kérését|levelét|bejelentését|ügyszáma|jegy|bejelentése|megkeresése|kérelme'],
  filed: ['rögzítettük|megkaptuk|fogadtuk|létrehoztuk|lezártuk|regisztráltuk|megérkezett|iktattuk'],
};
