import type { Route } from '@leadstream/contracts/events';
import type { BusinessHours } from '@leadstream/lead/weeks';
import type { Routes, Sequence } from '../definition.ts';
import type { Rep } from '../reps.ts';
import { route, routeByTag } from '../routes.ts';
import type { TagRule } from '../tag-rules.ts';

/** Definitions that are in force together. */
export interface InForce {
  sequences: readonly Sequence[];
  routes?: Routes | undefined;
  reps?: readonly Rep[] | undefined;
  tagRules?: readonly TagRule[] | undefined;
}

/** The rules of one of the worlds that are compared. */
export interface Rules {
  at(ms: number): InForce;
  /** A version that a run keeps. */
  version(id: string, version: number): Sequence | undefined;
  hours: BusinessHours;
  delayScale: number;
  reenrolAfterMs: number;
  /** Each submission keeps its recorded route. */
  keepsRoutes: boolean;
  /** Each run has the version that it had in the record. */
  keepsVersions: boolean;
}

/**
 * The route of a submission by its recorded tag, or by its source where the routes of the changed world decide; a
 * withheld source has its tag. undefined: no sequence has it.
 */
export function routeOf(
  { tag, source, recorded }: { tag: string; source: string; recorded: Route | null },
  rules: Rules,
  ms: number,
): Route | undefined {
  const { sequences, routes } = rules.at(ms);
  if (rules.keepsRoutes && recorded?.tag === tag) return recorded;
  try {
    return !rules.keepsRoutes && routes && source !== ''
      ? route(source, routes, sequences)
      : routeByTag(tag, sequences);
  } catch {
    return undefined;
  }
}

/** The route of the rep's notice of a submission without a run. */
export function returningRoute(rules: Rules, ms: number): Route | undefined {
  const { sequences, routes } = rules.at(ms);
  try {
    return routes && routeByTag(routes.returning.tag, sequences);
  } catch {
    return undefined;
  }
}
