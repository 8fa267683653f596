import { CE } from '@leadstream/contracts/envelope';
import { LEAD_CREATED, LEAD_CREATED_VERSION, leadCreated } from '@leadstream/contracts/lead-created';
import type { Json, Parameter, Route, RouteName } from '@leadstream/service/openapi';
import { schemaRef } from '@leadstream/service/openapi';
import type { Reason } from '@leadstream/service/refusals';
import { z } from 'zod';

const BODY_BYTES_MAX = 64 * 1024;
const REASONS = [
  'key',
  'rate',
  'media-type',
  'json',
  'form',
  'fields',
  'contract',
  'depth',
  'robot',
  'idempotency-key',
] as const satisfies Reason[];

const jsonSchema = (schema: z.ZodType): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input' });
  return json;
};

export const SCHEMAS = { LeadCreated: jsonSchema(leadCreated) };
export const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key of INGEST_API_KEYS' },
  header: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'The same' },
  address: { type: 'apiKey', in: 'query', name: 'key', description: 'The same, where no header can be sent' },
};
/** The empty one: without INGEST_API_KEYS, or for a signed post. */
const KEYS = [{ bearer: [] }, { header: [] }, {}];

const submitted = z.object({ id: z.string().describe('The submission’s: the event’s ce-id') });
const submittedHere = z.object({
  id: z.string().optional().describe('The first one'),
  ids: z.array(z.string()).describe('One for each lead in the post; none where the post is no submission'),
});
export type Submitted = z.infer<typeof submitted>;
export type SubmittedHere = z.infer<typeof submittedHere>;

const ID_PATTERN = '^[\\x21-\\x7e]{1,200}$';
const TRACE = { traceresponse: { description: 'The trace of the lead', schema: { type: 'string' } } };
const text = (description: string): Json => ({ type: 'string', description });
const form: Json = {
  type: 'object',
  additionalProperties: true,
  description: 'Fields by their names, read as JSON is',
};

const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The submission’s id: repeating it is safe, and makes no second lead',
  schema: { type: 'string', pattern: ID_PATTERN },
};
const traceparent: Parameter = {
  name: 'traceparent',
  in: 'header',
  description: 'W3C trace context; the lead’s trace is linked to it',
  schema: { type: 'string' },
};
const attribute = (named: string, description: string, schema: Json = {}): Parameter => ({
  name: named,
  in: 'header',
  description,
  schema: { type: 'string', ...schema },
});
/** Of a CloudEvent in binary mode. */
const attributes = [
  attribute(CE.id, 'The id, where there is no Idempotency-Key', { pattern: ID_PATTERN }),
  attribute(
    CE.source,
    'Within which ce-id is unique: the submission’s id is then <ce-source>/<ce-id>, a slash in ce-id as %2F',
  ),
  attribute(CE.type, 'Another event is refused', { const: LEAD_CREATED }),
  attribute(CE.specversion, 'Another major version is refused', { const: '1.0' }),
  attribute(CE.dataVersion, 'Of the contract; another one is refused', { const: String(LEAD_CREATED_VERSION) }),
];
const name: Parameter = {
  name: 'name',
  in: 'path',
  description: 'The form service, of a file in intake/',
  schema: { type: 'string' },
};
const asked = (what: string, description: string): Parameter => ({
  name: `hub.${what}`,
  in: 'query',
  description,
  schema: { type: 'string' },
});

/** Every route of ingest. The controllers declare their routes' limits and refusals by it. */
export const ROUTES = {
  'POST /v1/leads': {
    summary: 'Takes one lead; 202 once it is stored for good',
    description:
      'JSON of the contract, or a form. Names ignore case, accents, spaces and punctuation in both, and unknown ones ' +
      'of a form are kept in leadData.fields (apps/ingest/README.md).',
    door: { bytesMax: BODY_BYTES_MAX, refusals: REASONS },
    parameters: [idempotencyKey, ...attributes, traceparent],
    body: {
      'application/json': schemaRef('LeadCreated'),
      'application/x-www-form-urlencoded': form,
      'multipart/form-data': form,
    },
    answer: { status: 202, says: 'Stored', type: 'application/json', schema: jsonSchema(submitted), headers: TRACE },
    security: KEYS,
  },
  'POST /v1/leads/from/:name': {
    summary: 'Takes the post of a form service as intake/<name>.yaml describes it',
    description:
      'A service with a secret in INTAKE_SECRETS signs its posts, in place of a key. What the query says, such as ' +
      'source, outranks the post.',
    door: { bytesMax: BODY_BYTES_MAX, refusals: [...REASONS, 'service', 'signature'] },
    parameters: [
      name,
      idempotencyKey,
      traceparent,
      { name: 'source', in: 'query', description: 'leadData.source, as any other field', schema: { type: 'string' } },
    ],
    body: {
      'application/json': { description: 'As the service posts it' },
      'application/x-www-form-urlencoded': form,
      'multipart/form-data': form,
    },
    answer: {
      status: 202,
      says: 'Stored, or no submission; 200 to a service whose file says so',
      type: 'application/json',
      schema: jsonSchema(submittedHere),
      headers: TRACE,
    },
    security: [...KEYS, { address: [] }],
  },
  'GET /v1/leads/from/:name': {
    summary: 'Answers the form service that verifies the address (Meta)',
    door: { refusals: ['service', 'signature'] },
    parameters: [
      name,
      asked('mode', 'subscribe'),
      asked('verify_token', 'The token of INTAKE_VERIFY_TOKENS'),
      asked('challenge', 'Up to 200 letters, digits, dots, dashes and underscores'),
    ],
    answer: { status: 200, says: 'The challenge', type: 'text/plain', schema: text('hub.challenge') },
  },
} as const satisfies Record<RouteName, Route>;
