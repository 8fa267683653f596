import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Contacts, SandboxContact } from './contacts.ts';
import type { Esp } from './esp.ts';
import { accepts } from './faults.ts';
import { contactsPage } from './page.ts';

/** HubSpot's limit of one batch. */
const BATCH_MAX = 100;
const OWN = /^leadstream_/;
/** A batch with a contact of such an address is refused as a whole. */
const REFUSED = /^refused[.@]/;

const properties = z.record(z.string(), z.string());
const input = z.object({
  id: z.string().optional(),
  properties: properties.default({}),
  objectWriteTraceId: z.string().optional(),
});
const batchBody = z.object({ idProperty: z.string().optional(), inputs: z.array(input).min(1) });
type Batch = z.output<typeof batchBody>;

/** Status and body of an answer. */
type Answer = [status: number, body: object];
const error = (category: string, message: string, more: object = {}): object => ({
  status: 'error',
  message,
  correlationId: randomUUID(),
  category,
  ...more,
});
/** HubSpot's words, by status (developers.hubspot.com, "Error handling"). */
const REFUSALS: Readonly<Record<number, object>> = {
  400: error('VALIDATION_ERROR', 'Property values were not valid'),
  401: error('INVALID_AUTHENTICATION', 'Authentication credentials not found'),
  403: error('MISSING_SCOPES', 'This app hasn’t been granted all required scopes to make this call'),
  429: {
    status: 'error',
    message: 'You have reached your ten_secondly_rolling limit.',
    errorType: 'RATE_LIMIT',
    correlationId: randomUUID(),
    policyName: 'TEN_SECONDLY_ROLLING',
  },
  500: error('INTERNAL_ERROR', 'internal error'),
};

const shown = ({ id, properties: its }: SandboxContact) => ({
  id,
  properties: its,
  createdAt: '2026-10-30T03:30:17.883Z',
  updatedAt: new Date().toISOString(),
  archived: false,
});
const complete = (results: object[], errors: object[]): Answer => [
  errors.length > 0 ? 207 : 200,
  { status: 'COMPLETE', results, ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}) },
];
const notFound = (context: object): object =>
  error('OBJECT_NOT_FOUND', 'Could not get some CONTACT objects, they may be deleted or not exist.', { context });

/** A batch as a whole: its size, repeated ids, and properties that the account does not have. */
function refusalOf({ inputs }: Batch, contacts: Contacts): Answer | undefined {
  const ids = inputs.flatMap(({ id }) => id ?? []);
  if (inputs.length > BATCH_MAX) return [400, error('VALIDATION_ERROR', 'The batch is too large')];
  if (new Set(ids).size < ids.length)
    return [400, error('VALIDATION_ERROR', 'Duplicate IDs found in batch input', { context: { ids } })];
  const isRefused = ids.some((id) => REFUSED.test(contacts.find('id', id)?.properties['email'] ?? ''));
  if (isRefused) return [400, error('VALIDATION_ERROR', 'Property values were not valid')];
  const unknown = inputs
    .flatMap((one) => Object.keys(one.properties))
    .find((name) => OWN.test(name) && !contacts.properties.has(name));
  if (unknown !== undefined)
    return [
      400,
      error('VALIDATION_ERROR', `Property "${unknown}" does not exist`, {
        errors: [{ code: 'PROPERTY_DOESNT_EXIST' }],
      }),
    ];
  return undefined;
}

const VERBS = ['read', 'update', 'create'] as const;
export type Verb = (typeof VERBS)[number];

const work: Readonly<Record<Verb, (batch: Batch, contacts: Contacts) => Answer>> = {
  read({ idProperty = 'id', inputs }, contacts) {
    const found = inputs.map(({ id = '' }) => ({ id, contact: contacts.find(idProperty, id) }));
    const ids = found.filter(({ contact }) => !contact).map(({ id }) => id);
    return complete(
      found.flatMap(({ contact }) => (contact ? [shown(contact)] : [])),
      ids.length > 0 ? [notFound({ ids })] : [],
    );
  },
  update({ inputs }, contacts) {
    const results: object[] = [];
    const errors: object[] = [];
    for (const { id = '', properties: values, objectWriteTraceId: trace } of inputs) {
      const contact = contacts.find('id', id);
      if (!contact) errors.push(notFound({ ids: [id], ...(trace ? { objectWriteTraceId: [trace] } : {}) }));
      else {
        contacts.update(contact, values);
        results.push(shown(contact));
      }
    }
    return complete(results, errors);
  },
  create({ inputs }, contacts) {
    const taken = inputs.map((one) => contacts.find('email', one.properties['email'] ?? '')).find(Boolean);
    if (taken) return [409, error('CONFLICT', `Contact already exists. Existing ID: ${taken.id}`)];
    return [201, { status: 'COMPLETE', results: inputs.map((one) => shown(contacts.create(one.properties))) }];
  },
};

/** A batch of contacts, as HubSpot answers it. */
export function answerBatch(verb: Verb, body: unknown, contacts: Contacts): Answer {
  const { data: batch } = batchBody.safeParse(body);
  if (!batch) return [400, error('VALIDATION_ERROR', 'Invalid input JSON')];
  return refusalOf(batch, contacts) ?? work[verb](batch, contacts);
}

/** Answers a call as `work` says, or with the next fault to `hubspot`; of a lost answer the work is done. */
async function answered(
  esp: Esp,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Answer,
): Promise<FastifyReply> {
  if (!esp.admits(request.headers.authorization)) return reply.code(401).send(REFUSALS[401]);
  const fault = esp.faults.take(({ to }) => to !== undefined, 'hubspot');
  const [status, body] = !fault || accepts(fault) ? work() : [500, {}];
  if (fault?.latencyMs) await esp.pause(fault.latencyMs);
  if (fault?.drop) {
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (fault?.retryAfter !== undefined) void reply.header('retry-after', String(fault.retryAfter));
  if (fault?.status === 429) void reply.header('x-hubspot-ratelimit-interval-milliseconds', '10000');
  const asked = fault?.status;
  if (fault?.body !== undefined) return reply.code(asked ?? status).send(fault.body);
  return asked === undefined
    ? reply.code(status).send(body)
    : reply.code(asked).send(REFUSALS[asked] ?? error('ERROR', 'error'));
}

const propertyBody = z.looseObject({ name: z.string(), hasUniqueValue: z.boolean().default(false) });

/** The routes of HubSpot that the service `crm` calls, of its API 2026-03, and the sandbox's own page of contacts. */
export function hubspotRoutes(server: FastifyInstance, esp: Esp): void {
  const { contacts } = esp;
  for (const verb of VERBS)
    server.post(`/crm/objects/2026-03/contacts/batch/${verb}`, (request, reply) =>
      answered(esp, request, reply, () => answerBatch(verb, request.body, contacts)),
    );
  server.get('/crm/properties/2026-03/contacts/:name', (request, reply) =>
    answered(esp, request, reply, () => {
      const { name } = z.object({ name: z.string() }).parse(request.params);
      const hasUniqueValue = contacts.properties.get(name);
      return hasUniqueValue === undefined
        ? [404, error('OBJECT_NOT_FOUND', `No property ${name}`)]
        : [200, { name, hasUniqueValue }];
    }),
  );
  server.post('/crm/properties/2026-03/contacts', (request, reply) =>
    answered(esp, request, reply, () => {
      const { name, hasUniqueValue } = propertyBody.parse(request.body);
      if (contacts.properties.has(name)) return [409, error('OBJECT_ALREADY_EXISTS', `A property ${name} exists`)];
      contacts.properties.set(name, hasUniqueValue);
      return [201, { name, hasUniqueValue }];
    }),
  );
  server.get('/account-info/2026-03/api-usage/daily/private-apps', (request, reply) =>
    answered(esp, request, reply, () => {
      const midnight = Temporal.Now.zonedDateTimeISO('UTC').add({ days: 1 }).startOfDay().toInstant().toString();
      return [200, { results: [{ name: 'private-apps-api-calls-daily', usageLimit: 250_000, resetsAt: midnight }] }];
    }),
  );
  server.get('/hubspot/contacts', () => [...contacts.all.values()]);
  server.post('/hubspot/contacts', (request, reply) =>
    reply.code(201).send(contacts.create(z.record(z.string(), z.string()).parse(request.body))),
  );
  server.get('/hubspot', (_request, reply) => {
    const { html, policy } = contactsPage([...contacts.all.values()]);
    return reply
      .type('text/html; charset=utf-8')
      .headers({ 'content-security-policy': policy, 'cache-control': 'no-store' })
      .send(html);
  });
}
