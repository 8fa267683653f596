import { every, field, guard, mongo, scale } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3012),
  ...mongo,
  ...guard,
  ...scale,
  /** Read once, when nothing was ever deployed. */
  SEQUENCES_DIR: z.string().default('sequences'),
  HUNT_EVERY_MS: field.wholeNumber(10, 60_000).default(1_000),
  /**
   * How often what stays due is looked at again, and how far back every other round looks, for what a projector was
   * late with.
   */
  HUNT_STAYING_MS: field.wholeNumber(100, 600_000).default(60_000),
});
export type Config = z.infer<typeof config>;
