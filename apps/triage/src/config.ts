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
    .refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC', 'must be an IANA time zone')
    .describe('IANA name, for a lead whose zone nothing tells'),
  DEFAULT_REGION: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters (ISO 3166-1)')
    .default('US')
    .describe('ISO 3166-1: the country of a phone number without a country code'),
  TRUSTED_SOURCES: field.commaList
    .pipe(z.array(trustedSource))
    .default([])
    .describe(
      'Comma list of `ce-source`: `ingest/<name>` of an API key with a name, or another ' +
        'publisher. Other submissions may be a stranger’s, with another’s address (ADR 24)',
    ),
  REENROL_AFTER: field.duration
    .default(Temporal.Duration.from('P7D'))
    .describe(
      'ISO 8601, real time whatever `DELAY_SCALE`: from the start and the end of a ' +
        'run until a stranger’s submission may start that sequence again',
    ),
  ENRICHERS: field.commaList
    .pipe(z.array(z.enum(['domain'])))
    .default([])
    .describe(
      'Comma list of what is asked about each new lead after it is routed: `domain`, the company of the address’s domain, ' +
        'without a request. None: nothing (docs/sequences.md, "Enrich leads")',
    ),
  LEADS_PER_MAILBOX: field
    .wholeNumber(0, 1_000)
    .default(3)
    .describe('New leads of strangers in 24 hours that share a mailbox; 0: no cap'),
  LEADS_PER_DOMAIN: field
    .wholeNumber(0, 1_000)
    .default(100)
    .describe(
      'The same of one domain; freemail and reserved domains ' +
        '(`example.com`, `.test`) have no cap of their own; 0: no cap',
    ),
});
export type Config = z.infer<typeof config>;
