import { describe, expect, it } from '@jest/globals';
import { triaged } from '@leadstream/testing/builders';
import { MONDAY, recorded, type Past } from '@leadstream/testing/given';
import type { Data } from '@leadstream/contracts/events';
import { enrichmentFaults } from './enrichment.ts';

const HOUR_MS = 3_600_000;
const after = (ms: number): string => new Date(Date.parse(MONDAY) + ms).toISOString();
const answer = (over: Partial<Data<'lead.enriched'>> = {}): Past => ({
  type: 'lead.enriched',
  data: { enricher: 'http', outcome: 'enriched', attempt: 1, ...over },
});
const away = (attempt: number, retryMs?: number): Past =>
  answer({ outcome: 'unavailable', attempt, ...(retryMs === undefined ? {} : { retryAt: after(retryMs) }) });
const faults = (past: Past[], nowMs = 0, restoredSeq?: number): string[] =>
  enrichmentFaults(recorded(past), Temporal.Instant.from(after(nowMs)), HOUR_MS, restoredSeq).map(
    ({ rule, seqs }) => `${rule}: ${seqs.join()}`,
  );

describe('the verifier finds', () => {
  it('an enricher that is asked again after its answer', () => {
    expect(faults([triaged(), answer(), answer({ enricher: 'domain' })])).toEqual([]);
    expect(faults([triaged(), answer({ outcome: 'nothing' }), answer({ attempt: 2 })])).toEqual(['enrichment: 30']);
  });

  it('attempts that are repeated or left out', () => {
    expect(faults([triaged(), away(1, 60_000), away(2, 120_000), answer({ attempt: 3 })])).toEqual([]);
    expect(faults([triaged(), away(1, 60_000), away(1, 60_000)])).toEqual(['enrichment: 30']);
    expect(faults([triaged(), away(1, 60_000), away(3)])).toEqual(['enrichment: 30']);
    expect(faults([triaged(), away(1), away(1)])).toEqual([]);
  });

  it('an attempt that is promised for later than an hour', () => {
    expect(faults([triaged(), away(1, HOUR_MS)])).toEqual([]);
    expect(faults([triaged(), away(1, HOUR_MS + 120_000)])).toEqual(['enrichment: 20']);
  });

  it('an attempt that was promised and not made', () => {
    expect(faults([triaged(), away(1, 60_000)], HOUR_MS)).toEqual([]);
    expect(faults([triaged(), away(1, 60_000)], 3 * HOUR_MS)).toEqual(['stuck: 20']);
    expect(faults([triaged(), away(1)], 3 * HOUR_MS)).toEqual([]);
  });

  it('an answer about a lead that was erased', () => {
    expect(faults([triaged(), { type: 'lead.erased', data: { by: 'olga' } }, answer()])).toEqual(['enrichment: 30']);
  });

  it('no attempt that was lost with the end of a restored log', () => {
    expect(faults([triaged(), away(1, 60_000)], 3 * HOUR_MS, 20)).toEqual([]);
    expect(faults([triaged(), away(1, 60_000)], 3 * HOUR_MS, 19)).toEqual(['stuck: 20']);
  });

  it('nothing in what a restore has recovered', () => {
    const known = { http: { outcome: 'unavailable' as const, attempt: 1, retryAt: after(60_000), at: MONDAY } };
    const recovered: Past = { type: 'lead.recovered', data: { witness: 'projection', enrichment: known } };
    expect(faults([triaged(), recovered, answer({ attempt: 2 })])).toEqual([]);
    expect(faults([triaged(), recovered, answer({ attempt: 1 })])).toEqual(['enrichment: 30']);
    expect(faults([triaged(), recovered], 3 * HOUR_MS)).toEqual([]);
  });
});
