import { contactSchema, dossierSchema, zoneSchema } from '@leadstream/contracts/events';
import { STATUSES, STOPS } from '@leadstream/lead/state';
import { OUTCOMES } from '@leadstream/service/bulk';
import { z } from 'zod';
import { roles } from './roles.ts';

export const instant = z.iso.datetime({ offset: true });
const version = z.int().describe('Number of the lead’s events so far');

export const me = z
  .object({
    by: z.string().describe('The author of the caller’s commands'),
    role: z.enum(roles),
    may: z.array(z.enum(['read', 'command', 'admin'])),
    via: z.enum(['token', 'session', 'oidc', 'proxy', 'local']),
    label: z.string().nullable().describe('The name of this installation, e.g. staging'),
    badge: z.string().nullable().describe('Shown beside the name: nobody has signed in'),
    now: instant.describe('The services’ clock'),
    delayScale: z.number().describe('Every wait is multiplied by it'),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof me>;

export const signIn = z.strictObject({ token: z.string().min(1).max(500).describe('A token of CONSOLE_TOKENS') });
export const signedIn = z
  .object({ by: z.string(), role: z.enum(roles) })
  .describe('The session is in the cookie')
  .meta({ id: 'SignedIn' });
export type SignedIn = z.infer<typeof signedIn>;

export const signInWays = z
  .object({
    token: z.boolean().describe('With a token of CONSOLE_TOKENS'),
    oidc: z.string().nullable().describe('The host of the OpenID Connect service'),
  })
  .meta({ id: 'SignInWays' });
export type SignInWays = z.infer<typeof signInWays>;

export const next = z
  .object({
    kind: z.enum(['time', 'service', 'operator', 'outside']).describe('What moves the lead'),
    step: z.string().nullable(),
    at: instant.nullable(),
    local: z.string().nullable().describe('The same in the lead’s own zone'),
    text: z.string().describe('One sentence without personal data'),
  })
  .meta({ id: 'Next' });

export const leadBrief = z
  .object({ id: z.string(), version, status: z.enum(STATUSES), next })
  .describe('A lead without personal data')
  .meta({ id: 'LeadBrief' });
export type LeadBrief = z.infer<typeof leadBrief>;

export const eventBrief = z
  .object({
    id: z.string(),
    type: z.string(),
    version,
    seq: z.int().describe('Sequence in LEADS'),
    at: instant,
  })
  .meta({ id: 'Event' });

const timelineEntry = eventBrief
  .extend({
    source: z.string().describe('The service that wrote it'),
    text: z.string().describe('The event in words'),
    data: z.looseObject({}).describe('As docs/events.md describes the type'),
    sealed: z.boolean().describe('Its personal fields cannot be opened'),
    trace: z.string().nullable(),
  })
  .meta({ id: 'TimelineEntry' });
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const storyStep = z
  .object({
    index: z.int(),
    id: z.string(),
    audience: z.enum(['lead', 'staff']),
    state: z.enum(['done', 'next', 'later', 'not-sent', 'needs-you']),
    why: z.string().optional(),
    at: instant.optional(),
    sendIds: z.array(z.string()),
    attempts: z.int(),
    facts: z.array(z.object({ fact: z.string(), at: instant })),
  })
  .meta({ id: 'Step' });

const run = z
  .object({
    id: z.string(),
    sequence: z.string(),
    name: z.string().nullable(),
    version: z.int().nullable(),
    cause: z.string().nullable().describe('The event that asked for it'),
    startedAt: instant,
    ended: z.object({ at: instant, why: z.string() }).optional(),
    steps: z.array(storyStep),
  })
  .meta({ id: 'Run' });

export const unsettled = z
  .object({
    leadId: z.string(),
    status: z.string(),
    sequence: z.string().nullable(),
    step: z.string(),
    sendId: z.string().nullable(),
    why: z.enum(['unknown', 'failed', 'unrenderable']),
    parked: z.boolean().describe('Whether the run waits for it'),
    since: z.string(),
    class: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .describe('A send that only an operator, or the provider’s own event, can settle')
  .meta({ id: 'Unsettled' });

const obstacle = z
  .object({
    reason: z.string().describe('A code of the closed list of docs/operate.md'),
    says: z.string(),
    remedy: z.string().nullable().describe('What makes it possible'),
  })
  .meta({ id: 'Obstacle' });

export const lead = leadBrief
  .extend({
    latest: version.describe('The newest version; a higher one than `version` with `?version=` or `?at=`'),
    contact: contactSchema.nullable(),
    zone: zoneSchema.nullable(),
    dossier: dossierSchema.nullable(),
    tags: z.array(z.string()),
    rep: z.string().nullable(),
    declined: z.array(z.string()),
    stop: z.object({ why: z.enum(STOPS), at: instant }).nullable(),
    paused: z.object({ by: z.string(), at: instant }).nullable(),
    unproven: z.object({ held: z.boolean(), count: z.int() }),
    awayUntil: z.string().nullable(),
    phase: z.looseObject({ kind: z.string() }),
    runs: z.array(run),
    unsettled: z.array(unsettled),
    can: z
      .record(z.string(), z.union([z.literal(true), obstacle]))
      .nullable()
      .describe('By kind of command: possible now, or why not. Null for an earlier state'),
    timeline: z.array(timelineEntry),
    createdAt: instant.nullable(),
    lastActivityAt: instant.nullable(),
  })
  .describe('A lead, from the log')
  .meta({ id: 'Lead' });
export type LeadView = z.infer<typeof lead>;

/** Of the reader of a lead; a program that only gives commands gets the brief one. */
const anyLead = z.union([lead, leadBrief]);

export const commanded = z
  .object({
    event: eventBrief.describe('The event that the command made, under its first key'),
    lead: anyLead.describe('The lead now; for the role `command` without personal data'),
    left: z.array(z.string()).optional().describe('Of an erasure: the personal data that only leadctl deletes'),
  })
  .meta({ id: 'Commanded' });
export type Commanded = z.infer<typeof commanded>;

/** The answer to a command for many leads, in the order of their ids. */
export const commandedMany = z
  .object({
    results: z.array(
      z.object({
        id: z.string(),
        outcome: z.enum(OUTCOMES).describe('before: an earlier call with this key made the event'),
        event: eventBrief.omit({ seq: true }).optional(),
        reason: z.string().optional().describe('Why there is no event: a code'),
        says: z.string().optional(),
      }),
    ),
    counts: z.record(z.enum(OUTCOMES), z.int()),
  })
  .meta({ id: 'CommandedMany' });
export type CommandedMany = z.infer<typeof commandedMany>;

/** Members of the refusals of a command, beside those of every problem. */
export const refused = z.object({ reason: z.string(), remedy: z.string().nullable(), lead: anyLead }).partial();
export const movedOn = z.object({ since: z.array(z.union([timelineEntry, eventBrief])), lead: anyLead }).partial();
