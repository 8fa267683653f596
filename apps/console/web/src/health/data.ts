import { useQuery } from '@tanstack/react-query';
import type { Health } from '../../../src/live-schemas.ts';
import { ask } from '../api.ts';

const RENEWED_MS = 15_000;

export const useHealth = () =>
  useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => ask<Health>('/v1/health', { signal }),
    refetchInterval: RENEWED_MS,
  });

export const FAULTS = ['lead.send-deferred', 'lead.send-failed', 'lead.send-unknown'] as const;

const sum = (events: Readonly<Record<string, number>>, types: readonly string[]): number =>
  types.reduce((all, type) => all + (events[type] ?? 0), 0);

export interface Figures {
  waiting: number;
  calls: number;
  faults: number;
  accepted: number;
  came: number;
  answers: number;
}

/** The figures and words of the tiles about the last hour. */
export function figuresOf({ consumers, totals }: Health): Figures {
  const [faults, accepted] = [sum(totals, FAULTS), sum(totals, ['lead.sent'])];
  return {
    waiting: consumers.reduce((all, { pending, inHand }) => all + pending + inHand, 0),
    calls: faults + accepted,
    faults,
    accepted,
    came: sum(totals, ['lead.triaged', 'lead.resubmitted']),
    answers: sum(totals, ['lead.replied']),
  };
}

export const seriesOf = ({ series }: Health, types: readonly string[]): { at: string; count: number }[] =>
  series.map(({ at, events }) => ({ at, count: sum(events, types) }));
