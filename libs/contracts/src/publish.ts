import type { JetStreamClient } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type HrTime,
} from '@opentelemetry/api';
import { CE, ContractError, describeIssues, submissionKey } from './envelope.ts';
import { LEAD_CREATED, LEAD_CREATED_VERSION, leadCreated, type LeadCreated } from './lead-created.ts';

export interface PublishOptions {
  /** The name of your service. With `id` it identifies the submission for ever. */
  source: string;
  /** Id of the submission; a person's lead published again under it is the same one. Default: a random UUID. */
  id?: string;
  /** Milliseconds to wait for the broker's durable ack. Default 5000. */
  timeoutMs?: number;
  /** Further attributes of the span. */
  attributes?: Attributes;
}

export interface PublishedLead {
  id: string;
  seq: number;
  isDuplicate: boolean;
  traceparent?: string;
}

/**
 * Publishes one lead to Leadstream and resolves once the broker has stored it durably, with the event's id, its
 * sequence in the stream, and the `traceparent` under which the lead can be found. Starts a trace of its own for the
 * lead, linked to the caller's. `isDuplicate`: the broker had stored this lead under this id before, at that sequence.
 *
 * Throws ContractError when the lead does not have the published shape (nothing is sent), and the client's own error
 * when the broker gave no ack: then it may or may not be stored, and repeating it with the same `id` is safe.
 */
export async function publishLead(
  js: JetStreamClient,
  lead: LeadCreated,
  options: PublishOptions,
): Promise<PublishedLead> {
  const parsed = leadCreated.safeParse(lead);
  if (!parsed.success) throw new ContractError(`${LEAD_CREATED}: ${describeIssues(parsed.error)}`);
  const id = options.id ?? crypto.randomUUID();
  const created = createSpan(id, options);
  const carrier: Record<string, string> = {};
  propagation.inject(created, carrier);
  const startTime = Date.now();
  const head = headers();
  const attributes = {
    [CE.specversion]: '1.0',
    [CE.id]: id,
    [CE.type]: LEAD_CREATED,
    [CE.source]: options.source,
    [CE.time]: new Date().toISOString(),
    [CE.dataVersion]: String(LEAD_CREATED_VERSION),
    ...carrier,
  };
  for (const [name, value] of Object.entries(attributes)) head.set(name, value);
  try {
    const body = JSON.stringify(parsed.data);
    const { seq, duplicate: isDuplicate } = await js.publish(LEAD_CREATED, body, {
      msgID: `${submissionKey(options.source, id)}#${await hashOf(body)}`,
      headers: head,
      timeout: options.timeoutMs ?? 5_000,
    });
    const { traceparent } = carrier;
    return { id, seq, isDuplicate, ...(traceparent ? { traceparent } : {}) };
  } catch (error) {
    // A lead that was stored has its first span; one more of each would tell only how long the broker took.
    const attributes = attributesOf(id, options, 'publish', 'send');
    tracer()
      .startSpan(`publish ${LEAD_CREATED}`, { kind: SpanKind.PRODUCER, attributes, startTime }, created)
      .setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
      .end();
    throw error;
  }
}

/**
 * Of the whole lead: under an id that a form gives to all its submissions, the broker would drop another person's lead
 * as a repetition of the first.
 */
async function hashOf(body: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body)));
  // Node.js has `toHex` since 25; this package runs where its users are.
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const MICROSECOND = 1_000;
const tracer = () => trace.getTracer('@leadstream/contracts');

/**
 * The first span of the lead's own trace, linked to the caller's. It takes a microsecond, because all of the lead's
 * later spans are below it: Jaeger takes the clock of a span that is shorter than its parent, and outside of it, for
 * wrong.
 */
function createSpan(id: string, options: PublishOptions): Context {
  const caller = trace.getSpanContext(context.active());
  const nowMs = Date.now();
  const startTime: HrTime = [Math.floor(nowMs / 1_000), (nowMs % 1_000) * 1_000_000];
  const span = tracer().startSpan(
    `create ${LEAD_CREATED}`,
    {
      kind: SpanKind.PRODUCER,
      root: true,
      startTime,
      attributes: attributesOf(id, options, 'create', 'create'),
      ...(caller ? { links: [{ context: caller }] } : {}),
    },
    ROOT_CONTEXT,
  );
  span.end([startTime[0], startTime[1] + MICROSECOND]);
  return trace.setSpan(ROOT_CONTEXT, span);
}

const attributesOf = (id: string, { source, attributes }: PublishOptions, name: string, type: string): Attributes => ({
  'messaging.system': 'nats',
  'messaging.operation.name': name,
  'messaging.operation.type': type,
  'messaging.destination.name': LEAD_CREATED,
  'messaging.message.id': id,
  'cloudevents.event_source': source,
  ...attributes,
});
