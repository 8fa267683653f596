import { z } from 'zod';
import { account, quarantineBrief } from './operation-schemas.ts';
import { instant, unsettled } from './schemas.ts';

const offer = z
  .object({
    says: z.string().describe('For the button'),
    method: z.enum(['GET', 'POST']),
    path: z.string(),
    body: z.looseObject({}).nullable(),
    ifMatch: z.string().nullable().describe('The lead as it was seen'),
  })
  .describe('A request that the API takes for this item')
  .meta({ id: 'Offer' });
export type Offer = z.infer<typeof offer>;

const offers = z.array(offer).describe('What can be done');
const who = z.object({
  id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  version: z.int(),
});

const sendItem = z.object({ lead: who, ...unsettled.omit({ leadId: true }).shape, can: offers });
export type SendItem = z.infer<typeof sendItem>;

const leadItem = z.object({
  lead: who,
  status: z.string(),
  sequence: z.string().nullable(),
  dueAt: instant.nullable(),
  next: z.string().nullable().describe('What has to happen'),
  why: z
    .object({ reason: z.string(), says: z.string(), remedy: z.string().nullable() })
    .nullable()
    .describe('Why nothing moves it; null: its scheduler is late or away'),
  can: offers,
});
export type LeadItem = z.infer<typeof leadItem>;

const quarantineItem = quarantineBrief.extend({ can: offers });
export type QuarantineItem = z.infer<typeof quarantineItem>;

const some = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), more: z.boolean().describe('There are others') });

export const needsYou = z
  .object({
    sends: some(sendItem).describe('Unknown, failed for good, or not written; the longest silence first'),
    leads: some(leadItem).describe('Late by a minute or more, the latest of all first'),
    quarantined: some(quarantineItem).describe('The newest first'),
    account: account.extend({ can: offers }).nullable().describe('Paused, or some of its sources; null: it is sending'),
    overdue: z.object({ count: z.int(), more: z.boolean(), lagMs: z.int() }).describe('As `GET /v1/health` has it'),
  })
  .meta({ id: 'NeedsYou' });
export type NeedsYou = z.infer<typeof needsYou>;
