import { every, field, guard, mongo, officeHours, scale, traces } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3012),
  ...mongo,
  ...guard,
  ...traces,
  ...scale,
  ...officeHours,
  SEQUENCES_DIR: z.string().default('sequences').describe('Read once, at the first start of an installation'),
  HUNT_EVERY_MS: field
    .wholeNumber(10, 60_000)
    .default(1_000)
    .describe('Interval at which the hunter looks for what is due'),
  /** Also how far back the rounds between look beside more than 1,000 stuck leads. */
  HUNT_STAYING_MS: field
    .wholeNumber(100, 600_000)
    .default(60_000)
    .describe('Interval at which leads that stay due are hunted again and named'),
});
export type Config = z.infer<typeof config>;
