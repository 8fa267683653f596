import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Count, Page } from '../../../src/list-schemas.ts';
import type { Sequences } from '../../../src/live-schemas.ts';
import { ask } from '../api.ts';
import { seenSeq } from '../seen.ts';
import { queryOf, type Filter } from './filter.ts';

export function useLeads(filter: Filter) {
  const query = queryOf(filter).toString();
  return useQuery({
    queryKey: ['leads', query, filter.after],
    queryFn: ({ signal }) => {
      const asked = new URLSearchParams(query);
      if (filter.after) asked.set('after', filter.after);
      const seq = seenSeq();
      if (seq !== undefined) asked.set('seen', String(seq));
      return ask<Page>(`/v1/leads?${asked.toString()}`, { signal });
    },
    placeholderData: keepPreviousData,
    // A row stays where it is while somebody reads.
    refetchOnWindowFocus: false,
  });
}

export function useCount(filter: Filter) {
  const query = queryOf(filter).toString();
  return useQuery({
    queryKey: ['count', query],
    queryFn: ({ signal }) => ask<Count>(`/v1/leads/count?${query}`, { signal }),
  });
}

export const useSequences = () =>
  useQuery({ queryKey: ['sequences'], queryFn: ({ signal }) => ask<Sequences>('/v1/sequences', { signal }) });
