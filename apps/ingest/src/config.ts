import { every, field, secret } from '@leadstream/service/config';
import { z } from 'zod';
import { apiKeys } from './api-keys.ts';

export const config = z.object({
  ...every(3001),
  CORS_ORIGINS: field.commaList.default([]),
  /** Empty: no authentication, for an ingest behind a gateway of your own. */
  INGEST_API_KEYS: secret(apiKeys).default([]),
  /** The limit of one caller; 0: no limit. */
  INGEST_RATE_PER_MINUTE: field.wholeNumber(0, 1_000_000).default(600),
});
export type Config = z.infer<typeof config>;
