import { z } from 'zod';

/**
 * The catalogue: every event a lead can have. Types, subjects, handler types, JSON Schemas and `docs/events.md` are
 * derived from it. Adding an optional field is free; anything else is a new version with an upcaster.
 */

/** Maximum characters of a reply that its event keeps. */
export const REPLY_TEXT_MAX = 2_000;
/** Maximum characters of an operator's note. */
export const NOTE_MAX = 4_000;

const instant = z.iso.datetime({ offset: true }).describe('RFC 3339 instant');
const key = z.string().min(1).max(1_000);
const reason = z.string().max(2_000).describe('In words, for people');
const tags = z.array(z.string()).describe('Labels such as source:whitepaper or STOP_SEQUENCE');
const sequence = z.string().describe('Id of a sequence');
/** The format of a sequence id; checked wherever one comes from outside. */
export const sequenceIdSchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be kebab-case: lower-case letters, digits, hyphens')
  .max(60);
const runId = z.string().describe('The run it belongs to: one passage of the lead through one sequence');

export const zoneSchema = z
  .object({
    id: z.string().describe('IANA time zone'),
    source: z.enum(['explicit', 'ip', 'phone', 'country', 'default']).describe('The source of the zone'),
    confidence: z.enum(['high', 'medium', 'low']).describe('Confidence: high is explicit, low is a guess'),
    candidates: z
      .array(z.string())
      .max(50)
      .optional()
      .describe('The zones that the evidence leaves, the most populous first; absent: no other'),
    evidence: z.string().describe('The data that it was inferred from, in words'),
  })
  .describe('The zone that waits and hours are counted in');

export const contactSchema = z
  .object({
    email: z.string().describe('As written, trimmed: this is what mail is sent to'),
    address: z.string().describe('Canonical: NFC, lower case, domain as A-label; the lead id derives from it'),
    firstName: z.string().optional().describe('Absent: mails greet by the template’s fallback'),
    lastName: z.string().optional().describe('Family name'),
    phone: z.string().optional().describe('E.164'),
    phoneExtension: z.string().optional().describe('Digits to dial after the number'),
  })
  .describe('The person, cleaned');

/** One value that hygiene changed or removed, so that an analyst can report it to the form's owner. */
export const changeSchema = z.object({
  field: z.string().describe('The field’s path, e.g. firstName or leadData.utm'),
  from: z.string().optional().describe('The value before'),
  to: z.string().optional().describe('Absent: the value was dropped'),
  rule: z.string().describe('e.g. trimmed, nfc, control-characters, e164, not-a-phone-number'),
});

const changes = z.array(changeSchema).describe('Values that hygiene changed or removed, in order');

export const dossierSchema = z
  .object({
    source: z.string().describe('The branching key as the routes see it: cleaned, lower case'),
    medium: z.string().optional().describe('How the lead got there, e.g. paid_search'),
    campaign: z.string().optional().describe('The campaign that brought the lead'),
    pageURL: z.string().optional().describe('The page with the form'),
    submissionTimestamp: z.string().optional().describe('The form’s own time of sending; not trusted as a time'),
    utm: z.record(z.string(), z.unknown()).optional().describe('utm_* keys, given or read from pageURL'),
    fields: z.record(z.string(), z.unknown()).optional().describe('Hidden and custom form fields'),
    other: z.record(z.string(), z.unknown()).optional().describe('Keys we do not know, kept'),
  })
  .describe('The other data of the submission');

const intakeSchema = z
  .object({
    seq: z.number().int().describe('Sequence in INTAKE'),
    key: key.describe('ce-source and ce-id: the natural key of a submission'),
    source: z.string().max(200).optional().describe('ce-source: the caller, which a form can’t choose'),
  })
  .describe('The submission it came from');

/** The consent of a submission, as its caller reports it: the evidence for texts to its number. */
export const smsConsentSchema = z
  .object({
    text: z.string().max(2_000).describe('The words that the person agreed to'),
    at: instant.describe('The time of the consent, RFC 3339'),
    source: z.string().max(500).optional().describe('The form, page or list where it was given'),
  })
  .describe('Consent to texts to the number of this submission');

/** The caller of a submission and the mailbox it names; both decide which limits for strangers apply. */
const caller = {
  trusted: z
    .boolean()
    .optional()
    .describe(
      'Whether the caller is one of TRUSTED_SOURCES; absent in events ' +
        'written before that check, which count as trusted',
    ),
  mailbox: z
    .string()
    .max(64)
    .optional()
    .describe('Keyed hash of the mailbox behind the address, without +tags and the like; absent: not known'),
  number: z.string().max(64).optional().describe('Keyed hash of its phone number in E.164; absent: it has none'),
  smsConsent: smsConsentSchema.optional().describe('Counts only with `trusted`: anybody can type another’s number'),
};

const routeSchema = z
  .object({
    sequence: sequence.describe('The sequence that the tag triggers'),
    tag: z.string().describe('The tag derived from the source, e.g. source:whitepaper'),
    rank: z.number().int().describe('A higher rank takes over from a lower one'),
  })
  .describe('The sequence of the run, and the tag that selected it');

const audience = z
  .enum(['lead', 'staff'])
  .describe('The recipient; stop, pause and window hold back only mail to the lead');
/** Channels that a step can be planned for. */
export const stepChannelSchema = z.enum(['email', 'sms']).describe('The channel that the step is planned for');
/** `chat`: a notice to the rep that is planned as a mail, and is posted to Slack or Teams instead. */
export const channelSchema = z
  .enum([...stepChannelSchema.options, 'chat'])
  .describe('The channel of the message; chat: a notice to the rep, planned as a mail, at Slack or Teams');
const channel = channelSchema;
/** Providers that can be configured; the sender has one of them. */
export const espSchema = z.enum(['sendgrid', 'postmark', 'mailgun', 'ses', 'smtp']);
/** SMS gateways that can be configured; the sender has one of them, or none. */
export const gatewaySchema = z.enum(['twilio']);
/** Chats that a rep can be told in. */
export const chatSchema = z.enum(['slack', 'teams']);
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
    zones: z
      .array(z.string())
      .max(50)
      .optional()
      .describe('Zones in each of which it is open at the same time; absent: the lead’s zone'),
    closed: z
      .array(z.iso.date())
      .max(400)
      .optional()
      .describe('Local dates of the next year on which it does not open: public holidays'),
  })
  .describe('The hours in which it may be sent, in the lead’s zone; absent: at any time');

/** A person's acts that a condition can ask for; an opened mail proves nothing of a person. */
export const happeningSchema = z.enum(['clicked', 'booked', 'replied']);
const happenings = z.array(happeningSchema).min(1);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** All that is named must hold. */
export const conditionSchema = z
  .object({
    tagged: z.array(z.string()).min(1).optional().describe('The lead has each of these tags'),
    notTagged: z.array(z.string()).min(1).optional().describe('The lead has none of these tags'),
    fields: z
      .record(z.string(), z.union([scalar, z.array(scalar).min(1)]))
      .optional()
      .describe('Each field of the submission is one of these values; case does not matter'),
    happened: happenings.optional().describe('Each of these has happened since the run began'),
    notHappened: happenings.optional().describe('None of these has happened since the run began'),
  })
  .describe('The step is sent only if this holds when it is due; absent: always');

/** A planned step with all data that its guards need, so that the definition is not loaded again. */
export const plannedStepSchema = z
  .object({
    index: z.number().int().min(0).describe('Place in the sequence, from 0'),
    id: z.string().describe('Name of the step in its sequence'),
    action,
    channel: stepChannelSchema,
    audience,
    at: instant.describe('The planned time of sending, RFC 3339'),
    local: z.string().optional().describe('The same as wall-clock intent: RFC 9557, in the lead’s zone'),
    delayMs: z.number().int().min(0).describe('The drawn delay, before the window moved it'),
    window: windowSchema.optional(),
    latenessMaxMs: z.number().int().optional().describe('Maximum lateness; a later step is not sent'),
    whenLate: z.enum(['plan-again', 'skip']).optional().describe('The action for a late step; absent: planned again'),
    when: conditionSchema.optional(),
    exits: tags.optional().describe('The run ends for a lead with one of these tags'),
    holds: z
      .number()
      .int()
      .optional()
      .describe('Consecutive times that a clock has held it back; absent: not the last time'),
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
  attempt: z
    .number()
    .int()
    .min(1)
    .describe('Number of the call of this step, from 1; each call has a claim of its own'),
  ...step,
};
const provider = z
  .string()
  .describe('The reporter: the mail provider, leadstream for our own pages, operator for a person');
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
  .describe('The kind of provider response, or of its absence');

const heard = {
  key: key.describe('Natural key: a known fact is never appended twice'),
  sendId: z.string().optional().describe('The claim it concerns, when the provider echoes it'),
  channel: channel.optional().describe('Absent: email'),
  provider,
  at: instant.describe('The time that the provider reports'),
  feedbackSeq: z.number().int().optional().describe('Sequence of the raw body in FEEDBACK'),
};

/** What a provider, a delivery report or a link says of one recipient. */
const fact = {
  ...heard,
  recipient: z
    .string()
    .max(100)
    .optional()
    .describe('The lead id that the address in the report makes: the lead’s own, unless the mail went to the rep'),
};

const operator = { by, reason: reason.optional() };

export const guardSchema = z
  .enum([
    'erased',
    'suppressed',
    'stopped',
    'paused',
    'no-phone',
    'no-consent',
    'no-zone',
    'away',
    'window',
    'late',
    'condition',
    'stalled',
    'unrenderable',
    'operator',
  ])
  .describe('The guard that held it back; stalled: the claimant stood still before its call and gave the claim back');
export const replyClassSchema = z
  .enum(['human', 'auto', 'out-of-office', 'left', 'unsubscribe'])
  .describe('The class of the reply; human, left (works there no more) and unsubscribe stop mail to the lead');

/** The parts that find out more about a lead. */
export const enricherSchema = z.enum(['domain', 'http']);
/** Facts that an enricher found, by name. */
export const factsSchema = z
  .record(
    z
      .string()
      .regex(/^[a-zA-Z]\w*$/)
      .max(60),
    z.union([z.string().min(1).max(200), z.number(), z.boolean()]),
  )
  .refine((facts) => Object.keys(facts).length <= 30, 'at most 30 facts');
const enrichment = {
  outcome: z
    .enum(['enriched', 'nothing', 'unavailable'])
    .describe('enriched: it found facts; nothing: it knows none; unavailable: it did not answer as it should'),
  attempt: z.number().int().min(1).describe('From 1, after each unavailable one'),
  retryAt: instant.optional().describe('With unavailable: the next attempt; absent: given up'),
};

/** The rules by which a run that begins gets a rep; `owner` keeps the one that the lead has. */
export const assignRuleSchema = z.enum(['round-robin', 'by-country', 'owner']);

const event = <Token extends string, Schema extends z.ZodObject>(
  token: Token,
  by: string,
  says: string,
  data: Schema,
  version = 1,
) => ({
  token,
  by,
  says,
  data,
  version,
});

const since = instant.describe('The time at which the run reached it');
/** The phase of a lead's run; an open claim is parked as unknown, and one for a rep's chat is deferred. */
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
  .describe('The phase of the run');
const recoveredSend = z.object({
  runId,
  step: step.step,
  stepId: step.stepId,
  audience,
  channel: channel.optional().describe('Absent: email'),
  attempt: send.attempt,
  startedAt: instant.describe('The time of the claim'),
  outcome: z
    .enum(['unknown', 'refused', 'deferred', 'failed', 'skipped', 'accepted'])
    .describe('Its outcome; an open claim is unknown'),
  refused: sendClassSchema.optional().describe('The refusal after which the step was tried again'),
  provider: z.string().optional().describe('The mail provider of the claim; absent: that of older claims, sendgrid'),
});
const answer = z.object({
  id: z.string(),
  at: instant,
  unproven: z.literal(true).optional(),
  news: z.literal(true).optional().describe('What a submission said, not a reply'),
});

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
    'The same person submitted again: new data, and the route if it changes',
    z.object({
      contact: contactSchema,
      changes,
      tags,
      zone: zoneSchema,
      dossier: dossierSchema,
      intake: intakeSchema,
      route: routeSchema.nullable().describe('null: it starts nothing'),
      reason,
      merged: z
        .array(changeSchema)
        .optional()
        .describe('By rule: replaced (a trusted caller’s value), filled (a gap), or offered and not taken'),
      tellRep: z.boolean().optional().describe('A run of the news notice begins, with the event’s id'),
      news: z.string().max(REPLY_TEXT_MAX).optional().describe('What it says to a person for the first time'),
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
      plannedAt: instant.describe('The planned time, RFC 3339'),
      lagMs: z.number().int().describe('The delay until it was found, in milliseconds'),
    }),
  ),
  'lead.send-started': event(
    'send-started',
    'sender',
    'The claim: only this process calls the provider now',
    z.object({
      ...send,
      action,
      deadline: instant.describe('After it, other processes treat the outcome as unknown'),
      provider: z.string().optional().describe('The mail provider that is called; absent in older events: sendgrid'),
      previous: z
        .object({ sendId, class: sendClassSchema, reason: reason.optional() })
        .optional()
        .describe('The attempt that this one repeats; it was certainly not sent'),
      mailHash: z
        .object({
          words: z.string().describe('Of subject, text and HTML as the template became them'),
          whole: z.string().describe('With the frame and the end of the mail, but for the lead’s own link in it'),
          to: z.string().optional().describe('Of the address or number that it goes to; absent in older events'),
          from: z.string().optional().describe('Of the address and the name that it comes from; absent for a text'),
        })
        .optional()
        .describe('HMAC-SHA256 of the mail, cut to 128 bits; the same for each attempt. Absent in older events'),
    }),
  ),
  'lead.sent': event(
    'sent',
    'sender, lookup, inbound, operator',
    'The provider accepted it, according to its response, its own event, or an operator',
    z.object({
      ...send,
      provider,
      providerMessageId: z.string().optional().describe('The provider’s own id of it'),
      evidence: z.enum(['response', 'provider-event', 'operator']).describe('The evidence of the acceptance'),
      feedbackKey: key.optional().describe('Natural key of the provider’s event, or of the search, that settled it'),
      foundAt: instant
        .optional()
        .describe('Set when a search at the provider settled it: the time of the record there'),
      by: z.string().optional().describe('The operator'),
    }),
  ),
  'lead.send-deferred': event(
    'send-deferred',
    'sender',
    'Certainly not sent; the scheduler plans it again',
    z.object({
      ...send,
      class: sendClassSchema,
      reason: reason.optional(),
      retryAt: instant.describe('Earliest time of the retry, RFC 3339'),
    }),
  ),
  'lead.send-failed': event(
    'send-failed',
    'sender',
    'Certainly not sent, and a retry would not help; parked',
    z.object({
      ...send,
      class: sendClassSchema,
      reason: reason.optional(),
      closed: z
        .literal(true)
        .optional()
        .describe('The provider has closed the address, and its reason is asked for; by SMS: the number is dead'),
      optedOut: z.literal(true).optional().describe('By SMS: the owner of the number has told the gateway to stop'),
    }),
  ),
  'lead.send-skipped': event(
    'send-skipped',
    'sender, operator',
    'Not sent: a guard held it back',
    z.object({
      ...step,
      sendId: z.string().optional().describe('Set when it gives a claim back'),
      class: sendClassSchema
        .optional()
        .describe('Set when it holds back a retry: the refusal after which the claim would have been tried again'),
      guard: guardSchema,
      reason: reason.optional(),
      until: instant
        .optional()
        .describe(
          'With window: it goes no earlier than this, because the mailbox has had its mails of the day, or because ' +
            'its source is paused and the rep is told first',
        ),
    }),
    2,
  ),
  'lead.send-unknown': event(
    'send-unknown',
    'sender, scheduler',
    'Unknown whether it was sent; never retried blindly, parked',
    z.object({ ...send, class: sendClassSchema, reason: reason.optional() }),
  ),
  'lead.step-planned': event(
    'step-planned',
    'scheduler',
    'The next step and its time',
    z.object({
      runId,
      planned: plannedStepSchema,
      why: z
        .enum(['next', 'retry', 'window', 'late', 'away', 'resumed'])
        .describe('The next step, or the reason to plan this one again'),
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
        .enum(['finished', 'stopped', 'exit'])
        .describe('The reason: all steps are done, a stop or a declined sequence, or a tag that ends the sequence'),
      tag: z.string().optional().describe('With exit: the tag'),
    }),
    2,
  ),
  'lead.delivered': event('delivered', 'inbound', 'The receiving server took the mail', z.object({ ...fact })),
  'lead.opened': event(
    'opened',
    'inbound',
    'A program fetched the mail’s image; never proof of a person',
    z.object({ ...fact, machine: z.boolean().describe('The provider reports that a machine opened it') }),
  ),
  'lead.clicked': event(
    'clicked',
    'inbound',
    'A person or a program followed a link',
    z.object({ ...fact, url: z.string().max(4_000).optional().describe('The link’s target') }),
  ),
  'lead.bounced': event(
    'bounced',
    'inbound, lookup',
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
          'The provider’s own term for the kind of bounce; dsn: reported by a delivery status notification by mail',
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
        .describe('The provider’s own term for the failure; dsn: reported by a delivery status notification by mail'),
      closed: z.literal(true).optional().describe('By SMS: the number takes no texts, and gets no more of them'),
    }),
  ),
  'lead.complained': event('complained', 'inbound, lookup', 'Reported as spam', z.object({ ...fact })),
  'lead.unsubscribed': event(
    'unsubscribed',
    'inbound, lookup, operator',
    'The lead asked for no more mail, or for no more of one sequence',
    z.object({
      ...fact,
      via: z
        .enum(['one-click', 'page', 'provider', 'reply', 'operator'])
        .describe('The channel of the request; operator: a person told it to one of us'),
      sequence: sequence.optional().describe('The only sequence that the lead declined; absent: all mail'),
      by: by.optional().describe('The operator who recorded it'),
      reason: reason.optional(),
    }),
    2,
  ),
  'lead.suppressed': event(
    'suppressed',
    'operator',
    'A list from elsewhere says that the address gets no more mail; the lead may come later, or never',
    z.object({
      why: z
        .enum(['unsubscribed', 'bounced'])
        .describe('What the list says: its owner wants none, or it does not work'),
      by,
      list: z.string().min(1).max(200).describe('The name of the list'),
    }),
  ),
  'lead.replied': event(
    'replied',
    'inbound',
    'A mail came back; from a human it is the stop',
    z.object({
      ...heard,
      class: replyClassSchema,
      matchedBy: z
        .enum(['token', 'references', 'address', 'alias', 'number'])
        .describe('The data by which the lead was found'),
      authenticated: z
        .boolean()
        .optional()
        .describe(
          'Of a match by address or alias: SPF or DKIM proves that the address wrote it; ' +
            'false holds the lead instead of stopping it, absent counts as true',
        ),
      until: instant.optional().describe('The date of return that an out-of-office names'),
      evidence: reason.optional().describe('The header or word that decided the class'),
      tellRep: z.boolean().optional().describe('A run of the reply notice begins, with the event’s id'),
      text: z
        .string()
        .max(REPLY_TEXT_MAX)
        .optional()
        .describe('The person’s text without quoted text; to be shown, not to decide on'),
    }),
  ),
  'lead.paused': event('paused', 'operator', 'Nothing goes to the lead until it is resumed', z.object({ ...operator })),
  'lead.resumed': event(
    'resumed',
    'operator',
    'The lead goes on where it was',
    z.object({
      ...operator,
      althoughAway: z
        .boolean()
        .optional()
        .describe('Whether it also ends an out-of-office; absent in version 1, which always did'),
      waitMs: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe('The wait that the pause left of the planned mail: its step is planned again, after that wait'),
    }),
    2,
  ),
  'lead.restarted': event(
    'restarted',
    'operator',
    'A new run from the first step; lifts the stops responded and unsubscribed, and a decline of this sequence',
    z.object({ ...operator, route: routeSchema }),
  ),
  'lead.moved': event(
    'moved',
    'operator',
    'A new run that begins at another step',
    z.object({ ...operator, route: routeSchema, step: step.step.describe('The first step of the new run, from 0') }),
  ),
  'lead.migrated': event(
    'migrated',
    'operator',
    'The run under way goes on in another version of its sequence: as a new run, whose id is this event’s',
    z.object({
      ...operator,
      runId: z.string().describe('The run that ends here'),
      sequence,
      from: z.number().int().describe('Its version'),
      to: z.number().int().describe('The version of the new run'),
      planned: plannedStepSchema,
    }),
  ),
  'lead.tagged': event(
    'tagged',
    'operator, triage, enricher',
    'Tags changed by hand, or added by rules of tags.yaml',
    z.object({
      by: by.optional().describe('The operator; absent: rules'),
      rules: z.array(sequenceIdSchema).min(1).optional().describe('Ids of the rules that gave the tags'),
      reason: reason.optional(),
      add: tags,
      remove: tags,
    }),
    2,
  ),
  'lead.enriched': event(
    'enriched',
    'enricher',
    'The answer of one enricher about the lead; its facts stand beside what the person said, never over it',
    z.object({
      enricher: enricherSchema.describe('domain: the company of the mail domain; http: the service of ENRICH_URL'),
      ...enrichment,
      why: z
        .enum(['timeout', 'unreachable', 'status', 'redirect', 'not-valid', 'too-large', 'breaker-open', 'too-late'])
        .optional()
        .describe('With unavailable; too-late: no attempt was made within the hour'),
      facts: factsSchema.optional().describe('With enriched, by name'),
    }),
  ),
  'lead.lapsed': event(
    'lapsed',
    'scheduler',
    'Nothing was heard of the lead for 90 days: a run of the re-engagement sequence begins',
    z.object({ since: instant.describe('The lead’s last activity'), route: routeSchema }),
  ),
  'lead.assigned': event(
    'assigned',
    'operator, scheduler',
    'A rep of ours has the lead: gets the notices about it, and mails of sequences with assign go out in their name',
    z.object({
      rep: z.string().describe('Id of the rep in reps.yaml'),
      by: by.optional().describe('The operator; absent: a rule of the sequence'),
      rule: assignRuleSchema.optional().describe('The rule of the sequence whose run begins'),
      reason: reason.optional(),
    }),
  ),
  'lead.noted': event(
    'noted',
    'operator',
    'A note for people; no guard and no plan reads it',
    z.object({ by, text: z.string().max(NOTE_MAX).describe('In words, for people') }),
  ),
  'lead.recovered': event(
    'recovered',
    'operator, sender',
    'After the restore of an older log: facts about the lead that a witness outside the log has and the log lacks',
    z.object({
      witness: z
        .enum(['projection', 'esp', 'operator', 'sender'])
        .describe('The read model, the provider’s suppression lists, a person, or a sender whose claim is lost'),
      place: lostPlace.optional().describe('The lead’s last position in the lost log, from the read model'),
      by: by.optional(),
      stop: z
        .object({ why: z.enum(['responded', 'unsubscribed', 'bounced', 'complained', 'erased']), at: instant })
        .optional()
        .describe('A weaker one does not replace a stronger one'),
      declined: z.array(sequence).optional().describe('All that the lead declined'),
      paused: z.object({ by, at: instant }).optional().describe('An operator’s pause'),
      awayUntil: instant.optional().describe('The date of return from an out-of-office'),
      unproven: z
        .object({ held: z.boolean(), count: z.int(), toldAt: instant.nullable() })
        .optional()
        .describe('Replies of unproven origin'),
      undelivered: z.int().optional().describe('Consecutive mails that did not arrive'),
      sends: z.record(sendId, recoveredSend).optional().describe('By the id of the claim'),
      known: z.array(key).optional().describe('Natural keys of recorded submissions and facts'),
      run: z
        .object({
          id: z.string(),
          sequence,
          version: z.int(),
          route: routeSchema,
          trusted: caller.trusted,
          happened: z.array(happeningSchema).optional().describe('What happened since the run began'),
        })
        .nullable()
        .optional()
        .describe('The run under way then'),
      phase: phaseSchema.optional(),
      contact: contactSchema.optional(),
      dossier: dossierSchema.optional(),
      zone: zoneSchema.optional(),
      tags: tags.optional(),
      enrichment: z
        .partialRecord(enricherSchema, z.object({ ...enrichment, at: instant }))
        .optional()
        .describe('The last answer of each enricher'),
      facts: z.partialRecord(enricherSchema, factsSchema).optional().describe('The facts of each enricher'),
      untagged: tags.optional().describe('Tags that an operator removed'),
      rep: z.string().optional().describe('The rep of ours who had the lead'),
      origin: z
        .object({ caller: z.string(), tag: z.string() })
        .optional()
        .describe('The caller that submitted the lead'),
      answer: answer.optional().describe('The reply that the rep is notified of'),
      untold: z.array(answer).optional().describe('Replies of which the rep is notified next'),
      words: z.record(z.string(), z.string()).optional().describe('The texts of the replies, by id'),
      mailbox: caller.mailbox,
      number: caller.number,
      sms: z
        .object({ ...smsConsentSchema.shape, number: z.string().max(64), closed: z.boolean() })
        .optional()
        .describe('The consent to texts, its number’s keyed hash, and whether that number takes no texts'),
      textsEndedAt: instant.optional().describe('The last unsubscribe: a consent from before it counts no more'),
      fromStrangers: z
        .array(z.enum(['firstName', 'lastName', 'dossier']))
        .optional()
        .describe('The data that came from a caller that is not trusted'),
      runs: z
        .record(sequence, z.object({ at: instant, tag: z.string() }))
        .optional()
        .describe('The last beginning or end of a run, by sequence'),
      heard: z.array(z.string()).optional().describe('Keys of the texts and numbers that were submitted'),
      newsAt: z.array(instant).optional().describe('The last notices of what open forms said'),
      told: z.record(z.string(), instant).optional().describe('The last notice of a submission to the rep, by tag'),
      lastActivityAt: instant.optional().describe('The lead’s last activity'),
    }),
  ),
  'lead.erased': event(
    'erased',
    'operator',
    'Personal data is erased; the remaining data prevents mail to the address',
    z.object({
      ...operator,
      reason: reason.optional().describe('Stays readable, so it contains no name, address or words of a person'),
      forgets: z
        .array(z.number().int())
        .optional()
        .describe(
          'All earlier events of the lead, by sequence in LEADS: they hold personal ' +
            'data in clear and are deleted. Then the lead’s log begins here',
        ),
      replaces: z
        .array(lostPlace)
        .optional()
        .describe('Positions of a lost log named by forgotten lead.recovered events: a document there is folded anew'),
    }),
  ),
} as const;

export type EventType = keyof typeof catalogue;
export type Data<T extends EventType> = z.infer<(typeof catalogue)[T]['data']>;

/** A decider's event before it is appended to the log. */
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
  'away',
  'unchanged',
  'reserved-tag',
  'moved-on',
  'claim-open',
  'claim-closed',
  'claim-lost',
  'guarded',
  'source-paused',
  'no-provider',
  'wrong-phase',
  'another-run',
  'no-such-step',
  'other-audience',
  'another-step',
  'step-has-send',
  'send-known',
  'unknown-send',
  'not-resolvable',
  'reason-not-kept',
  'unsubscribed-already',
  'unproven-enough',
  'other-recipient',
  'not-due',
  'not-planned',
  'not-deployed',
  'notice',
  'no-run',
  'blocked',
] as const;
export type NothingCode = (typeof NOTHINGS)[number];

/** A decision without an event. It is logged, never appended. */
export interface Nothing {
  nothing: NothingCode;
  /** The phase, outcome, sequence or id concerned. Never personal data, never a metric label. */
  detail?: string;
  /** No later event makes it untrue: the state decided on need not be the newest. */
  isFinal?: true;
}
export type Decision = Draft | Nothing;

/** An event as recorded in the log. */
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
  /** Its id; absent for the first event, and in events written before ids were chained. */
  prevId?: string;
  /** Its time in ms since the epoch; absent likewise. */
  prevAtMs?: number;
  /** The lead's last event before it that has an outcome, or NO_OUTCOME; absent where the type can have none. */
  prevOutcome?: string;
  /** `ce-time`: the writer's clock when it decided. */
  at: string;
  /** `ce-source`: the service that wrote it. */
  source: string;
  /** W3C trace context: the first span of the trace that the event was appended in. */
  traceparent?: string;
  /** Id of the span of that trace that appended it. */
  span?: string;
  /**
   * Present while the personal fields are unreadable here: the ciphertext, or '' when it is gone for ever. `data` holds
   * the rest.
   */
  sealed?: string;
}

export type Zone = z.infer<typeof zoneSchema>;
export type Contact = z.infer<typeof contactSchema>;
export type Change = z.infer<typeof changeSchema>;
export type Dossier = z.infer<typeof dossierSchema>;
export type Route = z.infer<typeof routeSchema>;
export type SendWindow = z.infer<typeof windowSchema>;
export type Condition = z.infer<typeof conditionSchema>;
export type Happening = z.infer<typeof happeningSchema>;
export type PlannedStep = z.infer<typeof plannedStepSchema>;
export type Enricher = z.infer<typeof enricherSchema>;
export type Facts = z.infer<typeof factsSchema>;
export type SendClass = z.infer<typeof sendClassSchema>;
export type Guard = z.infer<typeof guardSchema>;
export type ReplyClass = z.infer<typeof replyClassSchema>;
export type Audience = z.infer<typeof audience>;
export type Channel = z.infer<typeof channelSchema>;
export type StepChannel = z.infer<typeof stepChannelSchema>;
export type Esp = z.infer<typeof espSchema>;
export type Gateway = z.infer<typeof gatewaySchema>;
export type Chat = z.infer<typeof chatSchema>;
/** Whatever sends a message and reports on it; a chat reports nothing. */
export type Provider = Esp | Gateway;
export type SmsConsent = z.infer<typeof smsConsentSchema>;
/** The source of a fact: a provider, our own pages, or a person. */
export type FactSource = Provider | 'leadstream' | 'operator';

/** Positions of a lost log that the event replaces: a document there belongs to no log any more. */
export function lostPlacesOf(event: Pick<Recorded, 'type' | 'data'>): readonly LostPlace[] {
  if (event.type === 'lead.recovered' && 'place' in event.data && event.data.place) return [event.data.place];
  return event.type === 'lead.erased' && 'replaces' in event.data ? (event.data.replaces ?? []) : [];
}
export type LostPlace = z.infer<typeof lostPlace>;

/** Whether the lead's log begins with this event, whatever its version: earlier events are forgotten and deleted. */
export const begins = ({ type, data }: Pick<Recorded, 'type' | 'data'>): boolean =>
  type === 'lead.erased' && 'forgets' in data && data.forgets !== undefined;

/** A test for the events of which a total table says true. */
export const chosenBy =
  <Table extends Record<EventType, boolean>>(table: Table) =>
  (event: Recorded): event is Recorded<Chosen<Table>> =>
    table[event.type];
export type Chosen<Table extends Record<EventType, boolean>> = {
  [K in EventType]: Table[K] extends true ? K : never;
}[EventType];

export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type);
