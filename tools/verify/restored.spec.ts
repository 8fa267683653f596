import { describe, expect, it } from '@jest/globals';
import { claimed, enrolled, sent, skipped, stepDue, triaged } from '@leadstream/testing/builders';
import { recorded, type Past } from '@leadstream/testing/given';
import { readClaims } from './claims.ts';
import { heldClaims, identityFaults, type Identity } from './restored.ts';

const MADE = '2026-11-01T08:00:00Z';
const confirm = { was: 'e-1', seq: 50, hold: { endSeq: 30 } };
const record = { epoch: 'e-2', created: MADE, hold: null, confirms: [confirm] };
const whole: Identity = { created: MADE, record, witnessed: 'e-2' };
const faults = (over: Partial<Identity>) => identityFaults({ ...whole, ...over }).length;

describe('a log is refuted', () => {
  it('not when it is the one that was seen, or a confirm explains why it is another', () => {
    expect([faults({}), faults({ witnessed: 'e-1' }), faults({ witnessed: null }), faults({ record: null, witnessed: null })]).toEqual([0, 0, 0, 0]);
  });
  it('when it is held, or of another epoch or making that no confirm explains', () => {
    expect([
      faults({ record: { ...record, hold: { why: 'log ends at 36, 80 was seen' } } }), faults({ witnessed: 'e-9' }), faults({ created: '2026-11-20T08:00:00Z' }), faults({ record: null }),
    ]).toEqual([1, 1, 1, 1]);
  });
  it.each<[string, Past, number]>([['made a call', sent(), 1], ['was given back', skipped('stalled', 'send-1'), 0]])('by a claim between restore and confirm that %s', (_, outcome, count) => {
    const { claims } = readClaims(recorded([triaged(), enrolled(), stepDue(), claimed(), outcome]));
    expect(heldClaims('lead', claims, whole)).toHaveLength(count);
    expect(heldClaims('lead', claims, { ...whole, record: { ...record, confirms: [{ ...confirm, hold: { endSeq: 40 } }] } })).toEqual([]);
  });
});
