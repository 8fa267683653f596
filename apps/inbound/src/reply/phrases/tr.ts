import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Turkish. */
export const tr: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['otomatik yanıt|otomatik cevap'],
  absenceSubject: ['ofis dışında'],
  bounceSubject: ['teslim edilemedi'],
  away: ['izindeyim|izinde'],
  afterDate: ['kadar'],
  months: [
    'ocak*',
    'subat*',
    'mart',
    'nisan*',
    'mayıs*',
    'haziran*',
    'temmuz*',
    'agustos*',
    'eylul*',
    'ekim*',
    'kasım*',
    'aralık*',
  ],
  stop: ['abonelig[iı] iptal et'],
};
