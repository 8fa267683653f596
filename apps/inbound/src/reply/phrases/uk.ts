import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Ukrainian. */
export const uk: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['автоматична відповідь'],
  receiptSubject: ['прочитано|не прочитано'],
  away: ['у відпустці'],
  awaySubject: ['відпустка'],
  back: ['повернуся'],
  months: [
    'січ*',
    'лют*',
    'берез*',
    'квіт*',
    'трав*',
    'черв*',
    'лип*',
    'серп*',
    'верес*',
    'жовт*',
    'листопад*',
    'груд*',
  ],
  stop: ['відписатися', 'відпишіть мене'],
};
