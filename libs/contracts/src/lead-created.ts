import { z } from 'zod';

/** RFC 5321 §4.5.3.1.3: a path is at most 256 octets with its angle brackets. */
const ADDRESS_LENGTH_MAX = 254;
const text = z.string().max(1_000);
const fields = z.record(z.string().max(200), z.unknown());

/**
 * Consent to texts. Forms also have a `consent` of their own, a ticked box for example: whatever has another shape is
 * kept, and is no consent.
 */
export const consentGiven = z.looseObject({
  sms: z
    .looseObject({
      text: text.describe('The words that the person agreed to'),
      at: text.describe('The time of the consent, RFC 3339'),
      source: text.nullish().describe('The form, page or list where it was given'),
    })
    .describe('To the phone number of this submission; counts from a trusted caller only'),
});

/**
 * A submission as another team publishes it, or as a form posts it.
 *
 * Only `email` and `leadData.source` are required: other fields improve the follow-up, and their absence never stops
 * it. Unknown keys are kept. The schema checks the shape only; triage cleans and judges.
 */
export const leadCreated = z.looseObject({
  email: z
    .string()
    .min(3)
    .max(ADDRESS_LENGTH_MAX + 66)
    .describe('The lead’s address; cleaned by triage'),
  firstName: text.nullish().describe('The name in the greeting; absent: the template’s fallback'),
  lastName: text.nullish().describe('Family name'),
  phone: text.nullish().describe('Any common notation; normalised to E.164'),
  phoneExtension: text.nullish().describe('Digits to dial after the number'),
  consent: z.union([consentGiven, z.unknown()]).optional().describe('Evidence of what the person agreed to'),
  timeZone: text.nullish().describe('IANA name, e.g. Europe/Berlin'),
  ip: text.nullish().describe('Stays in INTAKE; never part of a lead’s log'),
  leadData: z
    .looseObject({
      source: z.string().min(1).max(200).describe('The branching key that selects the sequence'),
      medium: text.nullish().describe('The medium that brought the lead, e.g. paid_search'),
      campaign: text.nullish().describe('The campaign that brought the lead'),
      pageURL: z.string().max(4_000).nullish().describe('The page with the form; UTM parameters are read from it too'),
      submissionTimestamp: text.nullish().describe('The form’s own time of sending; kept, never trusted as a time'),
      utm: fields.nullish().describe('utm_* keys; one given here outranks the one in pageURL'),
      fields: fields.nullish().describe('Hidden or custom form fields'),
    })
    .describe('Data of the form and its page'),
});

export type LeadCreated = z.infer<typeof leadCreated>;

export const LEAD_CREATED = 'lead.created';
/** Data version of the contract: triage holds a higher version until a build that reads it takes over. */
export const LEAD_CREATED_VERSION = 1;
/** A larger body is quarantined, not parsed: a form is a few hundred bytes, the HTTP edge takes 64 KiB. */
export const LEAD_CREATED_BYTES_MAX = 256 * 1024;
