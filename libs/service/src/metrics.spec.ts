import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.ts';

describe('a scrape', () => {
  it('gets a response although one of its queries never does', async () => {
    const metrics = new Metrics('test');
    metrics.onScrape(() => new Promise(() => undefined));
    metrics.onScrape(() => {
      metrics.overdueLeads.set(7);
      return Promise.resolve();
    });
    expect(await metrics.exposition()).toContain('leadstream_overdue_leads{service="test"} 7');
  });
});
