import { every, field, secret } from '@leadstream/service/config';
import { z } from 'zod';
import { apiKeys } from './api-keys.ts';

export const config = z.object({
  ...every(3001),
  CORS_ORIGINS: field.commaList.default([]).describe('Comma list of origins whose pages may post; `*`: all'),
  INGEST_API_KEYS: secret(apiKeys)
    .default([])
    .describe(
      'Comma list of `name:sha256:<hex>`, or of keys in clear (at least 16 characters, named ' +
        '`key-<place>`); empty: no authentication, for an ingest behind a gateway',
    ),
  INGEST_RATE_PER_MINUTE: field
    .wholeNumber(0, 1_000_000)
    .default(600)
    .describe('Leads of one key; without a known key of one address (an IPv6 one by its /64); 0: no limit'),
});
export type Config = z.infer<typeof config>;
