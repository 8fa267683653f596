import { describe, expect, it } from '@jest/globals';
import { VIEWS } from '../words.ts';
import { addressOf, filterOf, queryOf } from './filter.ts';

describe('the choice of the list of leads', () => {
  it('is in its address, and begins at the first page again when it changes', () => {
    const address = '/leads?q=ana&view=stopped&sequence=sales-demo&tag=vip&after=17_a';
    const filter = filterOf(address.split('?')[1] ?? '');
    expect(addressOf(filter, { after: filter.after })).toBe(address);
    expect(addressOf(filter, { tag: '' })).toBe('/leads?q=ana&view=stopped&sequence=sales-demo');
    expect(addressOf(filterOf(''))).toBe('/leads');
  });

  it('asks the API for each status of its view', () => {
    expect(queryOf(filterOf('view=under-way&q=a%26b')).toString()).toBe('q=a%26b&status=new&status=active');
  });

  it('has each status in one view', () => {
    const statuses = VIEWS.flatMap((view) => view.statuses);
    expect(new Set(statuses).size).toBe(statuses.length);
  });
});
