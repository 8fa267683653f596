import type { DoorOptions } from './door.ts';
import { codeOf, REFUSALS, reasonsOf, type Reason } from './refusals.ts';
import { IN_WORDS } from './refusals-in-words.ts';

export type Json = Record<string, unknown>;
export type RouteName = `${'GET' | 'POST'} /${string}`;

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description: string;
  schema: Json;
}

/** A route as its controller serves it and as its description tells of it. Schemas are JSON Schema 2020-12. */
export interface Route {
  summary: string;
  description?: string;
  /** The same as the handler's. */
  door: DoorOptions;
  parameters: readonly Parameter[];
  /** The schema of each media type. */
  body?: Readonly<Record<string, Json>>;
  answer: { status: 200 | 202; says: string; type: string; schema: Json; headers?: Json };
  /** Alternatives; an empty one means none is needed. Default: none is needed. */
  security?: readonly Json[];
}

export interface Api {
  title: string;
  description: string;
  routes: Readonly<Record<RouteName, Route>>;
  schemas?: Json;
  securitySchemes?: Json;
}

export const schemaRef = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const CONNECTION = { $ref: '#/components/responses/Connection' };

/** The description of an HTTP API as OpenAPI 3.1, with each refusal of each route. */
export function openapiOf({ title, description, routes, schemas = {}, securitySchemes }: Api): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(routes)) {
    const [method = '', path = ''] = name.split(' ');
    const template = path.replaceAll(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.1',
    info: { title, version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }, description },
    paths,
    components: {
      ...(securitySchemes ? { securitySchemes } : {}),
      responses: { Connection: connection },
      schemas: { ...schemas, Problem: problem },
    },
  };
}

/** The reasons that the description of a route names. */
export const describedReasons = ({ door, body }: Route): Reason[] =>
  reasonsOf({ takesBody: body !== undefined, anyCoding: door.anyCoding, named: door.refusals });

/** Of all methods of a path, sorted. */
export const reasonsAt = (routes: Readonly<Record<RouteName, Route>>, path: string): Reason[] =>
  [
    ...new Set(
      Object.entries(routes).flatMap(([name, route]) => (name.endsWith(` ${path}`) ? describedReasons(route) : [])),
    ),
  ].sort();

function operation(name: string, route: Route): Json {
  const { summary, description, door, parameters, body, answer, security } = route;
  const { says, type, schema, headers } = answer;
  return {
    operationId: operationId(name),
    summary,
    ...(description ? { description } : {}),
    ...(security ? { security } : {}),
    parameters: parameters.map((one) => ({ ...one, required: one.in === 'path' })),
    ...(body ? { requestBody: bodyOf(body, door) } : {}),
    responses: {
      [answer.status]: { description: says, ...(headers ? { headers } : {}), content: { [type]: { schema } } },
      ...refusalResponses(describedReasons(route)),
    },
  };
}

const bodyOf = (body: Readonly<Record<string, Json>>, { bytesMax }: DoorOptions): Json => ({
  description: bytesMax === undefined ? 'The body' : `At most ${bytesMax} bytes`,
  required: true,
  content: Object.fromEntries(Object.entries(body).map(([type, schema]) => [type, { schema }])),
});

/** `POST /v1/leads/from/:name` is `postLeadsFromName`. */
export const operationId = (route: string): string =>
  route
    .replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^(GET|POST)(V1)?/, (_, method: string) => method.toLowerCase());

/** The refusals of a route by their status; `membersOf` tells of further members of the problem. */
export function refusalResponses(reasons: readonly Reason[], membersOf: (reason: Reason) => object = () => ({})): Json {
  const byStatus = Map.groupBy(reasons, (reason) => REFUSALS[reason].status);
  return {
    ...Object.fromEntries([...byStatus].map(([status, same]) => [status, refusal(same, membersOf)])),
    default: CONNECTION,
  };
}

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 0 } },
};

function refusal(reasons: readonly Reason[], membersOf: (reason: Reason) => object): Json {
  const members = Object.fromEntries(reasons.flatMap((reason) => Object.entries(membersOf(reason))));
  // A reference may have siblings in JSON Schema 2020-12; many tools overlook them.
  const schema = {
    allOf: [schemaRef('Problem'), { type: 'object', properties: { code: { enum: codesOf(reasons) }, ...members } }],
  };
  const isLater = reasons.some((reason) => [429, 503].includes(REFUSALS[reason].status));
  return {
    description: inWords(reasons),
    ...(isLater ? { headers: RETRY_AFTER } : {}),
    content: { 'application/problem+json': { schema } },
  };
}

/** Two reasons may have one code. */
const codesOf = (reasons: readonly Reason[]): string[] => [...new Set(reasons.map(codeOf))];
const inWords = (reasons: readonly Reason[]): string =>
  reasons.map((reason) => `${codeOf(reason)}: ${IN_WORDS[reason]}`).join('; ');

/** Refusals before a route is known, which every request may get. */
export const connection = refusal(
  (Object.keys(REFUSALS) as Reason[]).filter((reason) => REFUSALS[reason].at === 'connection'),
  () => ({}),
);

export const problem = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'The reason, of a closed list' },
    detail: { type: 'string', description: 'For a person: what helps' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};
