import { every, field, secret } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3001),
  CORS_ORIGINS: field.commaList.default([]),
  /** Empty: open to everybody, as behind a gateway of your own. */
  INGEST_API_KEYS: secret(field.commaList.pipe(z.array(field.key))).default([]),
});
export type Config = z.infer<typeof config>;
