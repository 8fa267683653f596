import { dataKeys, every, field, leadIdSecret, mongo } from '@leadstream/service/config';
import { z } from 'zod';

/**
 * A key without a name is identified by its position in the list: trusting it would trust the next key in that
 * position.
 */
const trustedSource = z
  .string()
  .max(200)
  .refine(
    (source) => source !== 'ingest' && !/^ingest\/key-\d+$/.test(source),
    'must name ingest/<name> of a key with a name of its own, or another publisher: an open ingest is never trusted',
  );

export const config = z.object({
  ...every(3011),
  ...mongo,
  ...dataKeys,
  ...leadIdSecret,
  DEFAULT_TIME_ZONE: z
    .string()
    .default('UTC')
    .refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC', 'must be an IANA time zone'),
  DEFAULT_REGION: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters (ISO 3166-1)')
    .default('US'),
  /**
   * `ce-source` of callers that pass on only the person's own data. Other submissions may be a stranger's, with
   * another's address.
   */
  TRUSTED_SOURCES: field.commaList.pipe(z.array(trustedSource)).default([]),
  /** The limit of new leads from untrusted sources in 24 hours; 0: no limit. */
  REENROL_AFTER: field.duration.default(Temporal.Duration.from('P7D')),
  /** New leads of strangers in 24 hours; 0: no cap. */
  LEADS_PER_MAILBOX: field.wholeNumber(0, 1_000).default(3),
  LEADS_PER_DOMAIN: field.wholeNumber(0, 1_000).default(100),
});
export type Config = z.infer<typeof config>;
