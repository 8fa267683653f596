import { stringify } from 'yaml';
import { CE, LEAD_PREV_SEQ, LEAD_SPAN, LEAD_VERSION, TRACEPARENT } from '@leadstream/contracts/envelope';
import { LEAD_CREATED, LEAD_CREATED_BYTES_MAX } from '@leadstream/contracts/lead-created';
import { LEAD_SEQ, outcomes, PUBLIC_SOURCE } from '@leadstream/contracts/public';
import { leadSubject, streams, type StreamName } from '@leadstream/contracts/streams';
import { GENERATED } from './events-page.ts';
import { described, events, schemaFile, told, type Described, type JsonSchema } from './schemas.ts';

/**
 * `docs/asyncapi.yaml`: the messages that other teams may publish to Leadstream, and those they may read. AsyncAPI 3.0.
 */
export function asyncapi(version: string): string {
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Leadstream',
      version,
      license: { name: 'Apache-2.0' },
      description:
        'Follows up with leads. Other services publish lead.created, and read in PUBLIC what became of their leads.',
    },
    defaultContentType: 'application/json',
    channels: { intake: intake(), public: toldChannel(), leads: leads() },
    operations: {
      takeLead: {
        action: 'receive',
        channel: ref('#/channels/intake'),
        summary: 'Publish here: Leadstream follows up with this lead',
      },
      tellOutcome: {
        action: 'send',
        channel: ref('#/channels/public'),
        summary: 'Subscribe here: what became of the leads that you publish',
      },
      recordLead: {
        action: 'send',
        channel: ref('#/channels/leads'),
        summary: 'The log itself, for programs of the same operator; its events change with the rules',
      },
    },
    components: {
      messages: {
        ...leadCreatedMessages(),
        ...Object.fromEntries(told.map((event) => [publicName(event), outcome(event)])),
        ...Object.fromEntries(events.map((event) => [event.type, recorded(event)])),
      },
    },
  };
  return `# ${GENERATED}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

const ref = (to: string) => ({ $ref: to });
const payloadOf = (message: Described) => ref(`./${schemaFile(message)}`);
const messagesNamed = (names: string[]) =>
  Object.fromEntries(names.map((name) => [name, ref(`#/components/messages/${name}`)]));

const intake = () => ({
  address: LEAD_CREATED,
  description:
    `A body of at most ${LEAD_CREATED_BYTES_MAX} bytes. What does not keep ` +
    'to the contract goes to quarantine.triage with its reason.',
  messages: messagesNamed(Object.keys(leadCreatedMessages())),
  'x-jetstream': jetstream('INTAKE', ['triage']),
});

const publicName = ({ type }: Described): string => `public.${type}`;

const toldChannel = () => ({
  address: 'lead.outcome.{what}.{id}',
  description:
    'What other teams are told: each event once, those of a lead in order, without personal data; ' +
    'after a restore one may come again under its id. ' +
    'Let your ce-id name no person: it is repeated here.',
  parameters: {
    what: { description: 'The type without its prefix', enum: Object.values(outcomes).map(({ token }) => token) },
    id: { description: 'The lead’s id; of a refusal, which has no lead, its own' },
  },
  messages: messagesNamed(told.map(publicName)),
  'x-jetstream': jetstream('PUBLIC', []),
});

const leads = () => ({
  address: leadSubject('{leadId}', '{event}'),
  description: 'The log, in order per lead. Only Leadstream writes here. No personal data is in subjects or headers.',
  parameters: {
    leadId: { description: 'UUID, always the same for the same address' },
    event: { description: 'The type without its prefix', enum: events.map(({ token }) => token) },
  },
  messages: messagesNamed(events.map(({ type }) => type)),
  'x-jetstream': jetstream('LEADS', ['scheduler', 'sender', 'sms', 'lookup', 'enricher', 'outcomes', 'projector-<n>']),
});

/** The stream, its retention, and the names of our own consumers: a reader has to choose another name. */
const jetstream = (stream: StreamName, durables: string[]) => {
  const { maxAgeMs, duplicateWindowMs } = streams[stream];
  return { stream, maxAgeMs: maxAgeMs || 'unlimited', duplicateWindowMs, durables };
};

const text = (description: string): JsonSchema => ({ type: 'string', description });
const attribute = {
  specversion: { type: 'string', const: '1.0' },
  id: text('Id of the submission; with source it identifies it for ever, and repeating it is safe'),
  source: text('The name of your service'),
  time: { ...text('When it happened'), format: 'date-time' },
  traceparent: text('W3C trace context; it is continued'),
};

const leadCreatedMessages = () => ({
  [`${LEAD_CREATED}.binary`]: {
    name: LEAD_CREATED,
    title: 'CloudEvent, binary mode',
    summary: described.says,
    payload: payloadOf(described),
    headers: {
      type: 'object',
      required: [CE.id, CE.type, CE.source],
      properties: {
        [CE.specversion]: attribute.specversion,
        [CE.id]: attribute.id,
        [CE.type]: { type: 'string', const: LEAD_CREATED },
        [CE.source]: attribute.source,
        [CE.time]: attribute.time,
        [TRACEPARENT]: attribute.traceparent,
        'Nats-Msg-Id': text('<source>/<id>: the broker then stores a repetition only once'),
      },
    },
  },
  [`${LEAD_CREATED}.structured`]: {
    name: LEAD_CREATED,
    title: 'CloudEvent, structured mode',
    summary: described.says,
    contentType: 'application/cloudevents+json',
    payload: {
      type: 'object',
      required: ['specversion', 'id', 'type', 'source', 'data'],
      properties: { ...attribute, type: { type: 'string', const: LEAD_CREATED }, data: payloadOf(described) },
    },
  },
});

const outcome = (event: Described) => ({
  name: event.type,
  title: event.type,
  summary: event.says,
  payload: payloadOf(event),
  examples: (event.schema.examples ?? []).map((payload) => ({ payload })),
  headers: {
    type: 'object',
    required: [CE.id, CE.type, CE.source, CE.time, CE.dataVersion],
    properties: {
      [CE.specversion]: attribute.specversion,
      [CE.id]: text('Id of the event; the same should it be published again after a restore'),
      [CE.type]: { type: 'string', const: event.type },
      [CE.source]: { type: 'string', const: PUBLIC_SOURCE },
      [CE.subject]: text('The lead’s id'),
      [CE.time]: { ...text('When it was recorded'), format: 'date-time' },
      [CE.dataVersion]: { type: 'string', const: String(event.version) },
      [LEAD_VERSION]: text('Ascends within the lead'),
      [LEAD_SEQ]: text('Sequence of its cause in LEADS'),
      [TRACEPARENT]: text('The trace of the lead'),
    },
  },
});

const recorded = (event: Described) => ({
  name: event.type,
  title: event.type,
  summary: event.says,
  payload: payloadOf(event),
  headers: {
    type: 'object',
    required: [CE.id, CE.type, CE.source, CE.time, LEAD_VERSION, LEAD_PREV_SEQ],
    properties: {
      [CE.specversion]: attribute.specversion,
      [CE.id]: text('Id of the event'),
      [CE.type]: { type: 'string', const: event.type },
      [CE.source]: text('The service that wrote it'),
      [CE.time]: { ...text('When it was decided'), format: 'date-time' },
      [CE.dataVersion]: { type: 'string', const: String(event.version) },
      [LEAD_VERSION]: text('1, 2, 3 … within the lead'),
      [LEAD_PREV_SEQ]: text('Stream sequence of the lead’s previous event, 0 for the first'),
      [TRACEPARENT]: text('The first span of the lead’s trace'),
      [LEAD_SPAN]: text('Id of the span of that trace that appended the event'),
    },
  },
});
