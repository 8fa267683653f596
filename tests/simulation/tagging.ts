import type { Recorded } from '@leadstream/contracts/events';
import { TAG_RULES } from './configuration.ts';

/** The words by which the first rule of the configuration tags a lead, and its tag. */
const [{ add: [TAG = ''] = [] } = {}] = TAG_RULES;
const WORDS = /^please call/;

/**
 * An only submission with these words and without the tag. Another one may replace the words before the rule is
 * applied, and an erasure takes them away.
 */
export function untaggedFaults(events: readonly Recorded[]): string[] {
  const [first] = events;
  if (first?.type !== 'lead.triaged' || !WORDS.test(String(first.data.dossier.fields?.['message']))) return [];
  const isSettled = events.some(
    ({ type, data }) =>
      type === 'lead.erased' || type === 'lead.resubmitted' || (type === 'lead.tagged' && data.add.includes(TAG)),
  );
  return isSettled ? [] : [`${first.seq} asks for a call, and the lead never got the tag ${TAG}`];
}

/** An enricher that was to be asked again and was not, at the end of a run; and facts without the tag of their rule. */
export function unfinishedEnrichments(events: readonly Recorded[]): string[] {
  if (events.some(({ type }) => type === 'lead.erased')) return [];
  const answers = events.filter((event) => event.type === 'lead.enriched');
  const last = new Map(answers.map((event) => [event.data.enricher, event]));
  const isFound = answers.some(({ data }) => data.facts?.['industry']);
  const isTagged = events.some(({ type, data }) => type === 'lead.tagged' && data.rules?.includes('of-a-company'));
  return [
    ...[...last.values()]
      .filter(({ data }) => data.retryAt)
      .map(({ seq, data }) => `${seq} promises another attempt of ${data.enricher}, and none was made`),
    ...(isFound && !isTagged ? ['the lead has facts, and not the tag of their rule'] : []),
  ];
}
