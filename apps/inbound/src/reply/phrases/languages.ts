import { ar } from './ar.ts';
import { bg } from './bg.ts';
import { ca } from './ca.ts';
import { cs } from './cs.ts';
import { da } from './da.ts';
import { de } from './de.ts';
import { el } from './el.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { et } from './et.ts';
import { fa } from './fa.ts';
import { fi } from './fi.ts';
import { fr } from './fr.ts';
import { gl } from './gl.ts';
import { he } from './he.ts';
import { hi } from './hi.ts';
import { hr } from './hr.ts';
import { hu } from './hu.ts';
import { id } from './id.ts';
import { is } from './is.ts';
import { it } from './it.ts';
import { ja } from './ja.ts';
import { ko } from './ko.ts';
import { lt } from './lt.ts';
import { lv } from './lv.ts';
import { ms } from './ms.ts';
import { nb } from './nb.ts';
import { nl } from './nl.ts';
import { pl } from './pl.ts';
import { pt } from './pt.ts';
import { ro } from './ro.ts';
import { ru } from './ru.ts';
import { sk } from './sk.ts';
import { sl } from './sl.ts';
import { sr } from './sr.ts';
import { sv } from './sv.ts';
import { th } from './th.ts';
import { tr } from './tr.ts';
import { uk } from './uk.ts';
import { vi } from './vi.ts';
import { zh } from './zh.ts';
import { af } from './af.ts';
import { eu } from './eu.ts';
import { mk } from './mk.ts';
import { sq } from './sq.ts';
import type { Phrases } from '../phrases.ts';

/** The languages that replies are understood in: a new one is a file beside this one, and a line here. */
export const LANGUAGES = {
  en,
  de,
  fr,
  es,
  it,
  nl,
  pt,
  sv,
  da,
  nb,
  fi,
  pl,
  cs,
  sk,
  hu,
  ro,
  tr,
  ru,
  uk,
  bg,
  sr,
  hr,
  sl,
  lt,
  et,
  lv,
  id,
  vi,
  el,
  he,
  ar,
  th,
  ja,
  zh,
  ko,
  ca,
  is,
  ms,
  hi,
  fa,
  gl,
  af,
  eu,
  mk,
  sq,
} satisfies Record<string, Phrases>;
export type Language = keyof typeof LANGUAGES;

type List = { [Key in keyof Phrases]: Phrases[Key] extends readonly string[] ? Key : never }[keyof Phrases];

/** One list of all languages, or of those that `isWanted`. */
export const phrasesOf = (list: List, isWanted: (language: Phrases) => boolean = () => true): string[] =>
  Object.values<Phrases>(LANGUAGES)
    .filter(isWanted)
    .flatMap((language) => language[list]);

export const isSpaced = ({ spaced }: Phrases): boolean => spaced;
export const isUnspaced = ({ spaced }: Phrases): boolean => !spaced;

/** The names at one place of `months` or `weekdays`, of all languages or of those that `isWanted`. */
export const namesAt = (
  list: 'months' | 'weekdays',
  place: number,
  isWanted: (language: Phrases) => boolean = () => true,
): string[] =>
  Object.values<Phrases>(LANGUAGES)
    .filter(isWanted)
    .map((language) => language[list][place] ?? '')
    .filter(Boolean);
