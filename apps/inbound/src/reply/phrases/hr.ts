import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Croatian. */
export const hr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['automatski odgovor', 'automatska poruka|automatska potvrda'],
  absenceSubject: ['izvan ureda|na godišnjem odmoru|godišnji odmor|odsutan|odsutna|nisam u uredu'],
  away: ['na godišnjem odmoru|izvan ureda|odsut*'],
  robot: [
    'automatska poruka|automatski generirana|ne odgovarajte na ovu',
    'vaš zahtjev je zaprimljen|vaš upit je zaprimljen|ovo je automatska poruka',
  ],
  receipt: [
    'zaprimili smo vaš|zaprimili smo vašu|vaš upit je|vaš zahtjev je|u najkraćem mogućem roku',
    'što je prije moguće',
    'zahvaljujemo na upitu|odgovorit ćemo u najkraćem|broj zahtjeva',
  ],
  back: ['vraćam|vratit'],
  months: [
    'siječ*',
    'veljač*',
    'ožuj*',
    'travn*',
    'svib*',
    'lipanj|lipnja',
    'srpanj|srpnja',
    'kolovoz*',
    'rujan|rujna',
    '',
    'studen*',
    '',
  ],
  stop: [
    'odjavite me(?: s (?:popisa|liste|newslettera))?',
    'odjava|želim se odjaviti',
    '(?:ne|nemojte mi) (?:šaljite|pišite|slati|pisati)(?: mi)? više(?: poruke| mailove| e ?mailove)?',
    'uklonite me s (?:popisa|liste)',
    'ne želim primati (?:vaše )?(?:poruke|mailove)',
    'odjavi(?:te)? me',
    '(?:ispišite|ispiši|obrišite|maknite|izbrišite) me(?: (?:s|sa|iz) (?:popisa|liste|baze))?',
    'ne pišite mi(?: više)?|ne javljajte mi se više',
    'prestanite (?:mi )?(?:pisati|slati(?: poruke| mailove)?)',
  ],
  please: ['hvala|molim|lijep|pozdrav|srdačan|vas|lijepo|dobar|dan'],
  dismissal: ['nisam zainteresirana?', 'ne hvala'],
  greeting: ['poštovani|bok|dobar dan'],
  assent: ['da,|naravno'],
};
