import { z } from 'zod';

/** Optional text: a wrong type counts as absent, a long text is cut. Lone surrogates are replaced. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .transform((value) => value.slice(0, max).toWellFormed())
    .optional()
    .catch(undefined);

/** A time with an offset, in milliseconds; another form counts as absent. Postmark writes seven digits of a second. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value).toISOString())
  .optional()
  .catch(undefined);
