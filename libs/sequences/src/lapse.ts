import type { Decision } from '@leadstream/contracts/events';
import { idleAt, RE_ENGAGEMENT, type LeadState } from '@leadstream/lead/state';
import type { Planning } from './plan.ts';

/**
 * The hunter's decision for a lead of which nothing was heard for long: a run of the re-engagement sequence. The
 * document that shows it may be old; the append on its version decides.
 */
export function decideLapse(state: LeadState, { now, isActive }: Pick<Planning, 'now' | 'isActive'>): Decision {
  const at = idleAt(state);
  if (at === null || state.lastActivityAt === null || Temporal.Instant.compare(at, now) > 0)
    return { nothing: 'not-due' };
  if (!isActive?.(RE_ENGAGEMENT.sequence)) return { nothing: 'not-deployed', detail: RE_ENGAGEMENT.sequence };
  return { type: 'lead.lapsed', data: { since: state.lastActivityAt, route: RE_ENGAGEMENT } };
}
