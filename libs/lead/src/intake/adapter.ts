import { z } from 'zod';
import { LEAD_DATA, PERSON } from './names.ts';
import { PATH } from './path.ts';
import { smsConsentSchema } from './ticked-consent.ts';

const path = z.string().regex(PATH, 'must be a path: names and * with dots between, $ for the whole body');
const paths = z.union([path, z.array(path).min(1)]).transform((given) => [given].flat());
const known = z.enum([...PERSON, ...LEAD_DATA, 'fullName'] as const);
const pattern = z.string().refine(isPattern, 'must be a regular expression');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** A name that is kept elsewhere in the body, by an id: `take` of the item in `in` whose `by` is the value at `of`. */
const lookup = z.strictObject({ in: path, by: path, of: path, take: path });

const reader = z.union([
  /** Each item is a field. */
  z.strictObject({
    each: path,
    name: z.union([path, lookup, z.array(z.union([path, lookup])).min(1)]).transform((given) => [given].flat()),
    value: paths,
    type: path.optional(),
    /** Choices are given by their ids. */
    options: z.strictObject({ in: path, by: path, take: path }).optional(),
  }),
  /** Each member is a field; `strip` is left out of its name, `value` is the path of its value. */
  z.strictObject({
    all: path,
    strip: pattern.optional(),
    value: path.optional(),
    except: z.array(z.string()).default([]),
  }),
  /** Fields of these names. */
  z.strictObject({ take: z.record(z.string(), paths) }),
  /** Everything: members by their names, and lists of objects with a name and a value. */
  z.strictObject({ walk: path, pairs: z.strictObject({ name: paths, value: paths, type: path }) }),
]);
export type Reader = z.infer<typeof reader>;

const signature = z.union([
  /** HMAC-SHA256 over the text `signs`, with {body}, {timestamp}, {method}, {url} or {readableUrl}. */
  z.strictObject({
    header: z.string(),
    encoding: z.enum(['hex', 'base64']),
    signs: z.string().includes('{body}'),
    prefix: z.string().default(''),
    timestamp: z.string().optional().describe('The header of the timestamp'),
    parts: z
      .strictObject({ timestamp: z.string(), signature: z.string() })
      .optional()
      .describe('Names of the parts of a header `t=1,v1=…`'),
  }),
  /** The body holds the secret itself. */
  z.strictObject({ field: path }),
]);
export type Signature = z.infer<typeof signature>;

/** A form service: how its posts become leads. A file `intake/<name>.yaml`. */
export const adapterSchema = z.strictObject({
  title: z.string().min(1),
  docs: z.url(),
  /** The lead's source, where neither the address nor the form names one. */
  source: z.string().min(1).max(200),
  /** Posts of other events are accepted and ignored. */
  only: z.strictObject({ at: path, is: z.array(z.string()).min(1) }).optional(),
  /** The leads in a post; the first path with a value counts. */
  lead: paths.default(['$']),
  /** The submission's id, which makes a repeated post the same lead. */
  id: paths.default([]),
  read: z.array(reader).min(1),
  /** The contract's field of a type, or of a member's name (`*.3`: that ends so). */
  types: z.record(z.string(), known).default({}),
  names: z.record(z.string(), known).default({}),
  /** Finds the address and the number by their form where no name tells. */
  guess: z.boolean().default(false),
  /** Evidence of what the person agreed to; without it no box of the form is a consent. */
  consent: z.strictObject({ sms: smsConsentSchema }).optional(),
  signature: signature.optional(),
  /**
   * A post without the value at `without` names its lead only: the rest is at `url`, with {paths} of the post in it.
   */
  fetch: z.strictObject({ without: path, url: z.url({ protocol: /^https?$/ }) }).optional(),
  /** `hub`: answers the GET by which the service verifies the address (Meta). */
  handshake: z.literal('hub').optional(),
  /** The status of a post that is stored or ignored; another one than its service asks for is repeated. */
  answer: z.literal([200, 202]).default(202),
});
export type Adapter = z.infer<typeof adapterSchema>;
