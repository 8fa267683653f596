import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** Thai. */
export const th: Phrases = {
  ...NO_PHRASES,
  automaticSubject: ['ตอบกลับอัตโนมัติ|การตอบกลับอัตโนมัติ'],
};
