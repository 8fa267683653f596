/** The source that the canary's leads are posted with. */
export const CANARY_SOURCE = 'leadstream_canary';
/**
 * The tag that `routes.yaml` gives to it. Triage gives it to addresses of `CANARY_DOMAIN` alone, and nobody else may.
 */
export const CANARY_TAG = 'source:canary';
export const CANARY_SEQUENCE = 'canary';

/** Of a lead's state. */
interface Tagged {
  tags: readonly string[];
}

/** A person, or a lead of the canary, which proves that the whole way works. */
export const LEAD_KINDS = ['person', 'canary'] as const;
export type LeadKind = (typeof LEAD_KINDS)[number];

/** The decision for all: by the tag, which cannot be had by a form's text and stays for the lead's life. */
export const kindOf = ({ tags }: Tagged): LeadKind => (tags.includes(CANARY_TAG) ? 'canary' : 'person');

/**
 * The uses of leads in which the canary's would be taken for people. A guard is none of them: the canary's mails obey
 * every guard that a person's mails obey, and each call counts for the provider's quota, which counts it too.
 */
export const USES = [
  /** Bounces and complaints of a day, and the outcomes of tries of a paused account. */
  'reputation',
  /** Lists and counts of leads: console, leadctl, the gauges of the watch. */
  'lists',
  /** Exports, and the tables and views of SQL over them or over the log. */
  'export',
  /** The log that is played again by changed rules. */
  'what-if',
  /** Notices to the rep: of an answer, of news, of a return. */
  'rep',
  /** The check-in after a long silence. */
  're-engagement',
] as const;
export type LeadUse = (typeof USES)[number];

const COUNTS: Readonly<Record<LeadUse, Readonly<Record<LeadKind, boolean>>>> = {
  reputation: { person: true, canary: false },
  lists: { person: true, canary: false },
  export: { person: true, canary: false },
  'what-if': { person: true, canary: false },
  rep: { person: true, canary: false },
  're-engagement': { person: true, canary: false },
};

/** True for a lead that the use is about. */
export const countsFor = (use: LeadUse, lead: Tagged): boolean => COUNTS[use][kindOf(lead)];

/** The tags whose leads a use leaves out, for a filter of a database. */
export const tagsLeftOut = (use: LeadUse): string[] => (COUNTS[use].canary ? [] : [CANARY_TAG]);

/** True for the source and the address's domain of a canary's submission. No domain: there is no canary. */
export const isCanarySubmission = (source: string, address: string, domain: string | undefined): boolean =>
  domain !== undefined &&
  source.trim().toLowerCase() === CANARY_SOURCE &&
  address.slice(address.lastIndexOf('@') + 1) === domain.toLowerCase();
