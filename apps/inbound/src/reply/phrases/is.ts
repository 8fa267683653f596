import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Icelandic. */
export const is: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['sjálfvirkt svar|sjálfvirk skilaboð|sjálfvirkur póstur'],
  absenceSubject: [
    'fjarverandi|í fríi|ekki á skrifstofunni|í sumarfríi|frí|fjarvera|sjálfvirkt fjarverusvar',
    'fjarverutilkynning',
  ],
  away: ['í fríi|í sumarfríi|fjarverandi|ekki á skrifstofunni|í fæðingarorlofi'],
  itself: ['þetta er sjálfvirkt|þetta er sjálfvirk|þessi póstur er sendur sjálfvirkt'],
  meanwhile: ['ef málið er brýnt|brýn erindi|áríðandi|les ekki tölvupóst|tölvupóstur er ekki lesinn'],
  urgent: ['brýn*|áríðandi'],
  wants: ['tilboð|verð|verðtilboð|demo|samning*|reikning*|áhuga|hringdu|hringið|sendu|sendið'],
  robot: [
    'sjálfvirk skilaboð|sjálfvirkt svar|ekki svara þessum',
    'beiðni þín hefur verið móttekin|þetta er sjálfvirkt svar|sjálfvirk skilaboð',
  ],
  receipt: [
    'við höfum móttekið|erindi þitt hefur|eins fljótt og|málsnúmer',
    'takk fyrir að hafa samband|við svörum eins fljótt',
  ],
  back: ['kem aftur|aftur'],
  until: ['til og með|fram til'],
  months: [
    'janúar*',
    'febrúar*',
    'mars',
    'apríl*',
    'maí',
    'júní',
    'júlí',
    'ágúst*|ágú',
    '',
    'októ*',
    'nóvem*',
    'desem*',
  ],
  stop: [
    'afskrá(?:ið|ðu)?(?: mig)?(?: (?:af listanum|af póstlistanum))?',
    '(?:takið|taktu|fjarlægið) mig af (?:listanum|póstlistanum)',
    'ekki senda mér (?:fleiri )?(?:póst|tölvupóst|pósta)(?: aftur| framar)?',
    'afskráning',
    'hættið að senda mér (?:póst|tölvupóst)',
  ],
  please: ['takk|vinsamlegast|kveðja|með|kveðju|fyrir|bestu'],
  dismissal: ['hef ekki áhuga|ég hef ekki áhuga', 'nei takk'],
  greeting: ['sæl|góðan dag|halló|kæri|kæra'],
  assent: ['já|endilega|sjálfsagt'],
};
