import { z } from 'zod';
import { firstAt, PATH, valuesAt } from './path.ts';

/** The limit of the contract; a longer text is no evidence, because cut words are not what the person agreed to. */
const TEXT_LENGTH_MAX = 1_000;
/** Values of a ticked box, in any case. */
const YES: ReadonlySet<string> = new Set(['true', 'yes', 'on', '1']);
/** Values of one that is not, which a file may not call a tick. */
const NO: ReadonlySet<string> = new Set(['', 'false', 'no', 'off', '0', 'null', 'undefined']);

const path = z.string().regex(PATH, 'must be a path: names and * with dots between, $ for the whole body');
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value).trim() : '';
const isNo = (value: unknown): boolean => NO.has(textOf(value).toLowerCase());

/** A path, or `take` of the items in `in` whose `by` is the text `is`: the answer to one question of a list. */
const place = z.union([path, z.strictObject({ in: path, by: path, is: z.string().min(1), take: path })]);
type Place = z.infer<typeof place>;

/** Where a post has the consent to texts (SMS), with its evidence; triage decides whether its caller may give it. */
export const smsConsentSchema = z
  .strictObject({
    box: place.describe('The checkbox'),
    is: z
      .array(z.union([z.string(), z.number(), z.boolean()]).refine((one) => !isNo(one), 'is no consent'))
      .min(1)
      .optional()
      .describe('Its values when it is ticked, to the letter; absent: true, yes, on, 1'),
    text: place.optional().describe('The words beside the checkbox, where the post has them'),
    words: z.string().trim().min(1).max(TEXT_LENGTH_MAX).optional().describe('The words, where the post has none'),
    at: path.describe('The time of the consent, RFC 3339'),
    source: path.optional().describe('The page or form where it was given'),
  })
  .refine(({ text, words }) => (text === undefined) !== (words === undefined), {
    error: 'needs either text, a place in the post, or words, which are the same for all posts',
  });
type Reader = z.infer<typeof smsConsentSchema>;

/**
 * The consent of a post in the contract's shape; undefined for a box that is not ticked. A value that is not certainly
 * a tick is none. Evidence that is missing stays empty, so that triage records which.
 */
export function tickedConsent({ box, is, text, words, at, source }: Reader, item: unknown, root: unknown) {
  const boxes = placed(box, item, root);
  if (boxes.length === 0 || !boxes.every((one) => isTicked(one, is))) return undefined;
  const found = text === undefined ? [words ?? ''] : [...new Set(placed(text, item, root).map(textOf))];
  const [only = ''] = found.length === 1 ? found : [];
  const from = source === undefined ? '' : textOf(firstAt(item, [source], root));
  return {
    sms: {
      text: only.length > TEXT_LENGTH_MAX ? '' : only,
      at: textOf(firstAt(item, [at], root)).slice(0, TEXT_LENGTH_MAX),
      ...(from === '' ? {} : { source: from.slice(0, TEXT_LENGTH_MAX) }),
    },
  };
}

function placed(at: Place, item: unknown, root: unknown): unknown[] {
  if (typeof at === 'string') return valuesAt(item, at, root);
  return valuesAt(item, `${at.in}.*`, root)
    .filter((one) => valuesAt(one, at.by, root).some((name) => textOf(name) === at.is))
    .flatMap((one) => valuesAt(one, at.take, root));
}

/** A list is the choices of a group of boxes: one of them has to be named in `is`, or it is the only one. */
function isTicked(value: unknown, is: Reader['is']): boolean {
  const choices: unknown[] = Array.isArray(value) ? value : [value];
  if (!is) return choices.length === 1 && YES.has(textOf(choices[0]).toLowerCase());
  return choices.some((choice) => is.some((one) => textOf(choice) !== '' && textOf(one) === textOf(choice)));
}
