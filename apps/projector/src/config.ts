import { dataKeys, every, field, guard, mongo } from '@leadstream/service/config';
import { z } from 'zod';

export const config = z.object({
  ...every(3014),
  ...mongo,
  ...dataKeys,
  ...guard,
  PROJECTION_BATCH_MAX: field.wholeNumber(1, 5_000).default(500).describe('Events a batch'),
  PROJECTION_WAIT_MS: field
    .wholeNumber(1, 1_000)
    .default(50)
    .describe('Time that the first event of a batch waits for others'),
  PROJECTION_EVERY_MS: field
    .wholeNumber(1, 5_000)
    .default(250)
    .describe('Minimum time between two batches that are not full: a document is written less often'),
  PROJECTION_COMPARE_EVERY_MS: field
    .wholeNumber(10, 3_600_000)
    .default(10_000)
    .describe('Interval at which documents are compared with the log (ADR 20)'),
  PROJECTION_COMPARE_MAX: field.wholeNumber(1, 10_000).default(2_000).describe('Events of the log a comparison'),
});
export type Config = z.infer<typeof config>;
