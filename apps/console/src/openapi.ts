import { connection, operationId, problem, refusalResponses, type Json } from '@leadstream/service/openapi';
import { reasonsOf, type Reason } from '@leadstream/service/refusals';
import { z } from 'zod';
import { ROLES, roles } from './roles.ts';
import { REFUSED_EVERYWHERE, ROUTES, type RouteSpec } from './routes.ts';
import { movedOn, refused } from './schemas.ts';

const SCHEMAS = '#/components/schemas/';
const uri = (id: string): string => `${SCHEMAS}${id}`;
const ref = (id: string) => ({ $ref: uri(id) });

/** The API as OpenAPI 3.1, from the table of routes and the schemas that the handlers parse by. */
export function openapi(): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Leadstream console',
      version: '1.0.0',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'What operators, and programs that act for them, see of a lead and do to it.',
    },
    security: [{ token: [] }, { session: [] }],
    paths: paths(),
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: `A token of CONSOLE_TOKENS, of a role: ${roles.join(', ')}`,
        },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-leadstream', description: 'Of a browser' },
      },
      responses: { Connection: connection },
      schemas: { ...named(), Problem: problem },
    },
  };
}

/** Schemas with an id of their own; they refer to each other. */
function named(): Json {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri, io: 'input' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)]));
}

const plain = ({ $schema: _, $id: __, id: ___, ...schema }: Json): Json => schema;

/** A schema by its name, or written out; the schemas in it that have a name are referred to. */
function schemaOf(schema: z.ZodType): Json {
  const id = z.globalRegistry.get(schema)?.id;
  if (id !== undefined) return ref(id);
  const { $defs: _, ...json } = plain(z.toJSONSchema(schema, { io: 'input' }));
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', `"${SCHEMAS}`)) as Json;
}

function paths(): Json {
  const found: Record<string, Json> = {};
  for (const [name, spec] of Object.entries<RouteSpec>(ROUTES)) {
    const [method = '', path = ''] = name.split(' ');
    const route = path.replaceAll(/:(\w+)/g, '{$1}');
    found[route] = { ...found[route], [method.toLowerCase()]: operation(name, spec) };
  }
  return found;
}

function operation(
  name: string,
  { summary, right, open, query, body, takes, answer, type = 'application/json', refusals }: RouteSpec,
): Json {
  const allowed = roles.filter((role) => right === null || ROLES[role].some((one) => one === right));
  return {
    operationId: operationId(name),
    summary,
    ...(open ? { security: [] } : { description: `Roles: ${allowed.join(', ')}.` }),
    parameters: [...pathParameters(name), ...(query ? queryParameters(query) : []), ...headerParameters(refusals)],
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } } : {}),
    ...(takes ? { requestBody: { required: true, content: { [takes]: { schema: { type: 'string' } } } } } : {}),
    responses: {
      200: { description: summary, content: { [type]: { schema: schemaOf(answer) } } },
      ...refusalsOf(refusals, body !== undefined || takes !== undefined),
    },
  };
}

const pathParameters = (name: string): Json[] =>
  [...name.matchAll(/:(\w+)/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(parameter === 'id' && name.includes('/leads/') ? { format: 'uuid' } : {}) },
  }));

function queryParameters(query: z.ZodType): Json[] {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

const headerParameters = (refusals: readonly Reason[]): Json[] => [
  ...(refusals.includes('idempotency-key')
    ? [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: true,
          description: 'New for each command. The same command again under it has the first answer’s event',
          schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
        },
      ]
    : []),
  ...(refusals.includes('if-match')
    ? [
        {
          name: 'If-Match',
          in: 'header',
          required: false,
          description: 'The lead’s ETag, or *: required for resume, restart, move, enrol, resolve and erase',
          schema: { type: 'string' },
        },
      ]
    : []),
];

/** Refusals of each route by their kind, and those that the table names. */
const refusalsOf = (named: readonly Reason[], takesBody: boolean): Json =>
  refusalResponses(reasonsOf({ takesBody, named: [...REFUSED_EVERYWHERE, ...named] }), (reason) => ({
    ...(reason === 'refused' ? membersOf(refused) : {}),
    ...(reason === 'moved-on' ? membersOf(movedOn) : {}),
  }));

const membersOf = (schema: z.ZodType): object => Object(schemaOf(schema)['properties']) as object;
