import { routesSchema, sequenceSchema, type Routes, type Sequence } from '@leadstream/sequences/definition';
import { repsSchema, type Reps } from '@leadstream/sequences/reps';
import { tagRulesSchema, type TagRules } from '@leadstream/sequences/tag-rules';
import { z } from 'zod';

export type Definition = Routes | Sequence | Reps | TagRules;

/** Which version became active or was retired, by whom and when. */
const activationSchema = z.object({
  version: z.number().int().positive(),
  /** `retire`: no new runs; another value of a newer build counts as active. */
  does: z.string(),
  by: z.string(),
  at: z.string(),
  reason: z.string().optional(),
});
export type Activation = z.infer<typeof activationSchema>;

const historySchema = z.array(activationSchema).min(1);
/** A value of the bucket is at most 1 MiB. */
const HISTORY_MAX = 1_000;

export const HISTORY = '.history';
export const ACTIVE = '.active';

export interface DeployedSequence {
  id: string;
  versions: number[];
  /** The version that new runs get; null: there are no new runs. */
  active: number | null;
  retired: Activation | null;
  /** Oldest first; empty for what a build before this record has deployed. */
  history: Activation[];
}

export const isRetired = (last: Activation | undefined): boolean => last?.does === 'retire';

export function parseHistory(text: string | undefined): Activation[] {
  if (text === undefined) return [];
  return historySchema.safeParse(parseJson(text)).data ?? [];
}

export const historyText = (history: readonly Activation[]): string => JSON.stringify(history.slice(-HISTORY_MAX));

/** Undefined for a text of another build that this one cannot read. */
export function parseDefinition(text: string): Definition | undefined {
  const json = parseJson(text);
  const schemas = [sequenceSchema, routesSchema, repsSchema, tagRulesSchema];
  return schemas.map((schema) => schema.safeParse(json).data).find((data) => data !== undefined);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Tags that the routes give and that trigger none of the sequences: a lead with one would wait. */
export function tagsWithout(routes: Routes, sequences: readonly Sequence[]): string[] {
  const tags = [...routes.routes, routes.default, routes.returning].map(({ tag }) => tag);
  return [...new Set(tags)].filter((tag) => !sequences.some(({ triggers }) => triggers.includes(tag)));
}
