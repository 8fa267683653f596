import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Afrikaans. */
export const af: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['outomatiese antwoord|outomatiese boodskap'],
  absenceSubject: ['buite kantoor|uit die kantoor|nie op kantoor nie|afwesig|met verlof|op verlof|ek is met verlof'],
  awaySubject: ['vakansie|verlof|kraamverlof'],
  away: ['met verlof|op verlof|met vakansie|op vakansie|uit die kantoor|buite kantoor|afwesig|met kraamverlof'],
  itself: ['hierdie is ’n outomatiese|dit is ’n outomatiese|hierdie e-pos is outomaties'],
  meanwhile: ['vir dringende|in dringende gevalle|dringende sake|geen toegang tot my e-pos'],
  urgent: ['dringend*'],
  wants: [
    'kwotasie|prys|pryse|demo|kontrak|faktuur|belangstel*|stel belang|bel my|stuur asseblief|stuur vir my',
    'pas my|teken die',
  ],
  robot: ['outomatiese boodskap|outomatiese antwoord|moenie op hierdie e-pos antwoord|ontvangsbevestiging'],
  receipt: ['ons het u boodskap ontvang|so gou moontlik|dankie vir u e-pos|kontak u|kontak jou|antwoord binne'],
  back: ['terug'],
  until: ['tot|tot en met'],
  assent: ['ja|graag|verseker'],
  months: ['januarie', 'februarie', 'maart', '', 'mei', 'junie', 'julie', 'augustus', '', 'oktober', '', 'desember'],
  stop: [
    'teken my (?:uit|af)',
    'verwyder my(?: van (?:die|julle) lys)?',
    'moenie (?:vir )?my (?:weer |meer )?e ?pos(?: nie)?',
  ],
  please: ['asseblief|dankie|groete|vriendelike'],
  dismissal: ['(?:ek |ons )?stel nie belang nie', 'nee dankie'],
  greeting: ['hallo|goeie dag|beste'],
  removal: ['haal|verwyder*|skrap*'],
  refusal: ['moenie|nie|stop|geen'],
  mailing: ['stuur|skryf|kontak|pos'],
  ofList: [
    'my|ons|adres|e|pos|eposadres|posadres|epos|naam|besonderhede|van|uit|af|julle|u|jou|die|hierdie|lys',
    'poslys|databasis|meer|weer|vir|boodskappe|om|te|nie',
  ],
  ticket: ['u navraag|u versoek|u boodskap|u e-pos|jou navraag'],
  filed: ['geregistreer|ontvang|geskep|geopen|gesluit|aangeteken'],
};
