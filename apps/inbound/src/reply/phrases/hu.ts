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
  wants: [
    'árajánlat*|ajánlat*|árlista|demó|demo|bemutató*|szerződés*|számla|számlát|érdekel*|érdeklődöm|hívjon',
    'hívjanak|küldje*|küldjön|költségkeret|mennyibe|áraik',
  ],
  robot: [
    'automatikus üzenet|automatikusan generált|hibajegy|ne válaszoljon erre',
    'kérését megkaptuk és rögzítettük|bejelentését rögzítettük|bejelentése rögzítésre került|megkeresését rögzítettük|hibajegy létrejött|ez egy automatikus üzenet',
  ],
  receipt: [
    'megkaptuk üzenetét|megkaptuk a megkeresését|megkeresését megkaptuk|a lehető leghamarabb',
    'hamarosan válaszolunk',
    'köszönjük megkeresését|köszönjük levelét|hamarosan válaszolunk|ügyfélszolgálatunk hamarosan|jegyszám',
  ],
  back: ['vissza', 'újra|ismét'],
  afterDate: ['ig|-ig', 'újra|ismét|vissza*'],
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
};
