import { dataKeys, every, field, guard, mongo } from '@leadstream/service/config';
import { hubspot } from '@leadstream/service/crm/config';
import { z } from 'zod';

/** Half of what NATS waits for an acknowledgement: a batch's first event waits so long for others. */
const EVERY_MS_MAX = 60_000;
export const ACK_WAIT_MS = 2 * EVERY_MS_MAX;

export const config = z.object({
  ...every(3017),
  ...mongo,
  ...dataKeys,
  ...guard,
  ...hubspot,
  HUBSPOT_EVERY_MS: field
    .wholeNumber(100, EVERY_MS_MAX)
    .default(5_000)
    .describe('Events of a lead within this time are one update; also the wait after an error that names no other'),
  HUBSPOT_CREATE: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('`true`: a lead without a contact gets one, with its address and name'),
});
export type Config = z.infer<typeof config>;
