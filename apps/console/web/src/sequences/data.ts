import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { SequenceVersion } from '../../../src/sequence-schemas.ts';
import { ask } from '../api.ts';
import { span } from '../time.ts';

export const useVersion = (id: string, version: number | undefined, against: number | undefined) =>
  useQuery({
    queryKey: ['sequence', id, version, against],
    queryFn: ({ signal }) =>
      ask<SequenceVersion>(`/v1/sequences/${id}/${version}${against ? `?against=${against}` : ''}`, { signal }),
    enabled: version !== undefined,
    placeholderData: keepPreviousData,
  });

type Step = SequenceVersion['steps'][number];

const DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const SIZES = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];

/** `2 d` of P2D; the text itself where it is no duration. */
export function durationInWords(iso: string): string {
  const [, ...parts] = DURATION.exec(iso) ?? [];
  if (parts.length === 0) return iso;
  return span(parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (SIZES[index] ?? 0), 0));
}

/** The time of a step, after the one before it. */
export function waitInWords({ wait, window }: Pick<Step, 'wait' | 'window'>): string {
  const after =
    wait === null
      ? 'at once'
      : 'fixed' in wait
        ? `after ${durationInWords(wait.fixed)}`
        : `after ${durationInWords(wait.min)} to ${durationInWords(wait.max)}`;
  const hours =
    window === 'none' ? '' : window === 'business-hours' ? ', then in business hours' : `, then in ${window}`;
  return `${after}${hours}`;
}
