import { describe, expect, it } from '@jest/globals';
import { addedToLead, insightTable } from './insight-table.ts';
import type { Found } from './insight.ts';

const found = (services: number, servers = 0): Found => ({
  leadMs: 6,
  watchMs: 4,
  added: { value: services + servers, error: 0.3 },
  services: { value: services, error: 0.03 },
  servers: { value: servers, error: 5 },
  by: {},
  all: [],
  spans: [10.5, 0],
  requests: [0.02, 0],
});
const all = { traces: found(0.12, 0.5), scrapes: found(30, 0.5), watch: found(80, 20) };

describe('what is added to a lead', () => {
  it('has what is asked by the clock at the rate of the deployment, and 200 leads a second', () => {
    const terms = addedToLead(all);
    expect(terms['traces']).toEqual({ value: 0.12, error: 0.03 });
    expect(terms['scrapes']?.value).toBeCloseTo(30 / 15 / 200, 9);
    expect(terms['the watch']?.value).toBeCloseTo(4 / 200, 9);
    expect(terms['its questions, of the servers']?.value).toBeCloseTo(20 / 10 / 200, 9);
    expect(terms['its questions, of the servers']?.error).toBeCloseTo(5 / 10 / 200, 9);
  });

  it('is a share of the lead without it', () => {
    const table = insightTable({ cores: 2, load: { before: 0, after: 0 }, leads: 500, pairs: 24, found: all });
    expect(table).toContain('traces: 0.620 ± 0.300 ms a lead, of the services 0.120 ± 0.030 ()');
    expect(table).toContain('together 2.7 ± 0.5 %');
  });

  it('of one part has no share of the whole', () => {
    const { watch } = all;
    const report = { cores: 2, load: { before: 0, after: 0 }, leads: 500, pairs: 24, found: { watch } };
    expect(insightTable(report)).not.toContain('together');
  });
});
