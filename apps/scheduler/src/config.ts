import { every, field, guard, mongo, scale } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3012),
  ...mongo,
  ...guard,
  ...scale,
  /** Read once, at an installation's first start. */
  SEQUENCES_DIR: z.string().default('sequences'),
  HUNT_EVERY_MS: field.wholeNumber(10, 60_000).default(1_000),
  /**
   * The interval between full rounds over leads that stay due; also how far back the rounds between look, to catch
   * documents that a projector wrote late.
   */
  HUNT_STAYING_MS: field.wholeNumber(100, 600_000).default(60_000),
});
export type Config = z.infer<typeof config>;
