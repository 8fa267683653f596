import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Estonian. */
export const et: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automaatvastus', 'automaatne vastus|automaatvastus puhkusel|automaatne teade|automaatteade'],
  absenceSubject: ['kontorist väljas|puhkusel|olen puhkusel|eemal|puhkus'],
  away: ['puhkusel|kontorist väljas|eemal kontorist'],
  robot: [
    'automaatne teade|ärge vastake sellele|automaatselt saadetud|automaatselt koostatud',
    'teie päring on vastu võetud|teie pöördumine on registreeritud|see on automaatne teade',
  ],
  receipt: [
    'oleme teie kirja kätte|saime teie|teie päring on|esimesel võimalusel|niipea kui võimalik',
    'täname teid pöördumise|vastame esimesel võimalusel|päringu number',
  ],
  back: ['tagasi|naasen'],
  until: ['kuni'],
  months: ['jaanuar*', 'veebruar*', 'märts*', '', '', 'juuni*', 'juuli*', '', '', 'oktoob*', '', 'detsemb*'],
  stop: [
    'eemaldage mind(?: (?:listist|nimekirjast))?',
    'soovin (?:loobuda|listist lahkuda)(?: uudiskirjast)?',
    'loobun(?: uudiskirjast)?',
    'ärge (?:mulle )?(?:enam )?(?:kirjutage|saatke)(?: mulle)?(?: enam)?(?: kirju| e ?kirju)?',
    'lõpetage (?:kirjade saatmine|kirjutamine)',
    'loobun|loobuda|loobu|tühista tellimus',
    '(?:eemaldage|kustutage) mind(?: (?:nimekirjast|listist))?',
    'ärge (?:mulle )?(?:rohkem |enam )?(?:kirjutage|saatke)(?: (?:mulle|kirju|e ?kirju))?(?: (?:enam|rohkem))?',
    'ma ei soovi (?:enam )?(?:kirju|e ?kirju) saada',
  ],
  please: ['palun|aitäh|tänan|lugupidamisega|tervitades|tere|parimat|soovides'],
  dismissal: ['ei ole huvitatud|pole huvitatud', 'ei aitäh'],
  greeting: ['tere|lugupeetud'],
  assent: ['jah|muidugi|hea meelega'],
};
