import type { Recorded } from '@leadstream/contracts/events';
import { TAG_RULES } from './configuration.ts';

/** The words by which the first rule of the configuration tags a lead, and its tag. */
const [{ add: [TAG = ''] = [] } = {}] = TAG_RULES;
const WORDS = /^please call/;

/** A first submission with these words and without the tag: nothing but an erasure takes it away before it is given. */
export function untaggedFaults(events: readonly Recorded[]): string[] {
  const [first] = events;
  if (first?.type !== 'lead.triaged' || !WORDS.test(String(first.data.dossier.fields?.['message']))) return [];
  const isSettled = events.some(
    ({ type, data }) => type === 'lead.erased' || (type === 'lead.tagged' && data.add.includes(TAG)),
  );
  return isSettled ? [] : [`${first.seq} asks for a call, and the lead never got the tag ${TAG}`];
}
