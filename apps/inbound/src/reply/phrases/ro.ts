import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Romanian. */
export const ro: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['răspuns automat'],
  absenceSubject: ['în afara biroului'],
  bounceSubject: ['nelivrabil'],
  away: ['în concediu'],
  back: ['revin|întorc'],
  until: ['pana'],
  months: ['ianuar*', '', 'martie', '', '', 'iunie', 'iulie', '', '', '', 'noiembrie', ''],
  stop: ['dezabonare'],
};
