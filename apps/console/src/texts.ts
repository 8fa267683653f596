import { z } from 'zod';

/** Controls, halves of surrogate pairs, and characters that show a text in another order than it has. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const unsafeIn = (text: string): boolean => UNSAFE.test(text.replaceAll(/[\n\t]/g, ''));

/** Words of a person that are kept. */
export const words = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty')
    .max(lengthMax)
    .refine((text) => !unsafeIn(text), 'has control characters, or such that turn the order of letters');

/** A name without spaces: of a tag, a rep, a sequence, a step. */
export const label = z
  .string()
  .min(1, 'is empty')
  .max(100)
  .refine((text) => !/[\s\p{Cc}\p{Cf}\p{Cs}]/u.test(text), 'has spaces or invisible characters');
