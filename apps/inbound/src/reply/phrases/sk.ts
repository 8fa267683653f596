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
    'vaša požiadavka bola prijatá|vaša požiadavka bola zaregistrovaná|požiadavka bola vytvorená',
  ],
  receipt: [
    'prijali sme vašu|dostali sme vašu|číslo požiadavky|čo najskôr',
    'ďakujeme za vašu správu|odpovieme čo najskôr|číslo požiadavky',
  ],
  back: ['vrátim|vraciam|späť|budem späť'],
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
};
