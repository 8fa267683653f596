import type { Reason } from '@leadstream/service/refusals';
import type { Right } from './roles.ts';
import { commandBody, manyBodies } from './bodies.ts';
import { explainedAnswer } from './explain-schemas.ts';
import { explainQuery, leadQuery } from './queries.ts';
import { mail } from './mail-schemas.ts';
import { KINDS } from './kinds.ts';
import { IMPORTS } from './import-schemas.ts';
import { OPERATIONS, READS } from './read-routes.ts';
import { commanded, commandedMany, lead, me, signedIn, signIn, signInWays } from './schemas.ts';
import { z } from 'zod';

export interface RouteSpec {
  /** Null: every signed-in caller may. */
  right: Right | null;
  /** Whether a caller who has not signed in may, too. */
  open?: true;
  /** Whether a page of another site may lead here. */
  elsewhere?: true;
  summary: string;
  query?: z.ZodType;
  body?: z.ZodType;
  /** The body in place of JSON. */
  takes?: 'text/csv';
  answer: z.ZodType;
  /** Default: application/json. */
  type?: 'application/json' | 'text/event-stream' | 'text/html' | 'text/csv' | 'application/x-ndjson';
  /** Beside those of every route. */
  refusals: readonly Reason[];
}

const COMMAND_REFUSALS = [
  'media-type',
  'json',
  'contract',
  'idempotency-key',
  'if-match',
  'if-match-required',
  'unknown-lead',
  'moved-on',
  'refused',
  'key-reused',
  'personal-reason',
] as const satisfies Reason[];

/** A command whose kind is in the path. */
const short = (kind: 'pause' | 'resume' | 'restart' | 'move') => ({
  right: 'command' as const,
  summary: `${KINDS[kind].says}: a short form of commands`,
  body: KINDS[kind].shape,
  answer: commanded,
  refusals: COMMAND_REFUSALS,
});

/** Every route of the API. The controllers declare their routes by it, and none is served that it does not have. */
export const ROUTES = {
  'GET /v1/me': {
    right: null,
    summary: 'Who is signed in, and the services’ clock',
    answer: me,
    refusals: [],
  },
  'POST /v1/session': {
    right: null,
    open: true,
    summary: 'Signs a browser in: its session is a cookie for 12 hours',
    body: signIn,
    answer: signedIn,
    refusals: ['media-type', 'json', 'contract'],
  },
  'GET /v1/session': {
    right: null,
    open: true,
    summary: 'How one signs in here',
    answer: signInWays,
    refusals: [],
  },
  'GET /v1/oidc/start': {
    right: null,
    open: true,
    summary: 'Leads a browser to the OpenID Connect service (303)',
    query: z.object({ returnTo: z.string().optional().describe('The page of the console to come back to') }),
    answer: z.string(),
    type: 'text/html',
    refusals: [],
  },
  'GET /v1/oidc/callback': {
    right: null,
    open: true,
    elsewhere: true,
    summary: 'Where that service leads the browser back (303): its session is a cookie for OIDC_SESSION_HOURS',
    answer: z.string(),
    type: 'text/html',
    refusals: [],
  },
  'POST /v1/session/end': {
    right: null,
    open: true,
    summary: 'Signs the browser out',
    answer: z.strictObject({}),
    refusals: [],
  },
  'GET /v1/leads/:id': {
    right: 'read',
    summary: 'One lead, from the log, now or as it was',
    query: leadQuery,
    answer: lead,
    refusals: ['query', 'unknown-lead', 'unknown-version'],
  },
  'GET /v1/leads/:id/explain': {
    right: 'read',
    summary: 'Every guard’s verdict now, what happens next and when at the earliest; or why a mail went out',
    query: explainQuery,
    answer: explainedAnswer,
    refusals: ['query', 'unknown-lead', 'unknown-send'],
  },
  'GET /v1/leads/:id/mails/:sendId': {
    right: 'read',
    summary: 'A mail of the lead, made again as it went out',
    answer: mail,
    refusals: ['unknown-lead', 'unknown-send'],
  },
  'GET /v1/leads/:id/mails/:sendId/html': {
    right: 'read',
    summary: 'The same as a document, in which nothing runs',
    answer: z.string(),
    type: 'text/html',
    refusals: ['unknown-lead', 'unknown-send'],
  },
  'POST /v1/leads/commands': {
    right: 'command',
    summary: 'Gives one command to up to 200 leads, with an outcome for each',
    body: manyBodies,
    answer: commandedMany,
    refusals: ['media-type', 'json', 'contract', 'idempotency-key', 'refused'],
  },
  'POST /v1/leads/:id/commands': {
    right: 'command',
    summary: 'Gives one command to a lead',
    body: commandBody,
    answer: commanded,
    refusals: COMMAND_REFUSALS,
  },
  'POST /v1/leads/:id/pause': short('pause'),
  'POST /v1/leads/:id/resume': short('resume'),
  'POST /v1/leads/:id/restart': short('restart'),
  'POST /v1/leads/:id/move': short('move'),
  ...READS,
  ...OPERATIONS,
  ...IMPORTS,
} as const satisfies Record<`${'GET' | 'POST'} /v1/${string}`, RouteSpec>;
export type RouteName = keyof typeof ROUTES;

/** Refusals of every route. */
export const REFUSED_EVERYWHERE = ['key', 'role', 'rate', 'cross-site'] as const satisfies Reason[];

const table: Readonly<Record<string, RouteSpec>> = ROUTES;
export const routeOf = (method: string, url: string): RouteSpec | undefined => {
  const name = `${method === 'HEAD' ? 'GET' : method} ${url}`;
  return Object.hasOwn(table, name) ? table[name] : undefined;
};
