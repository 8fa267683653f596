import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Slovak. */
export const sk: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatická odpoveď', 'automatická správa|potvrdenie o prijatí'],
  absenceSubject: ['mimo kancelárie|na dovolenke|som na dovolenke|neprítomnosť|nie som v kancelárii'],
  bounceSubject: ['nedoručiteľné'],
  awaySubject: ['dovolenka'],
  away: ['na dovolenke|mimo kancelárie|neprítomn*|na materskej dovolenke|čerpám dovolenku'],
  itself: [
    'toto je automatická|toto je automaticky|táto správa bola vygenerovaná automaticky',
    'táto správa bola automaticky',
  ],
  meanwhile: [
    'v naliehavých prípadoch|v súrnych prípadoch|v urgentných prípadoch|nemám prístup k e-mailu',
    'nečítam e-maily|po návrate',
  ],
  urgent: ['naliehav*|súrn*|urgent*'],
  updated: ['bola aktualizovaná'],
  wants: [
    'ponuku|ponuka|cena|cenu|cenník|demo|ukážku|zmluvu|zmluva|faktúru|záujem|zaujal*|zavolajte|pošlite mi',
    'pošlite nám|rozpočet',
    'vyhovuje|hodí sa mi|podpísať|podpíš*',
  ],
  robot: [
    'automaticky generovaná|automatická správa|požiadavka bola vytvorená|neodpovedajte na túto',
    'vaša požiadavka bola prijatá|vaša požiadavka bola zaregistrovaná|požiadavka bola vytvorená|ohodnoťte',
    'ako ste spokojní|potvrdenie prijatia|potvrdenie o prijatí',
  ],
  receipt: [
    'prijali sme vašu|dostali sme vašu|číslo požiadavky|čo najskôr|ďakujeme za vašu správu',
    'odpovieme čo najskôr|číslo požiadavky|ozveme sa|vás bude kontaktovať|vás budeme kontaktovať|vám odpovieme',
  ],
  back: ['vrátim|vraciam|späť|budem späť|opäť|znova|znovu'],
  months: ['', '', 'marec|marca', '', '', 'júna', 'júla', '', '', '', '', ''],
  stop: [
    'odhláste ma(?: z (?:odberu|zoznamu|newslettra))?',
    'odhlásiť(?: ma)?(?: z odberu)?',
    'nepíšte mi(?: už| viac)?',
    'neposielajte mi(?: už| viac| ďalšie)* (?:e ?maily|maily|správy)',
    'vymažte ma(?: zo? (?:zoznamu|databázy))?',
    'nechcem dostávať (?:e ?maily|maily)',
    'odhlásiť|odhláste ma',
    '(?:vyraďte|vymažte|odstráňte) ma(?: (?:zo?|z) (?:zoznamu|databázy|odberu))?',
    '(?:už )?(?:mi )?(?:nepíšte|neposielajte)(?: mi)?(?: (?:už|viac|ďalšie|žiadne))*(?: (?:e ?maily|správy|maily))?',
    'nechcem (?:už |viac )?dostávať (?:vaše )?(?:e ?maily|maily|správy)',
    'prestaňte (?:mi )?(?:písať|posielať)(?: e ?maily)?',
  ],
  please: ['ďakujem|s|pozdravom|prosím|pekný|deň|dobrý'],
  dismissal: ['nemám záujem', 'nie ďakujem'],
  greeting: ['dobrý deň|ahoj|vážen'],
  assent: ['áno|samozrejme'],
  recallSubject: ['odvolať|odvolanie|stiahnuť späť'],
  recallText: ['(?:chce|by chcel|by chcela|si zela) (?:odvolat|stiahnut spat) spravu'],
  removal: [
    'odstráňte|odstrániť|vymažte|vymazať|zmažte|vyraďte|vyradiť|odhláste|odhlásiť|vyškrtnite|vymazanie',
    'odhlásenie',
  ],
  refusal: ['prestaňte|prestať|nikdy|nepíšte|neposielajte|nezasielajte|nekontaktujte'],
  mailing: ['písať|posielať|zasielať|kontaktovať|nepíšte|neposielajte|nezasielajte|nekontaktujte'],
  ofList: [
    'o|ma|mňa|mi|nám|nás|môj|moju|moje|adresu|adresy|e|mail|mailu|maily|email|emaily|emailovú|mailovú|meno',
    'údaje|z|zo|od|vášho|vašej|vašich|vaše|svojho|tohto|zoznamu|databázy|odberu|mailing|listu|newslettera|už',
    'viac|ďalšie|žiadne|správy|chcem|sa|si|želám|mojej|mojich|našej',
  ],
  ticket: ['vaša požiadavka|vaša správa|vašu správu|váš dopyt|vaša žiadosť|váš tiket|tiket|požiadavka|vášmu dopytu'],
  filed: [
    'prijatá|prijatý|zaregistrovaná|zaevidovaná|vytvorená|vytvorený|otvorená|uzavretá|vyriešená|prijali',
    'obdržali',
  ],
  afterDate: ['opäť|späť|znova'],
};
