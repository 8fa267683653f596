import { dataKeys, every, field, guard, mongo } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3014),
  ...mongo,
  ...dataKeys,
  ...guard,
  PROJECTION_BATCH_MAX: field.wholeNumber(1, 5_000).default(500),
  PROJECTION_WAIT_MS: field.wholeNumber(1, 1_000).default(50),
  PROJECTION_COMPARE_EVERY_MS: field.wholeNumber(10, 3_600_000).default(10_000),
  PROJECTION_COMPARE_MAX: field.wholeNumber(1, 10_000).default(2_000),
});
export type Config = z.infer<typeof config>;
