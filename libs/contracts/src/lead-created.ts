import { z } from 'zod';

/** RFC 5321 §4.5.3.1.3: a path is at most 256 octets with its angle brackets. */
const ADDRESS_LENGTH_MAX = 254;
const text = z.string().max(1_000);
const fields = z.record(z.string().max(200), z.unknown());

/**
 * What another team publishes, or a form posts, when somebody left their details.
 *
 * Only `email` and `leadData.source` are required: everything else makes the follow-up better and its absence never
 * stops it. Keys we do not know are kept. This is a shape check and nothing more; triage cleans and judges.
 */
export const leadCreated = z.looseObject({
  email: z
    .string()
    .min(3)
    .max(ADDRESS_LENGTH_MAX + 66)
    .describe('Where the lead is written to; cleaned by triage'),
  firstName: text.nullish().describe('How mails greet the lead; without it they use the template’s fallback'),
  lastName: text.nullish().describe('Family name'),
  phone: text.nullish().describe('Any common way of writing it; normalised to E.164'),
  timeZone: text.nullish().describe('IANA name, e.g. Europe/Berlin'),
  ip: text.nullish().describe('Stays in INTAKE; never part of a lead’s log'),
  leadData: z
    .looseObject({
      source: z.string().min(1).max(200).describe('The branching key: which sequence the lead gets'),
      medium: text.nullish().describe('How the lead got there, e.g. paid_search'),
      campaign: text.nullish().describe('Which campaign brought the lead'),
      pageURL: z.string().max(4_000).nullish().describe('The page with the form; UTM parameters are read from it too'),
      submissionTimestamp: text
        .nullish()
        .describe('When the form was sent, as it says itself; kept, never trusted as a time'),
      utm: fields.nullish().describe('utm_* keys; one given here outranks the one in pageURL'),
      fields: fields.nullish().describe('Hidden or custom form fields'),
    })
    .describe('What the form and its page say about the submission'),
});

export type LeadCreated = z.infer<typeof leadCreated>;

export const LEAD_CREATED = 'lead.created';
/** Data version of the contract: a publisher's higher one waits for a triage that reads it. */
export const LEAD_CREATED_VERSION = 1;
/** A larger body is quarantined, not parsed: a form is a few hundred bytes, the HTTP edge takes 64 KiB. */
export const LEAD_CREATED_BYTES_MAX = 256 * 1024;
