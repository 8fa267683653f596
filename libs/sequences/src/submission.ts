import type { Route } from '@leadstream/contracts/events';
import { CANARY_TAG, isCanarySubmission } from '@leadstream/lead/canary';
import type { CleanLead } from '@leadstream/lead/hygiene';
import { NEWS_NOTICE } from '@leadstream/lead/run';
import type { Submission } from '@leadstream/lead/triage';
import { evidenceOf, inferZone } from '@leadstream/lead/zones';
import type { Routes, Sequence } from './definition.ts';
import { route, routeByTag } from './routes.ts';

export interface Routing {
  routes: Routes;
  sequences: readonly Sequence[];
  defaultTimeZone: string;
  at: Temporal.Instant;
  /** ISO 3166-1 alpha-2, of the form's IP address. */
  ipCountry?: string | undefined;
  /** The domain of the canary's addresses; undefined: there is no canary. */
  canaryDomain?: string | undefined;
}

/** A cleaned lead with its zone and its routes: a submission without its place in INTAKE and its caller. */
export const routed = (
  lead: CleanLead,
  { routes, sequences, defaultTimeZone, at, ipCountry, canaryDomain }: Routing,
): Omit<Submission, 'intake' | 'trusted' | 'mailbox' | 'number'> => ({
  contact: lead.contact,
  changes: lead.changes,
  dossier: lead.dossier,
  ...(lead.smsConsent ? { smsConsent: lead.smsConsent } : {}),
  zone: inferZone(evidenceOf(lead, ipCountry), { timeZone: defaultTimeZone, at }),
  route: routeOf(lead, { routes, sequences, canaryDomain }),
  returning: routeByTag(routes.returning.tag, sequences),
  canTell: sequences.some(({ id }) => id === NEWS_NOTICE.sequence),
});

/** A stranger's form may name the canary's source: its lead would be hidden from lists and reps. */
function routeOf(
  { contact, dossier }: CleanLead,
  { routes, sequences, canaryDomain }: Pick<Routing, 'routes' | 'sequences' | 'canaryDomain'>,
): Route {
  const found = route(dossier.source, routes, sequences);
  return found.tag === CANARY_TAG && !isCanarySubmission(dossier.source, contact.address, canaryDomain)
    ? routeByTag(routes.default.tag, sequences)
    : found;
}
