import type { LeadState } from './state.ts';

const LENGTH_MAX = 80;

/**
 * The name that a lead's bounces are counted under: its caller (`ce-source`), and the tag that the routes gave its
 * source. A form can choose neither freely: every source without a route has the default's tag. Plain ASCII, and
 * bounded, as a key in an entry.
 */
export const originName = ({ origin }: LeadState): string =>
  `${origin?.caller || 'unknown'} ${origin?.tag ?? 'unknown'}`.replace(/[^!#-[\]-~ ]/g, '?').slice(0, LENGTH_MAX);
