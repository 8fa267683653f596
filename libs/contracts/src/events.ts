import { z } from 'zod';

/**
 * The catalogue: every event a lead can have. Types, subjects, handler types, JSON Schemas and `docs/events.md` are
 * derived from it. Adding an optional field is free; anything else is a new version with an upcaster.
 */

/** Characters of an answer that its event keeps. */
export const REPLY_TEXT_MAX = 2_000;

const instant = z.iso.datetime({ offset: true }).describe('RFC 3339 instant');
const key = z.string().min(1).max(1_000);
const reason = z.string().max(2_000).describe('In words, for a person who asks why');
const tags = z.array(z.string()).describe('Labels such as source:whitepaper or STOP_SEQUENCE');
const sequence = z.string().describe('Id of a sequence');
/** What an id of a sequence may look like, wherever one comes from outside. */
export const sequenceIdSchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be kebab-case: lower-case letters, digits, hyphens')
  .max(60);
const runId = z.string().describe('The run it belongs to: one way of the lead through one sequence');

export const zoneSchema = z
  .object({
    id: z.string().describe('IANA time zone'),
    source: z.enum(['explicit', 'ip', 'phone', 'country', 'default']).describe('What it was taken from'),
    confidence: z
      .enum(['high', 'medium', 'low'])
      .describe('How far to trust it: high is named outright, low is a guess'),
    evidence: z.string().describe('What it was inferred from, in words'),
  })
  .describe('The zone that waits and hours are counted in');

export const contactSchema = z
  .object({
    email: z.string().describe('As written, trimmed: this is what mail is sent to'),
    address: z.string().describe('Canonical: NFC, lower case, domain as A-label; the lead id derives from it'),
    firstName: z.string().optional().describe('Absent: mails greet by the template’s fallback'),
    lastName: z.string().optional().describe('Family name'),
    phone: z.string().optional().describe('E.164'),
  })
  .describe('Who it is, cleaned');

/** One thing hygiene altered or took out, so that an analyst can ask a form's owner why. */
export const changeSchema = z.object({
  field: z.string().describe('Where it was, e.g. firstName or leadData.utm'),
  from: z.string().optional().describe('What it said before'),
  to: z.string().optional().describe('Absent: the value was dropped'),
  rule: z.string().describe('e.g. trimmed, nfc, control-characters, e164, not-a-phone-number'),
});

const changes = z.array(changeSchema).describe('What hygiene altered or took out, in order');

export const dossierSchema = z
  .object({
    source: z.string().describe('The branching key as the routes see it: cleaned, lower case'),
    medium: z.string().optional().describe('How the lead got there, e.g. paid_search'),
    campaign: z.string().optional().describe('Which campaign brought the lead'),
    pageURL: z.string().optional().describe('The page with the form'),
    submissionTimestamp: z.string().optional().describe('When the form says it was sent; not trusted as a time'),
    utm: z.record(z.string(), z.unknown()).optional().describe('utm_* keys, given or read from pageURL'),
    fields: z.record(z.string(), z.unknown()).optional().describe('Hidden and custom form fields'),
    other: z.record(z.string(), z.unknown()).optional().describe('Keys we do not know, kept'),
  })
  .describe('What else the submission said');

const intakeSchema = z
  .object({
    seq: z.number().int().describe('Sequence in INTAKE'),
    key: key.describe('ce-source and ce-id: the natural key of a submission'),
    source: z.string().max(200).optional().describe('ce-source: who handed it in, which no form can choose'),
  })
  .describe('The submission it came from');

/** The caller of a submission and the mailbox it names; both decide which limits for strangers apply. */
const caller = {
  trusted: z
    .boolean()
    .optional()
    .describe(
      'Whether the caller is one of TRUSTED_SOURCES; absent: from before that was asked, and applied as a trusted one',
    ),
  mailbox: z
    .string()
    .max(64)
    .optional()
    .describe('Keyed hash of the mailbox behind the address, without +tags and the like; absent: not known'),
};

const routeSchema = z
  .object({
    sequence: sequence.describe('The sequence that the tag triggers'),
    tag: z.string().describe('What the source made of the lead, e.g. source:whitepaper'),
    rank: z.number().int().describe('A higher rank takes over from a lower one'),
  })
  .describe('Where the run goes, and why');

const audience = z
  .enum(['lead', 'staff'])
  .describe('Who gets it; stop, pause and window hold back only what goes to the lead');
export const channelSchema = z.enum(['email']).describe('How it goes out');
const channel = channelSchema;
/** Providers that can be configured; the sender has one of them. */
export const espSchema = z.enum(['sendgrid']);
const action = z.string().describe('Template that the step sends');

export const windowSchema = z
  .object({
    days: z.array(z.number().int().min(1).max(7)).min(1).describe('ISO weekdays, Monday is 1'),
    from: z
      .string()
      .regex(/^\d\d:\d\d$/)
      .describe('Local time, inclusive'),
    to: z
      .string()
      .regex(/^\d\d:\d\d$/)
      .describe('Local time, exclusive'),
  })
  .describe('When it may go out, in the lead’s zone; absent: at any time');

/** A step as it was planned: with all that the guards need, so that nobody has to look its definition up again. */
export const plannedStepSchema = z
  .object({
    index: z.number().int().min(0).describe('Place in the sequence, from 0'),
    id: z.string().describe('Name of the step in its sequence'),
    action,
    channel,
    audience,
    at: instant.describe('When it is to go out, RFC 3339'),
    local: z.string().optional().describe('The same as wall-clock intent: RFC 9557, in the lead’s zone'),
    delayMs: z.number().int().min(0).describe('The delay that was drawn, before the window moved it'),
    window: windowSchema.optional(),
    latenessMaxMs: z.number().int().optional().describe('Later than this it is not sent'),
    whenLate: z.enum(['plan-again', 'skip']).optional().describe('What becomes of it then; absent: planned again'),
    holds: z
      .number()
      .int()
      .optional()
      .describe('How often in a row a clock has held it back; absent: not the last time'),
  })
  .describe('The step, with all that its guards need');

const step = {
  runId,
  step: z.number().int().min(0).describe('Place of the step in the sequence, from 0'),
  stepId: z.string().describe('Name of the step in its sequence'),
  audience,
  channel,
};
const sendId = z.string().describe('Id of the claim (send-started)');
const send = {
  sendId,
  attempt: z.number().int().min(1).describe('Which call of this step it is, from 1; each has a claim of its own'),
  ...step,
};
const provider = z.string().describe('Who says it: sendgrid, leadstream for our own pages, operator for a person');
const by = z.string().min(1).max(200).describe('The operator');

export const sendClassSchema = z
  .enum([
    'rate-limited',
    'server-error',
    'unreachable',
    'permanent',
    'account',
    'timeout',
    'gateway',
    'connection-lost',
    'swept',
    'breaker-open',
  ])
  .describe('What kind of answer, or silence, it was');

const fact = {
  key: key.describe('Natural key: a fact that is known already is never appended twice'),
  sendId: z.string().optional().describe('The claim it is about, when the provider echoes it'),
  provider,
  at: instant.describe('When the provider says it happened'),
  feedbackSeq: z.number().int().optional().describe('Where the raw body is, in FEEDBACK'),
};

const operator = { by, reason: reason.optional() };

export const guardSchema = z
  .enum(['erased', 'suppressed', 'stopped', 'paused', 'away', 'window', 'late', 'stalled', 'unrenderable', 'operator'])
  .describe('The rule that held it back; stalled: the claimant stood still before its call, and gave the claim back');
export const replyClassSchema = z
  .enum(['human', 'auto', 'out-of-office', 'left', 'unsubscribe'])
  .describe('Who or what answered; human, left (works there no more) and unsubscribe stop the mails to the lead');

const event = <Token extends string, Schema extends z.ZodObject>(
  token: Token,
  by: string,
  says: string,
  data: Schema,
) => ({
  token,
  by,
  says,
  data,
  version: 1,
});

const since = instant.describe('When it came there');
/** The phase of a lead's run; an open claim is parked as unknown. */
const phaseSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('none') }),
    z.object({ kind: z.literal('completed') }),
    z.object({
      kind: z.literal('enrolling'),
      runId,
      route: routeSchema,
      step: z.int().min(0),
      since,
      trusted: caller.trusted,
    }),
    z.object({ kind: z.literal('planned'), step: plannedStepSchema }),
    z.object({ kind: z.literal('due'), step: plannedStepSchema, since, asked: z.int().min(1) }),
    z.object({ kind: z.literal('settled'), step: plannedStepSchema, since }),
    z.object({ kind: z.literal('deferred'), step: plannedStepSchema, retryAt: instant, since }),
    z.object({ kind: z.literal('held'), step: plannedStepSchema, guard: guardSchema, since }),
    z.object({
      kind: z.literal('parked'),
      step: plannedStepSchema,
      sendId: sendId.nullable(),
      why: z.enum(['unknown', 'failed', 'unrenderable']),
    }),
  ])
  .describe('Where the run stood');
const recoveredSend = z.object({
  runId,
  step: step.step,
  stepId: step.stepId,
  audience,
  channel: channel.optional().describe('Absent: email'),
  attempt: send.attempt,
  startedAt: instant.describe('When it was claimed'),
  outcome: z
    .enum(['unknown', 'refused', 'deferred', 'failed', 'skipped', 'accepted'])
    .describe('What became of it; one that was open is unknown'),
  refused: sendClassSchema.optional().describe('The refusal after which the step was tried again'),
});
const answer = z.object({ id: z.string(), at: instant, unproven: z.literal(true).optional() });

const lostPlace = z.object({ version: z.int(), lastSeq: z.int(), lastId: z.string() });

export const catalogue = {
  'lead.triaged': event(
    'triaged',
    'triage',
    'A lead came in: clean contact, zone with evidence, tags, and the sequence it routes to',
    z.object({
      contact: contactSchema,
      changes,
      tags,
      zone: zoneSchema,
      route: routeSchema,
      dossier: dossierSchema,
      intake: intakeSchema,
      ...caller,
    }),
  ),
  'lead.resubmitted': event(
    'resubmitted',
    'triage',
    'The same person again: what is new, and the route if it changes',
    z.object({
      contact: contactSchema,
      changes,
      tags,
      zone: zoneSchema,
      dossier: dossierSchema,
      intake: intakeSchema,
      route: routeSchema.nullable().describe('null: it starts nothing'),
      reason,
      ...caller,
    }),
  ),
  'lead.enrolled': event(
    'enrolled',
    'scheduler',
    'A run of a sequence begins; its first step is planned',
    z.object({
      runId: z.string().describe('Id of the event that asked for the run'),
      sequence,
      version: z.number().int().describe('The version of the sequence that this run keeps'),
      planned: plannedStepSchema,
    }),
  ),
  'lead.step-due': event(
    'step-due',
    'scheduler',
    'The hunter found the step due',
    z.object({
      ...step,
      action,
      plannedAt: instant.describe('When it was planned for, RFC 3339'),
      lagMs: z.number().int().describe('How much later it was found'),
    }),
  ),
  'lead.send-started': event(
    'send-started',
    'sender',
    'The claim: this process, and no other, calls the provider now',
    z.object({
      ...send,
      action,
      deadline: instant.describe('After it the outcome is unknown to everybody else'),
      previous: z
        .object({ sendId, class: sendClassSchema, reason: reason.optional() })
        .optional()
        .describe('The attempt that this one repeats, surely not sent'),
    }),
  ),
  'lead.sent': event(
    'sent',
    'sender, inbound',
    'The provider accepted it; said by its answer, its own event, or an operator',
    z.object({
      ...send,
      provider,
      providerMessageId: z.string().optional().describe('The provider’s own id of it'),
      evidence: z.enum(['response', 'provider-event', 'operator']).describe('How we know'),
      feedbackKey: key.optional().describe('Natural key of the provider’s event that settled it'),
      by: z.string().optional().describe('The operator'),
    }),
  ),
  'lead.send-deferred': event(
    'send-deferred',
    'sender',
    'Surely not sent; the scheduler brings it back',
    z.object({
      ...send,
      class: sendClassSchema,
      reason: reason.optional(),
      retryAt: instant.describe('No earlier than this, RFC 3339'),
    }),
  ),
  'lead.send-failed': event(
    'send-failed',
    'sender',
    'Surely not sent, and trying again would not help; parked',
    z.object({ ...send, class: sendClassSchema, reason: reason.optional() }),
  ),
  'lead.send-skipped': event(
    'send-skipped',
    'sender',
    'Not sent: the guard that said no',
    z.object({
      ...step,
      sendId: z.string().optional().describe('Set when it gives a claim back'),
      guard: guardSchema,
      reason: reason.optional(),
      until: instant
        .optional()
        .describe('With window: the mailbox has had its mails of the day, and not before this it has the next'),
    }),
  ),
  'lead.send-unknown': event(
    'send-unknown',
    'sender, scheduler',
    'Nobody knows whether it was sent; never retried blindly, parked',
    z.object({ ...send, class: sendClassSchema, reason: reason.optional() }),
  ),
  'lead.step-planned': event(
    'step-planned',
    'scheduler',
    'What comes next, and when',
    z.object({
      runId,
      planned: plannedStepSchema,
      why: z
        .enum(['next', 'retry', 'window', 'late', 'away', 'resumed'])
        .describe('The next step, or this one again and what held it back'),
    }),
  ),
  'lead.sequence-completed': event(
    'sequence-completed',
    'scheduler',
    'The run has ended',
    z.object({
      runId,
      sequence,
      why: z
        .enum(['finished', 'stopped'])
        .describe('All steps done, or a stop, or that the lead declined the sequence, left nothing to do'),
    }),
  ),
  'lead.delivered': event('delivered', 'inbound', 'The receiving server took the mail', z.object({ ...fact })),
  'lead.opened': event(
    'opened',
    'inbound',
    'A program fetched the mail’s image; never proof of a person',
    z.object({ ...fact, machine: z.boolean().describe('The provider knows that a machine opened it') }),
  ),
  'lead.clicked': event(
    'clicked',
    'inbound',
    'Something followed a link',
    z.object({ ...fact, url: z.string().max(4_000).optional().describe('Where the link leads') }),
  ),
  'lead.bounced': event(
    'bounced',
    'inbound',
    'A hard bounce: the address does not work',
    z.object({
      ...fact,
      reason: reason.optional(),
      status: z.string().max(100).optional().describe('Enhanced status code, e.g. 5.1.1'),
      classification: z
        .string()
        .max(100)
        .optional()
        .describe(
          'The provider’s own word for the kind of bounce; dsn: a delivery status notification by mail said so',
        ),
    }),
  ),
  'lead.undelivered': event(
    'undelivered',
    'inbound',
    'This mail did not arrive, but its address may work: blocked, expired, dropped',
    z.object({
      ...fact,
      reason: reason.optional(),
      status: z.string().max(100).optional().describe('Enhanced status code, e.g. 4.2.2'),
      classification: z
        .string()
        .max(100)
        .optional()
        .describe('The provider’s own word for what went wrong; dsn: a delivery status notification by mail said so'),
    }),
  ),
  'lead.complained': event('complained', 'inbound', 'Reported as spam', z.object({ ...fact })),
  'lead.unsubscribed': event(
    'unsubscribed',
    'inbound',
    'Asked for no more mail, or for no more of one sequence',
    z.object({
      ...fact,
      via: z.enum(['one-click', 'page', 'provider', 'reply']).describe('Where it was asked for'),
      sequence: sequence.optional().describe('The lead declined this sequence and no other; absent: all mail'),
    }),
  ),
  'lead.replied': event(
    'replied',
    'inbound',
    'A mail came back; from a human it is the stop',
    z.object({
      ...fact,
      class: replyClassSchema,
      matchedBy: z.enum(['token', 'references', 'address', 'alias']).describe('How the lead was found'),
      authenticated: z
        .boolean()
        .optional()
        .describe(
          'Of a match by address or alias: SPF or DKIM proves that the address wrote it; false holds the lead instead of stopping it, absent counts as true',
        ),
      until: instant.optional().describe('When an out-of-office says that the person is back'),
      evidence: reason.optional().describe('Which header or word decided the class'),
      tellRep: z.boolean().optional().describe('A run of the reply notice begins, with the event’s id'),
      text: z
        .string()
        .max(REPLY_TEXT_MAX)
        .optional()
        .describe('What a person wrote, without what it quotes; to be shown, not to decide on'),
    }),
  ),
  'lead.paused': event('paused', 'operator', 'Nothing goes to the lead until it is resumed', z.object({ ...operator })),
  'lead.resumed': event('resumed', 'operator', 'Goes on where it was', z.object({ ...operator })),
  'lead.restarted': event(
    'restarted',
    'operator',
    'A new run from the first step; lifts responded, unsubscribed, and that the lead declined this sequence',
    z.object({ ...operator, route: routeSchema }),
  ),
  'lead.moved': event(
    'moved',
    'operator',
    'A new run that begins at another step',
    z.object({ ...operator, route: routeSchema, step: step.step.describe('Where the new run begins, from 0') }),
  ),
  'lead.tagged': event(
    'tagged',
    'operator',
    'Tags changed by hand',
    z.object({ ...operator, add: tags, remove: tags }),
  ),
  'lead.recovered': event(
    'recovered',
    'operator, sender',
    'After the restore of an older log: what a witness outside it knows of the lead and the log does not',
    z.object({
      witness: z
        .enum(['projection', 'esp', 'operator', 'sender'])
        .describe('The read model, the provider’s suppression lists, a person, or a sender whose claim is lost'),
      place: lostPlace.optional().describe('Where in the lost log the read model had the lead'),
      by: by.optional(),
      stop: z
        .object({ why: z.enum(['responded', 'unsubscribed', 'bounced', 'complained', 'erased']), at: instant })
        .optional()
        .describe('A weaker one does not replace a stronger one'),
      declined: z.array(sequence).optional().describe('All that the lead declined'),
      paused: z.object({ by, at: instant }).optional().describe('Somebody held it'),
      awayUntil: instant.optional().describe('An out-of-office said so'),
      unproven: z
        .object({ held: z.boolean(), count: z.int(), toldAt: instant.nullable() })
        .optional()
        .describe('Answers that nothing proves'),
      undelivered: z.int().optional().describe('Mails in a row that did not arrive'),
      sends: z.record(sendId, recoveredSend).optional().describe('By the id of the claim'),
      known: z.array(key).optional().describe('Natural keys of submissions and facts that were taken in'),
      run: z
        .object({ id: z.string(), sequence, version: z.int(), route: routeSchema, trusted: caller.trusted })
        .nullable()
        .optional()
        .describe('The run under way then'),
      phase: phaseSchema.optional(),
      contact: contactSchema.optional(),
      dossier: dossierSchema.optional(),
      zone: zoneSchema.optional(),
      tags: tags.optional(),
      origin: z.object({ caller: z.string(), tag: z.string() }).optional().describe('Who handed the lead in'),
      answer: answer.optional().describe('The answer that the rep is told of'),
      untold: z.array(answer).optional().describe('Those that the rep is told of next'),
      words: z.record(z.string(), z.string()).optional().describe('What they say, by id'),
      mailbox: caller.mailbox,
      fromStrangers: z
        .array(z.enum(['firstName', 'lastName', 'dossier']))
        .optional()
        .describe('What came from a caller that is not trusted'),
      runs: z
        .record(sequence, z.object({ at: instant, tag: z.string() }))
        .optional()
        .describe('When a run of each sequence last began or ended'),
      told: z.record(z.string(), instant).optional().describe('When the rep was last told of a submission of each tag'),
      lastActivityAt: instant.optional().describe('When the lead last did something'),
    }),
  ),
  'lead.erased': event(
    'erased',
    'operator',
    'Personal data gone; what is left keeps the address from being written to',
    z.object({
      ...operator,
      reason: reason.optional().describe('Stays readable: nobody’s name, address or words'),
      forgets: z
        .array(z.number().int())
        .optional()
        .describe(
          'All of the lead’s events before it, by their place in LEADS: they hold personal data in clear and are deleted. Then the lead’s log begins here',
        ),
      replaces: z
        .array(lostPlace)
        .optional()
        .describe('Places of a lost log that forgotten lead.recovered events named: a document there is folded anew'),
    }),
  ),
} as const;

export type EventType = keyof typeof catalogue;
export type Data<T extends EventType> = z.infer<(typeof catalogue)[T]['data']>;

/** What a decider returns: the event before it is in the log. */
export type Draft<T extends EventType = EventType> = { [K in T]: { type: K; data: Data<K> } }[T];

/** Why a decider returns no event. Callers, log lines and metrics use the code; libs/lead/src/words.ts has the text. */
export const NOTHINGS = [
  'unknown-lead',
  'known-already',
  'erased',
  'stopped',
  'declined',
  'paused',
  'paused-already',
  'not-paused',
  'moved-on',
  'claim-open',
  'claim-closed',
  'claim-lost',
  'guarded',
  'source-paused',
  'wrong-phase',
  'another-step',
  'step-has-send',
  'send-known',
  'unknown-send',
  'not-resolvable',
  'reason-not-kept',
  'unsubscribed-already',
  'unproven-enough',
  'not-due',
  'not-planned',
  'not-deployed',
  'no-run',
  'blocked',
] as const;
export type NothingCode = (typeof NOTHINGS)[number];

/** A decider's "no". It goes into a log line, never into the log. */
export interface Nothing {
  nothing: NothingCode;
  /** Which one: a phase, an outcome, a sequence, an id. Never personal, and no metric label. */
  detail?: string;
}
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
  /** Its id; absent for the first, and in events from before ids were chained. */
  prevId?: string;
  /** `ce-time`: the writer's clock when it decided. */
  at: string;
  /** `ce-source`: the service that wrote it. */
  source: string;
  /** W3C trace context the event was written in. */
  traceparent?: string;
  /**
   * Present while the personal fields are not readable here: the ciphertext, or '' when nobody has it any more. `data`
   * shows what is left.
   */
  sealed?: string;
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
export type Channel = z.infer<typeof channelSchema>;
export type Esp = z.infer<typeof espSchema>;
/** The source of a fact: a provider, our own pages, or a person. */
export type FactSource = Esp | 'leadstream' | 'operator';

/** Places of a lost log that the event replaces: a document there is of no log any more. */
export function lostPlacesOf(event: Pick<Recorded, 'type' | 'data'>): readonly LostPlace[] {
  if (event.type === 'lead.recovered' && 'place' in event.data && event.data.place) return [event.data.place];
  return event.type === 'lead.erased' && 'replaces' in event.data ? (event.data.replaces ?? []) : [];
}
export type LostPlace = z.infer<typeof lostPlace>;

/** Whether the lead's log begins with it, whatever version it is: what came before is forgotten, and deleted. */
export const begins = ({ type, data }: Pick<Recorded, 'type' | 'data'>): boolean =>
  type === 'lead.erased' && 'forgets' in data && data.forgets !== undefined;

export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type);
