import { canary } from '@leadstream/service/canary/config';
import { esp, every, field, mongo } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3015),
  ...mongo,
  ...esp,
  ...canary,
  WATCH_EVERY_MS: field
    .wholeNumber(100, 600_000)
    .default(10_000)
    .describe('Interval at which the watch asks; longer while the answers take long'),
});
export type Config = z.infer<typeof config>;
