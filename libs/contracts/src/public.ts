import { z } from 'zod';

/**
 * The events of stream `PUBLIC`: what other teams are told of the leads that they publish. A contract of its own: the
 * log's events may change with our rules, these only by a new version.
 */

const submission = z
  .object({
    source: z.string().max(200).describe('ce-source of the submission; ingest/<caller> for one over HTTP'),
    id: z.string().max(1_000).optional().describe('ce-id of the submission, as its publisher gave it'),
  })
  .describe('The submission that it answers');
const leadId = z.uuid().describe('The lead, always the same for the same address');
const at = z.iso.datetime({ offset: true }).describe('The time at which it happened, RFC 3339');

const outcome = <Token extends string, Schema extends z.ZodObject>(token: Token, says: string, data: Schema) => ({
  token,
  says,
  data,
  version: 1,
});

export const outcomes = {
  'lead.accepted': outcome(
    'accepted',
    'A submission became a lead, or belongs to a known one; deleted once the lead is erased',
    z.object({ leadId, submission, isNew: z.boolean().describe('Whether it is the lead’s first submission') }),
  ),
  'lead.refused': outcome(
    'refused',
    'A submission became no lead: it is in quarantine',
    z.object({
      submission: submission.partial().describe('Without source or id where the message had none'),
      fault: z
        .enum(['publisher', 'leadstream'])
        .describe('publisher: mend the reasons, and publish it anew; leadstream: an operator takes it up again'),
      reasons: z
        .array(
          z.object({
            field: z.string().max(200).optional().describe('Path of the field; absent: the whole message'),
            problem: z.string().max(500).describe('In words, without the value'),
          }),
        )
        .max(20),
    }),
  ),
  'lead.responded': outcome('responded', 'The person replied: no more mails go to the lead', z.object({ leadId, at })),
  'lead.unsubscribed': outcome(
    'unsubscribed',
    'The lead wants no more mail, or no more of one sequence',
    z.object({
      leadId,
      at,
      via: z.enum(['one-click', 'page', 'provider', 'reply', 'operator']).describe('The channel of the request'),
      sequence: z.string().optional().describe('The only sequence that the lead declined; absent: all mail'),
    }),
  ),
  'lead.bounced': outcome('bounced', 'The address does not work', z.object({ leadId, at })),
  'lead.complained': outcome('complained', 'A mail was reported as spam', z.object({ leadId, at })),
  'lead.completed': outcome(
    'completed',
    'A sequence has ended for the lead',
    z.object({
      leadId,
      sequence: z.string(),
      why: z
        .enum(['finished', 'stopped', 'exit'])
        .describe('All steps are done; the lead was stopped; or a tag ended the sequence'),
    }),
  ),
  'lead.erased': outcome(
    'erased',
    'The person’s data is deleted here; delete what you keep under this id',
    z.object({ leadId }),
  ),
} as const;

export type OutcomeType = keyof typeof outcomes;
export type Outcome<T extends OutcomeType = OutcomeType> = {
  [K in T]: { type: K; data: z.infer<(typeof outcomes)[K]['data']> };
}[T];

/** `ce-source` of every event of PUBLIC. */
export const PUBLIC_SOURCE = 'leadstream';
/** Sequence of the cause in LEADS; its id is the event's own `ce-id`, its version in the lead `lead-version`. */
export const LEAD_SEQ = 'lead-seq';

/** `lead.outcome.<what>.<lead id>`; of a refusal, which has no lead, its own id. */
export const outcomeSubject = (type: OutcomeType | '*', id: string): string =>
  `lead.outcome.${type === '*' ? type : outcomes[type].token}.${id}`;

export const isOutcomeType = (type: string): type is OutcomeType => Object.hasOwn(outcomes, type);
