import { describe, expect, it } from '@jest/globals';
import { tagged, triaged } from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { tagFaults } from './tags.ts';

const faults = (...past: Past[]): string[] =>
  tagFaults(recorded(past)).map(({ rule, seqs }) => `${rule}: ${seqs.join()}`);
const byRule = (tag: string): Past => ({ type: 'lead.tagged', data: { rules: ['big'], add: [tag], remove: [] } });

describe('the verifier finds', () => {
  it('a tag given by a rule after an operator removed it', () => {
    expect(faults(triaged(), byRule('vip'), tagged([], ['vip']), byRule('vip'))).toEqual(['tag: 40']);
    expect(faults(triaged(), byRule('vip'), tagged([], ['vip']), byRule('other'))).toEqual([]);
  });

  it('nothing in a tag that an operator gave again, or that a restore knows as removed', () => {
    expect(faults(triaged(), tagged([], ['vip']), tagged(['vip']), tagged([], ['x']), byRule('vip'))).toEqual([]);
    const recovered = (untagged: string[]): Past => ({
      type: 'lead.recovered',
      data: { witness: 'projection', untagged },
    });
    expect(faults(triaged(), recovered(['vip']), byRule('other'))).toEqual([]);
    expect(faults(triaged(), recovered(['vip']), byRule('vip'))).toEqual(['tag: 30']);
  });
});
