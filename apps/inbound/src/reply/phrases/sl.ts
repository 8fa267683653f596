import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Slovenian. */
export const sl: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['samodejni odgovor', 'samodejno sporočilo|avtomatski odgovor|avtomatsko sporočilo'],
  absenceSubject: ['odsotnost|odsoten|odsotna|na dopustu|izven pisarne|nisem v pisarni'],
  awaySubject: ['dopust'],
  away: ['na dopustu|odsot*|izven pisarne|na porodniškem dopustu|na bolniški'],
  itself: ['to je samodejno|to je samodejni|to je avtomatsko|to je avtomatski|to sporočilo je bilo samodejno'],
  meanwhile: ['v nujnih primerih|za nujne|nimam dostopa do'],
  urgent: ['nujn*'],
  wants: [
    'ponudbo|ponudba|cena|ceno|cene|demo|pogodbo|račun|zanima|zainteresiran*|pokličite|pošljite',
    'ustreza mi|podpis*',
  ],
  robot: [
    'samodejno sporočilo|avtomatsko sporočilo|samodejno ustvarjeno|na to sporočilo ne odgovarjajte',
    'ne odgovarjajte na to|vaša zahteva je bila prejeta|to je samodejno sporočilo|ocenite|potrditev prejema',
    'potrdilo o prejemu',
  ],
  receipt: [
    'prejeli smo vaše|vaša zahteva je|v najkrajšem možnem času|hvala za vaše sporočilo|odgovorili vam bomo',
    'v najkrajšem možnem|vam bomo odgovorili|kontaktirali vas bomo|vas bo kontaktiral|v najkrajšem času',
  ],
  back: ['vrnem|vračam|nazaj'],
  months: ['', '', '', '', '', 'junij*', 'julij*', 'avgust*|avg', '', '', '', ''],
  stop: [
    'odjavite me(?: (?:s seznama|od novic))?',
    'odjava|želim se odjaviti',
    'ne (?:pišite|pošiljajte) mi več(?: sporočil| e ?pošte)?',
    'izbrišite me(?: s seznama)?',
    'ne želim (?:več )?prejemati (?:sporočil|e ?pošte)',
    'odjavite me|odjavi me|odjava',
    'ne pišite mi več|ne pošiljajte mi več(?: (?:sporočil|e ?pošte))?',
    'izbrišite me (?:s seznama|iz seznama)',
  ],
  please: ['hvala|prosim|lep|pozdrav|lepo|s|spoštovanjem|vas'],
  dismissal: ['ne zanima me', 'nisem zainteresirana?', 'ne hvala'],
  greeting: ['pozdravljeni|spoštovani|zdravo|dober dan'],
  assent: ['da,|seveda|z veseljem'],
  recallSubject: ['odpoklic|preklic'],
  recallText: ['zeli (?:odpoklicati|preklicati) sporocilo'],
  removal: ['umaknite|izbri*|odstran*|odjav*|zbri*'],
  refusal: ['ne|nikoli|nehaj*|preneha*'],
  mailing: ['pošiljati|pošiljajte|pisati|pišite|kontaktirati|kontaktirajte'],
  ofList: [
    'me|mi|nas|moj|moje|mojo|naslov|e|naslova|pošto|pošte|mail|maile|email|ime|podatke|s|z|iz|od|vašega|vašem',
    'vaše|seznama|baze|več|sporočil|sporočila|prejemnikov|poštni|elektronski',
  ],
  ticket: ['vaše sporočilo|vaš zahtevek|vaše vprašanje|vaše povpraševanje|zahtevek|vašo zahtevo|vaša zahteva'],
  filed: ['prejeli|prejeto|prejet|zabeležen|zabeležena|ustvarjen|zaprt|rešen|dodelili'],
};
