import { describe, expect, it } from '@jest/globals';
import { claimed, completed, enrolled, sent, stepDue, triaged } from '@leadstream/testing/builders';
import { given, MONDAY } from '@leadstream/testing/given';
import { CANARY_TAG, countsFor, isCanarySubmission, kindOf, USES } from './canary.ts';
import { decideCommand } from './command.ts';
import { decideFeedback } from './feedback.ts';
import { idleAt } from './state.ts';

describe('a lead of the canary', () => {
  const canary = { tags: [CANARY_TAG] };

  it('counts for nothing that people count for', () => {
    expect(USES.filter((use) => countsFor(use, canary))).toEqual([]);
    expect(USES.filter((use) => countsFor(use, { tags: ['source:other'] }))).toEqual([...USES]);
    expect(kindOf(canary)).toBe('canary');
  });

  it('needs the source and the domain, and there is none without a domain', () => {
    const at = (source: string, address: string, domain?: string) => isCanarySubmission(source, address, domain);
    expect(at('leadstream_canary', 'x@canary.test', 'canary.test')).toBe(true);
    expect(at('Leadstream_Canary ', 'x@canary.test', 'Canary.test')).toBe(true);
    expect(at('leadstream_canary', 'x@acme.dev', 'canary.test')).toBe(false);
    expect(at('leadstream_canary', 'x@evil-canary.test', 'canary.test')).toBe(false);
    expect(at('webinar', 'x@canary.test', 'canary.test')).toBe(false);
    expect(at('leadstream_canary', 'x@canary.test')).toBe(false);
  });

  it('stops at its answer without a notice to the rep', () => {
    given(triaged({ tags: [CANARY_TAG] }), enrolled(), stepDue(), claimed(), sent())
      .when((state) =>
        decideFeedback(state, {
          kind: 'replied',
          key: 'reply',
          provider: 'sendgrid',
          at: MONDAY,
          class: 'human',
          matchedBy: 'token',
          text: 'Thank you',
        }),
      )
      .then({
        type: 'lead.replied',
        data: { key: 'reply', provider: 'sendgrid', at: MONDAY, class: 'human', matchedBy: 'token' },
      });
  });

  it('gets no check-in after a long silence, as a person does', () => {
    const past = (tag: string) => given(triaged({ tags: [tag] }), enrolled(), completed).state;
    expect(idleAt(past('source:whitepaper'))).not.toBeNull();
    expect(idleAt(past(CANARY_TAG))).toBeNull();
  });

  it('keeps its tag, and nobody else gets it', () => {
    const tag = (add: string[], remove: string[]) => (state: Parameters<typeof decideCommand>[0]) =>
      decideCommand(state, { kind: 'tag', by: 'olga', add, remove });
    given(triaged())
      .when(tag([CANARY_TAG], []))
      .thenNothing('reserved-tag', CANARY_TAG);
    given(triaged({ tags: [CANARY_TAG] }))
      .when(tag([], [CANARY_TAG]))
      .thenNothing('reserved-tag', CANARY_TAG);
  });
});
