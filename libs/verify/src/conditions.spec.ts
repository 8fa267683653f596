import { describe, expect, it } from '@jest/globals';
import { claimed, clicked, enrolled, skipped, stepDue, tagged, triaged } from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { conditionFaults } from './conditions.ts';

const faults = (...past: Past[]): string[] =>
  conditionFaults(recorded(past)).map(({ rule, seqs }) => `${rule}: ${seqs.join()}`);
const vip = enrolled({ when: { tagged: ['vip'] } });

describe('the verifier finds', () => {
  it('a step claimed against its condition', () => {
    expect(faults(triaged(), vip, stepDue(), claimed())).toEqual(['condition: 40']);
    expect(faults(triaged(), vip, tagged(['vip']), stepDue(), claimed())).toEqual([]);
    const unclicked = enrolled({ when: { notHappened: ['clicked'] } });
    expect(faults(triaged(), unclicked, clicked(), stepDue(), claimed())).toEqual(['condition: 50']);
    expect(faults(triaged(), clicked(), unclicked, stepDue(), claimed())).toEqual([]);
  });

  it('a step left out although its condition holds', () => {
    expect(faults(triaged(), vip, stepDue(), skipped('condition'))).toEqual([]);
    expect(faults(triaged(), vip, tagged(['vip']), stepDue(), skipped('condition'))).toEqual(['condition: 50']);
    const fields = enrolled({ when: { fields: { size: 5 } } });
    expect(faults(triaged(), fields, stepDue(), skipped('condition'))).toEqual([]);
  });

  it('a plan and a claim after a tag that ends the sequence, and an end without the tag', () => {
    const plan = enrolled({ exits: ['customer'] });
    expect(faults(triaged(), tagged(['customer']), plan)).toEqual(['condition: 30']);
    expect(faults(triaged(), plan, tagged(['customer']), stepDue(), claimed())).toEqual(['condition: 50']);
    const end = {
      type: 'lead.sequence-completed',
      data: { runId: 'run-1', sequence: 'x', why: 'exit', tag: 'customer' },
    };
    expect(faults(triaged(), plan, end as Past)).toEqual(['condition: 30']);
    expect(faults(triaged(), plan, tagged(['customer']), end as Past)).toEqual([]);
  });
});
