import { dataKeys, every, leadIdSecret, mongo } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3011),
  ...mongo,
  ...dataKeys,
  ...leadIdSecret,
  DEFAULT_TIME_ZONE: z.string().default('UTC').refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC', 'must be an IANA time zone'),
  DEFAULT_REGION: z.string().regex(/^[A-Z]{2}$/, 'must be two capital letters (ISO 3166-1)').default('US'),
});
export type Config = z.infer<typeof config>;
