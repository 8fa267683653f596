import { leadCreated } from '@leadstream/contracts/lead-created';
import { clean } from '@leadstream/lead/hygiene';
import { NEWS_NOTICE } from '@leadstream/lead/run';
import type { Submission } from '@leadstream/lead/triage';
import { evidenceOf, inferZone } from '@leadstream/lead/zones';
import type { Routes, Sequence } from '../definition.ts';
import { route, routeByTag } from '../routes.ts';

export type Cleaned = Omit<Submission, 'intake' | 'trusted'>;

/** Triage's dependencies; a simulated form has no IP address. */
export interface Triaging {
  routes: Routes;
  sequences: readonly Sequence[];
  defaultRegion: string;
  defaultTimeZone: string;
  at: Temporal.Instant;
}

/** A form as triage cleans and routes it, or its refusal. Throws ZodError for a form that is no `lead.created`. */
export function cleanedLead(
  form: unknown,
  { routes, sequences, defaultRegion, defaultTimeZone, at }: Triaging,
): Cleaned | { refused: { field: string; reason: string } } {
  const lead = clean(leadCreated.parse(form), { defaultRegion });
  if ('refused' in lead) return lead;
  const { contact, dossier, changes } = lead;
  return {
    contact,
    dossier,
    changes,
    zone: inferZone(evidenceOf(lead), { timeZone: defaultTimeZone, at }),
    route: route(dossier.source, routes, sequences),
    returning: routeByTag(routes.returning.tag, sequences),
    canTell: sequences.some(({ id }) => id === NEWS_NOTICE.sequence),
  };
}
