import { sequenceIdSchema, type Decision } from '@leadstream/contracts/events';
import { fieldOf, plain } from '@leadstream/lead/condition';
import type { LeadState } from '@leadstream/lead/state';
import { countryOfZone } from '@leadstream/lead/weeks';
import { z } from 'zod';
import { tagsSchema, versionSchema } from './definition.ts';

const oneOrMore = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.array(schema).min(1)]);
/** `*` alone matches any value. */
const text = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^*]*\*?$/, 'may have one *, at its end');
const values = oneOrMore(z.union([text, z.number(), z.boolean()]));
const named = z
  .record(z.string().min(1).max(200), values)
  .refine((given) => Object.keys(given).length > 0, 'must name a value');

const factsOf = <Name extends string>(names: readonly Name[]) => z.partialRecord(z.enum(names), values).optional();

const whenSchema = z
  .strictObject({
    source: values.optional(),
    medium: values.optional(),
    campaign: values.optional(),
    page: values.optional().describe('The address of the page with the form'),
    utm: named.optional(),
    fields: named.optional().describe('Hidden and custom fields of the form'),
    country: oneOrMore(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code such as DE'))
      .optional()
      .describe('Of the lead’s zone; a zone that is a default has none'),
    enrichment: z
      .strictObject({ domain: factsOf(['company', 'companyDomain']), http: named.optional() })
      .optional()
      .describe('Facts, by the enricher that found them'),
  })
  .refine((when) => Object.keys(when).length > 0, 'must have a condition: a rule without one would tag every lead');

const ruleSchema = z.strictObject({
  id: sequenceIdSchema,
  when: whenSchema.describe('All that is named must hold'),
  add: tagsSchema,
});
export type TagRule = z.infer<typeof ruleSchema>;

/** `tags.yaml` in the folder of sequences: the tags that a lead gets by what is known of it. */
export const tagRulesSchema = z.strictObject({
  id: z.literal('tags').default('tags'),
  version: versionSchema,
  rules: z.array(ruleSchema).max(500),
});
export type TagRules = z.infer<typeof tagRulesSchema>;

/**
 * The tags of all rules that hold and that the lead lacks, as one event. A tag that an operator removed stays removed.
 */
export function decideTags(state: LeadState, rules: readonly TagRule[]): Decision {
  if (!state.contact) return { nothing: 'unknown-lead' };
  if (state.stop?.why === 'erased') return { nothing: 'erased' };
  const isMissing = (tag: string): boolean => !state.tags.includes(tag) && !state.untagged.includes(tag);
  const due = rules.filter(({ add, when }) => add.some(isMissing) && holds(state, when));
  if (due.length === 0) return { nothing: 'unchanged', detail: 'no rule gives a tag' };
  const add = [...new Set(due.flatMap((rule) => rule.add).filter(isMissing))];
  return { type: 'lead.tagged', data: { rules: due.map(({ id }) => id), add, remove: [] } };
}

function holds(state: LeadState, when: TagRule['when']): boolean {
  const isLike = (name: string, wanted: unknown): boolean =>
    wanted === undefined || isOneLike(fieldOf(state, name), wanted);
  const parts: Record<keyof TagRule['when'], boolean> = {
    source: isLike('source', when.source),
    medium: isLike('medium', when.medium),
    campaign: isLike('campaign', when.campaign),
    page: isLike('pageURL', when.page),
    utm: Object.entries(when.utm ?? {}).every(([name, wanted]) => isLike(`utm.${name}`, wanted)),
    fields: Object.entries(when.fields ?? {}).every(([name, wanted]) => isLike(name, wanted)),
    country: when.country === undefined || [when.country].flat().includes(countryOfZone(state.zone) ?? ''),
    enrichment: Object.entries(when.enrichment ?? {}).every(([enricher, facts]) =>
      Object.entries(facts).every(([name, wanted]) => isLike(`enrichment.${enricher}.${name}`, wanted)),
    ),
  };
  return Object.values(parts).every(Boolean);
}

/** Whether a value, or one of a repeated field, is one of those wanted; `*` at the end of one matches any rest. */
const isOneLike = (found: unknown, wanted: unknown): boolean =>
  found !== undefined &&
  found !== null &&
  found !== '' &&
  [found].flat().some((one) => [wanted].flat().some((value) => isLikeValue(plain(one), plain(value))));

const isLikeValue = (found: string, wanted: string): boolean =>
  wanted.endsWith('*') ? found.startsWith(wanted.slice(0, -1)) : found === wanted;
