import { enricherSchema, type Condition, type Happening, type PlannedStep } from '@leadstream/contracts/events';
import type { LeadState } from './state.ts';

export const plain = (value: unknown): string => String(value).normalize('NFC').trim().toLowerCase();
const member = (record: Readonly<Record<string, unknown>> | undefined, name: string): unknown =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;

/**
 * A field of a lead: source, medium, campaign or pageURL, `utm.<name>`, a fact as `enrichment.<enricher>.<name>`, or a
 * form's own field.
 */
export function fieldOf({ dossier, enrichment }: Pick<LeadState, 'dossier' | 'enrichment'>, name: string): unknown {
  switch (name) {
    case 'source':
    case 'medium':
    case 'campaign':
    case 'pageURL':
      return dossier?.[name];
  }
  const [, enricher, fact = ''] = /^enrichment\.(\w+)\.(\w+)$/.exec(name) ?? [];
  const known = enricherSchema.safeParse(enricher).data;
  if (known) return member(enrichment[known]?.facts, fact);
  return name.startsWith('utm.')
    ? member(dossier?.utm, name.slice('utm.'.length))
    : (member(dossier?.fields, name) ?? member(dossier?.other, name));
}

/** Whether a field, or one value of a repeated field, is one of the values; case and outer blanks do not count. */
export const isOneOf = (found: unknown, values: unknown): boolean =>
  found !== undefined &&
  found !== null &&
  [found].flat().some((one) => [values].flat().some((value) => plain(one) === plain(value)));

/** The tag that ends the step's sequence for this lead. */
export const exitOf = (tags: readonly string[], exits: readonly string[] = []): string | undefined =>
  exits.find((tag) => tags.includes(tag));

/** The first part of the condition that does not hold, in words without a value of the lead; undefined: it holds. */
export function unmet(state: LeadState, { when = {}, exits }: Pick<PlannedStep, 'when' | 'exits'>): string | undefined {
  const { tags, run } = state;
  const exit = exitOf(tags, exits);
  if (exit !== undefined) return `the tag ${exit} ends the sequence`;
  const did = (what: Happening): boolean => run?.happened?.includes(what) ?? false;
  const parts: Record<keyof Condition, string[]> = {
    tagged: (when.tagged ?? []).filter((tag) => !tags.includes(tag)).map((tag) => `the tag ${tag} is absent`),
    notTagged: (when.notTagged ?? []).filter((tag) => tags.includes(tag)).map((tag) => `the tag ${tag} is present`),
    fields: Object.entries(when.fields ?? {})
      .filter(([name, values]) => !isOneOf(fieldOf(state, name), values))
      .map(([name, values]) => `the field ${name} is not ${[values].flat().join(' or ')}`),
    happened: (when.happened ?? []).filter((what) => !did(what)).map((what) => `the lead has not ${what}`),
    notHappened: (when.notHappened ?? []).filter(did).map((what) => `the lead has ${what}`),
  };
  return Object.values(parts).flat()[0];
}
