import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { LeadView } from '../../../src/schemas.ts';
import { ask } from '../api.ts';
import { visible } from '../words.ts';

const RENEWED_MS = 15_000;

export const leadKey = (id: string, version?: number) => ['lead', id, version ?? 'now'];

export function useLead(id: string, version: number | undefined) {
  return useQuery({
    queryKey: leadKey(id, version),
    queryFn: ({ signal }) => ask<LeadView>(`/v1/leads/${id}${version ? `?version=${version}` : ''}`, { signal }),
    // An earlier state does not change.
    ...(version ? { staleTime: Infinity } : { refetchInterval: RENEWED_MS }),
    placeholderData: keepPreviousData,
  });
}

export function fullName({ contact, status }: Pick<LeadView, 'contact' | 'status'>): string {
  if (status === 'erased') return 'Erased lead';
  const name = [contact?.firstName, contact?.lastName].filter(Boolean).join(' ');
  return visible(name || contact?.email || 'Without a name');
}
