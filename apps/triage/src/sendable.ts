import { companyOf } from '@leadstream/lead/company';
import type { LeadState } from '@leadstream/lead/state';
import { countryOfZone } from '@leadstream/lead/weeks';

/** The data of a lead that ENRICH_FIELDS can name; nothing else is ever sent. */
export const SENDABLE = {
  companyDomain: ({ contact }) => companyOf(contact?.address ?? '')?.companyDomain,
  country: ({ zone }) => countryOfZone(zone),
  source: ({ dossier }) => dossier?.source,
  medium: ({ dossier }) => dossier?.medium,
  campaign: ({ dossier }) => dossier?.campaign,
  page: ({ dossier }) => dossier?.pageURL,
  email: ({ contact }) => contact?.email,
  firstName: ({ contact }) => contact?.firstName,
  lastName: ({ contact }) => contact?.lastName,
  phone: ({ contact }) => contact?.phone,
} as const satisfies Record<string, (state: LeadState) => string | undefined>;
export type Sendable = keyof typeof SENDABLE;
