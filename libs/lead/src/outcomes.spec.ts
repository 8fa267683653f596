import { describe, expect, it } from '@jest/globals';
import { submissionKey } from '@leadstream/contracts/envelope';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { outcomes } from '@leadstream/contracts/public';
import {
  bounced,
  complained,
  completed,
  declined,
  erased,
  replied,
  resubmitted,
  triaged,
  unsubscribed,
} from '@leadstream/testing/builders';
import { outcomeOf, TOLD_TYPES } from './outcomes.ts';

const LEAD = 'f0e4c2f7-6c58-8c1e-a1d0-5a4f0e4c2f77';
const of = (draft: unknown, over: Partial<Recorded> = {}) =>
  outcomeOf({ ...(draft as Draft), leadId: LEAD, seq: 1, version: 1, ...over } as Recorded);
const completedIn = (sequence: string) => ({ ...completed, data: { ...completed.data, sequence } });

describe('an event of the log', () => {
  it('that other teams are told of keeps to the public contract', () => {
    const drafts = [triaged(), resubmitted(), replied('human'), unsubscribed, bounced, complained, completed, erased];
    for (const draft of drafts) {
      const outcome = of(draft);
      expect(outcome && outcomes[outcome.type].data.strict().safeParse(outcome.data).error).toBeUndefined();
    }
    expect(drafts.map((draft) => of(draft)?.type)).toHaveLength(TOLD_TYPES.length);
  });

  it.each<[string, unknown, string | undefined]>([
    ['a reply in words that mean a stop', replied('unsubscribe'), 'lead.unsubscribed'],
    ['a reply of somebody who left', replied('left'), 'lead.responded'],
    ['an absence', replied('out-of-office'), undefined],
    ['a reply of unproven origin', replied('human', { authenticated: false }), undefined],
    ['a declined sequence', declined(), 'lead.unsubscribed'],
    ['the end of a notice to the rep', completedIn('reply-notice'), undefined],
    ['the end of a sequence', completedIn('content-nurture'), 'lead.completed'],
  ])('%s: %s', (_, draft, type) => {
    expect(of(draft)?.type).toBe(type);
  });

  it('names no submission once its key is destroyed', () => {
    expect(of(triaged(), { sealed: '' })).toBeNull();
  });

  it('names a submission by its own id, with the slashes and percent signs that it has', () => {
    const [source, id] = ['ingest/shop', 'eu/50%2F100%/7'];
    const { data } = triaged() as Draft<'lead.triaged'>;
    const intake = { seq: 1, key: submissionKey(source, id), source };
    expect(of({ type: 'lead.triaged', data: { ...data, intake } })?.data).toMatchObject({ submission: { source, id } });
  });

  it('has the whole key of a submission as id where its source was cut', () => {
    const source = 's'.repeat(200);
    const { data } = triaged() as Draft<'lead.triaged'>;
    const intake = { seq: 1, key: `${source}more/7`, source };
    expect(of({ type: 'lead.triaged', data: { ...data, intake } })?.data).toMatchObject({
      submission: { source, id: `${source}more/7` },
    });
  });
});
