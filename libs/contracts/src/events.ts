import { z } from 'zod';

/**
 * The catalogue: every event a lead can have. Types, subjects, handler types, JSON Schemas and `docs/events.md` are
 * derived from it. Adding an optional field is free; anything else is a new version with an upcaster.
 */

const instant = z.iso.datetime({ offset: true }).describe('RFC 3339 instant');
const key = z.string().min(1).max(1_000);
const reason = z.string().max(2_000);

export const zoneSchema = z.object({
  id: z.string().describe('IANA time zone'),
  source: z.enum(['explicit', 'ip', 'phone', 'country', 'default']),
  confidence: z.enum(['high', 'medium', 'low']),
  evidence: z.string().describe('What it was inferred from, in words'),
});

export const contactSchema = z.object({
  email: z.string().describe('As written, trimmed: this is what mail is sent to'),
  address: z.string().describe('Canonical: NFC, lower case, domain as A-label; the lead id derives from it'),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  phone: z.string().optional().describe('E.164'),
});

/** One thing hygiene altered or took out, so that an analyst can ask a form's owner why. */
export const changeSchema = z.object({
  field: z.string(),
  from: z.string().optional(),
  to: z.string().optional().describe('Absent: the value was dropped'),
  rule: z.string().describe('e.g. trimmed, nfc, control-characters, e164, not-a-phone-number'),
});

export const dossierSchema = z.object({
  source: z.string(),
  medium: z.string().optional(),
  campaign: z.string().optional(),
  pageURL: z.string().optional(),
  submissionTimestamp: z.string().optional(),
  utm: z.record(z.string(), z.unknown()).optional(),
  fields: z.record(z.string(), z.unknown()).optional(),
  other: z.record(z.string(), z.unknown()).optional().describe('Keys we do not know, kept'),
});

const intakeSchema = z.object({
  seq: z.number().int().describe('Sequence in INTAKE'),
  key: key.describe('ce-source and ce-id: the natural key of a submission'),
});

const routeSchema = z.object({
  sequence: z.string(),
  tag: z.string().describe('What the source made of the lead, e.g. source:whitepaper'),
  rank: z.number().int().describe('A higher rank takes over from a lower one'),
});

const audience = z.enum(['lead', 'staff']);
const channel = z.enum(['email']);

export const windowSchema = z.object({
  days: z.array(z.number().int().min(1).max(7)).min(1).describe('ISO weekdays, Monday is 1'),
  from: z.string().regex(/^\d\d:\d\d$/).describe('Local time, inclusive'),
  to: z.string().regex(/^\d\d:\d\d$/).describe('Local time, exclusive'),
});

/** A step as it was planned: with all that the guards need, so that nobody has to look its definition up again. */
export const plannedStepSchema = z.object({
  index: z.number().int().min(0),
  id: z.string(),
  action: z.string().describe('Template that the step sends'),
  channel,
  audience,
  at: instant,
  local: z.string().optional().describe('The same as wall-clock intent: RFC 9557, in the lead’s zone'),
  delayMs: z.number().int().min(0).describe('The delay that was drawn, before the window moved it'),
  window: windowSchema.optional(),
  latenessMaxMs: z.number().int().optional().describe('Later than this it is planned again instead of sent'),
});

const step = {
  runId: z.string(),
  step: z.number().int().min(0),
  stepId: z.string(),
  audience,
  channel,
};
const send = { sendId: z.string().describe('Id of the claim (send-started)'), attempt: z.number().int().min(1), ...step };

export const sendClassSchema = z.enum([
  'accepted', 'rate-limited', 'server-error', 'unreachable', 'permanent', 'account', 'timeout', 'gateway', 'connection-lost',
  'swept', 'operator', 'shutdown', 'breaker-open',
]);

const fact = {
  key: key.describe('Natural key: a fact that is known already is never appended twice'),
  sendId: z.string().optional(),
  provider: z.string(),
  at: instant.describe('When the provider says it happened'),
  feedbackSeq: z.number().int().optional().describe('Where the raw body is, in FEEDBACK'),
};

const operator = { by: z.string().min(1).max(200), reason: reason.optional() };

export const guardSchema = z.enum(['erased', 'suppressed', 'stopped', 'paused', 'window', 'late', 'unrenderable', 'operator']);
export const replyClassSchema = z.enum(['human', 'auto', 'out-of-office', 'unsubscribe']);

const event = <Token extends string, Schema extends z.ZodObject>(token: Token, by: string, says: string, data: Schema) => ({
  token, by, says, data, version: 1,
});

export const catalogue = {
  'lead.triaged': event('triaged', 'triage', 'A lead came in: clean contact, zone with evidence, tags, and the sequence it routes to',
    z.object({
      contact: contactSchema, changes: z.array(changeSchema), tags: z.array(z.string()), zone: zoneSchema, route: routeSchema,
      dossier: dossierSchema, intake: intakeSchema,
    })),
  'lead.resubmitted': event('resubmitted', 'triage', 'The same person again: what is new, and the route if it changes',
    z.object({
      contact: contactSchema, changes: z.array(changeSchema), tags: z.array(z.string()), zone: zoneSchema, dossier: dossierSchema,
      intake: intakeSchema, route: routeSchema.nullable().describe('null: the run under way goes on'), reason,
    })),
  'lead.enrolled': event('enrolled', 'scheduler', 'A run of a sequence begins; its first step is planned',
    z.object({ runId: z.string().describe('Id of the event that asked for the run'), sequence: z.string(), version: z.number().int(), planned: plannedStepSchema })),
  'lead.step-due': event('step-due', 'scheduler', 'The hunter found the step due',
    z.object({ ...step, action: z.string(), plannedAt: instant, lagMs: z.number().int() })),
  'lead.send-started': event('send-started', 'sender', 'The claim: this process, and no other, calls the provider now',
    z.object({
      ...send, action: z.string(), deadline: instant.describe('After it the outcome is unknown to everybody else'),
      previous: z.object({ sendId: z.string(), class: sendClassSchema, reason: reason.optional() }).optional()
        .describe('The attempt that this one repeats, surely not sent'),
    })),
  'lead.sent': event('sent', 'sender, inbound', 'The provider accepted it; said by its answer, its own event, or an operator',
    z.object({
      ...send, provider: z.string(), providerMessageId: z.string().optional(),
      evidence: z.enum(['response', 'provider-event', 'operator']), feedbackKey: key.optional(), by: z.string().optional(),
    })),
  'lead.send-deferred': event('send-deferred', 'sender', 'Surely not sent; the scheduler brings it back',
    z.object({ ...send, class: sendClassSchema, reason: reason.optional(), retryAt: instant })),
  'lead.send-failed': event('send-failed', 'sender', 'Surely not sent, and trying again would not help; parked',
    z.object({ ...send, class: sendClassSchema, reason: reason.optional() })),
  'lead.send-skipped': event('send-skipped', 'sender', 'Not sent: the guard that said no',
    z.object({ ...step, sendId: z.string().optional().describe('Set when it gives a claim back'), guard: guardSchema, reason: reason.optional() })),
  'lead.send-unknown': event('send-unknown', 'sender, scheduler', 'Nobody knows whether it was sent; never retried blindly, parked',
    z.object({ ...send, class: sendClassSchema, reason: reason.optional() })),
  'lead.step-planned': event('step-planned', 'scheduler', 'What comes next, and when',
    z.object({ runId: z.string(), planned: plannedStepSchema, why: z.enum(['next', 'retry', 'window', 'late', 'resumed']) })),
  'lead.sequence-completed': event('sequence-completed', 'scheduler', 'The run has ended',
    z.object({ runId: z.string(), sequence: z.string(), why: z.enum(['finished', 'stopped']) })),
  'lead.delivered': event('delivered', 'inbound', 'The receiving server took the mail', z.object({ ...fact })),
  'lead.opened': event('opened', 'inbound', 'A program fetched the mail’s image; never proof of a person',
    z.object({ ...fact, machine: z.boolean() })),
  'lead.clicked': event('clicked', 'inbound', 'Something followed a link', z.object({ ...fact, url: z.string().max(4_000).optional() })),
  'lead.bounced': event('bounced', 'inbound', 'A hard bounce: the address does not work',
    z.object({ ...fact, reason: reason.optional(), status: z.string().max(100).optional(), classification: z.string().max(100).optional() })),
  'lead.complained': event('complained', 'inbound', 'Reported as spam', z.object({ ...fact })),
  'lead.unsubscribed': event('unsubscribed', 'inbound', 'Asked for no more mail',
    z.object({ ...fact, via: z.enum(['one-click', 'page', 'provider', 'reply']) })),
  'lead.replied': event('replied', 'inbound', 'A mail came back; from a human it is the stop',
    z.object({
      ...fact, class: replyClassSchema, matchedBy: z.enum(['token', 'address']), until: instant.optional(),
      evidence: reason.optional().describe('Which header or word decided the class'),
    })),
  'lead.paused': event('paused', 'operator', 'Nothing goes out until it is resumed', z.object({ ...operator })),
  'lead.resumed': event('resumed', 'operator', 'Goes on where it was', z.object({ ...operator })),
  'lead.restarted': event('restarted', 'operator', 'A new run from the first step; lifts responded and unsubscribed',
    z.object({ ...operator, route: routeSchema })),
  'lead.moved': event('moved', 'operator', 'A new run that begins at another step',
    z.object({ ...operator, route: routeSchema, step: z.number().int().min(0) })),
  'lead.tagged': event('tagged', 'operator', 'Tags changed by hand',
    z.object({ ...operator, add: z.array(z.string()), remove: z.array(z.string()) })),
  'lead.erased': event('erased', 'operator', 'Personal data gone; what is left keeps the address from being written to',
    z.object({ ...operator })),
} as const;

export type EventType = keyof typeof catalogue;
export type Data<T extends EventType> = z.infer<(typeof catalogue)[T]['data']>;

/** What a decider returns: the event before it is in the log. */
export type Draft<T extends EventType = EventType> = { [K in T]: { type: K; data: Data<K> } }[T];

/** A decider's "no", by name: it goes into a log line, never into the log. */
export interface Nothing { nothing: string }
export type Decision = Draft | Nothing;

/** The event as the log has it. */
export type Recorded<T extends EventType = EventType> = { [K in T]: { type: K; data: Data<K> } & Envelope }[T];

export interface Envelope {
  /** `ce-id`; deterministic except for `send-started`. */
  id: string;
  leadId: string;
  /** Sequence in LEADS. */
  seq: number;
  /** 1, 2, 3 … within the lead. */
  version: number;
  /** Sequence of this lead's previous event, 0 for the first. */
  prevSeq: number;
  /** `ce-time`: the writer's clock when it decided. */
  at: string;
  /** `ce-source`: the service that wrote it. */
  source: string;
  /** W3C trace context the event was written in. */
  traceparent?: string;
}

export type Zone = z.infer<typeof zoneSchema>;
export type Contact = z.infer<typeof contactSchema>;
export type Change = z.infer<typeof changeSchema>;
export type Dossier = z.infer<typeof dossierSchema>;
export type Route = z.infer<typeof routeSchema>;
export type SendWindow = z.infer<typeof windowSchema>;
export type PlannedStep = z.infer<typeof plannedStepSchema>;
export type SendClass = z.infer<typeof sendClassSchema>;
export type Guard = z.infer<typeof guardSchema>;
export type ReplyClass = z.infer<typeof replyClassSchema>;
export type Audience = z.infer<typeof audience>;

export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type);
