import { useQuery } from '@tanstack/react-query';
import type { NeedsYou } from '../../../src/needs-you-schemas.ts';
import { ask } from '../api.ts';

const RENEWED_MS = 20_000;

export const useNeedsYou = () =>
  useQuery({
    queryKey: ['needs-you'],
    queryFn: ({ signal }) => ask<NeedsYou>('/v1/needs-you', { signal }),
    refetchInterval: RENEWED_MS,
  });

/** The number of items, each of which has a button or a reason; `more`: there are others. */
export function countOf({ sends, leads, quarantined, account }: NeedsYou): { count: number; more: boolean } {
  const lists = [sends, leads, quarantined];
  const count = lists.reduce((sum, { items }) => sum + items.length, account ? 1 : 0);
  return { count, more: lists.some(({ more }) => more) };
}
