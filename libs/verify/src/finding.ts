import { streamFor } from '@leadstream/contracts/place';

/** The rules, each with the violated guarantee in the words of docs/architecture.md, "Guarantees". */
export const RULES = {
  double: 'one step of a run was accepted more than once for the same audience',
  'unavoidable double': 'the same, after the provider had itself answered that it did not take the first one',
  'after stop': 'claimed after a stop was in the log',
  paused: 'claimed while the lead was paused or away, or long after its source or the account was paused',
  window: 'claimed outside of the hours, or later than the step may be',
  consent:
    'a text was claimed without a consent to texts to that number, or to a number that takes none, ' +
    'or without evidence of where the lead lives',
  stranger:
    'more for a stranger than they may ask for: a second run of a sequence too soon, ' +
    'or too many mails or new leads in a day',
  unplanned: 'claimed without a plan that had become due in this run, or a plan that what came before did not ask for',
  condition: 'a step was claimed, left out or planned against its condition, or against a tag that ends its sequence',
  command: 'a command of an operator that the lead did not allow: a pause of a paused lead, a move of a stopped one',
  enrichment:
    'an enricher was asked again after its answer, out of order, after an erasure, or for later than an hour ' +
    'after the submission',
  tag: 'a rule gave a tag again that an operator had removed',
  lapse: 'a check-in of a lead that was active, under way, stopped or held, or a second one within a year',
  claim: 'a claim without exactly one outcome, an outcome without its claim, or an attempt out of order',
  'lost claim':
    'the provider reports a mail whose claim a confirmed restore took out ' +
    'of the log, and no witness knows of which step it was',
  chain: 'an event is missing, repeated, out of place or can’t be read',
  fact: 'a fact is in the log twice',
  copy: 'a report about an address that the mail did not go to, such as a blind copy’s bounce, is a fact of the lead',
  erased: 'something is left of a lead that was erased; leadctl lead erase again takes it away',
  stuck: 'the lead waits for something that should have happened long ago',
  restored:
    'the log is another one than was seen and no confirm explains it, something was claimed between a restore ' +
    'and its confirm, or facts were recovered without a restore',
  public:
    'what other teams are told in PUBLIC is not what the log says: missing, without a cause, twice or out of order',
  projection: 'the read model is not what the log folds to',
} as const;

export type Rule = keyof typeof RULES;

/** No finding contains personal data. */
export interface Finding {
  rule: Rule;
  /** null: not about a lead. */
  leadId: string | null;
  /** Sequences in the stream of the lead's events. */
  seqs: number[];
  /** Only in a log of partitions: stream and sequence of each. */
  places?: string[];
  says: string;
}

/** `stream` absent: that of the lead's events. */
export function placesOf(
  { leadId, seqs, stream }: { leadId: string | null; seqs: readonly number[]; stream?: string | undefined },
  partitions: number,
): Pick<Finding, 'places'> {
  if (partitions === 1) return {};
  const of = stream ?? streamFor(leadId ?? '', partitions) ?? 'no stream';
  return { places: seqs.map((seq) => `${of} ${seq}`) };
}
