import { z } from 'zod';
import { secret } from '../config.ts';

/** Read by the service `crm`, and by `leadctl crm` and `leadctl providers check`. */
export const hubspot = {
  HUBSPOT_TOKEN: secret(z.string().min(1))
    .optional()
    .describe('Access token of a private app of HubSpot; unset: no contact is written (docs/providers/hubspot.md)'),
  HUBSPOT_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.hubapi.com')
    .describe('Of HubSpot’s API'),
};
