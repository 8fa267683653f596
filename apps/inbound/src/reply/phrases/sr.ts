import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Serbian. */
export const sr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['аутоматски одговор', 'automatski odgovor|аутоматска порука|automatska poruka'],
  absenceSubject: [
    'ван канцеларије|на одмору|van kancelarije|na odmoru|одсуство|na godišnjem odmoru|на годишњем одмору',
  ],
  awaySubject: ['одмор|odmor|godišnji odmor'],
  away: ['на одмору|na odmoru|на годишњем|ван канцеларије|van kancelarije|одсут*'],
  itself: ['ово је аутоматска|ово је аутоматски|ovo je automatska|ovo je automatski'],
  meanwhile: ['у хитним случајевима|u hitnim slučajevima|za hitne|за хитне'],
  urgent: ['хитн*|hitn*'],
  wants: [
    'понуд*|ponud*|цена|cena|цену|cenu|цене|cene|демо|demo|уговор|ugovor|фактур*|faktur*|интересује',
    'interesuje|заинтересован*|zainteresovan*|позовите|pozovite|пошаљите|pošaljite',
    'odgovara mi|одговара ми|može tada',
  ],
  robot: [
    'аутоматска порука|automatska poruka|не одговарајте на ову|ne odgovarajte na ovu',
    'vaš zahtev je primljen|ваш захтев је примљен|ovo je automatska poruka',
  ],
  receipt: [
    'примили смо вашу|primili smo vašu|ваш захтев је|vaš zahtev je|у најкраћем року',
    'u najkraćem roku',
    'hvala na poruci|odgovorićemo u najkraćem|хвала на поруци',
  ],
  back: ['враћам|vraćam'],
  months: [
    'јануар*|јан',
    'фебруар*|феб',
    '',
    '',
    'мај|маја',
    'јун|јуна',
    'јул|јула',
    'avg',
    'септемб*|сеп',
    'октоб*',
    'новемб*|нов',
    'децемб*|дец',
  ],
  stop: [
    'одјавите ме(?: са (?:листе|мејлинг листе))?|odjavite me(?: sa (?:liste|mejling liste))?',
    'одјава|odjava',
    'не (?:пишите|шаљите) ми више(?: мејлове| поруке)?|ne (?:pišite|šaljite) mi više(?: mejlove| poruke)?',
    'уклоните ме са листе|uklonite me sa liste',
    'желим да се одјавим|želim da se odjavim',
    'odjavi(?:te)? me|одјавите ме|одјави ме',
    'не пишите ми(?: више)?|ne pišite mi(?: više)?',
    '(?:избришите|уклоните|скините) ме са (?:листе|списка)|(?:izbrišite|uklonite|skinite) me sa (?:liste|spiska)',
    'одјава|odjava',
  ],
  please: ['хвала|молим|hvala|molim|поздрав|pozdrav|вас|vas|лепо|добар|дан|dobar|dan'],
  dismissal: ['нисам заинтересован[а]?|nisam zainteresovana?', 'не хвала|ne hvala'],
  greeting: ['поштовани|добар дан|здраво|poštovani|zdravo'],
  assent: ['da,|naravno|да|наравно'],
};
