import type { Reason } from '@leadstream/service/refusals';
import type { z } from 'zod';
import type { Right } from './roles.ts';
import { me } from './schemas.ts';

export interface RouteSpec {
  /** Null: every signed-in caller may. */
  right: Right | null;
  summary: string;
  answer: z.ZodType;
  /** Beside those of every route. */
  refusals: readonly Reason[];
}

/** Every route of the API. The controllers declare their routes by it, and none is served that it does not have. */
export const ROUTES = {
  'GET /v1/me': {
    right: null,
    summary: 'Who is signed in, and the services’ clock',
    answer: me,
    refusals: [],
  },
} as const satisfies Record<`${'GET' | 'POST'} /v1/${string}`, RouteSpec>;
export type RouteName = keyof typeof ROUTES;

/** Refusals of every route. */
export const REFUSED_EVERYWHERE = ['key', 'role', 'rate', 'cross-site'] as const satisfies Reason[];

const table: Readonly<Record<string, RouteSpec>> = ROUTES;
export const routeOf = (method: string, url: string): RouteSpec | undefined => {
  const name = `${method === 'HEAD' ? 'GET' : method} ${url}`;
  return Object.hasOwn(table, name) ? table[name] : undefined;
};
