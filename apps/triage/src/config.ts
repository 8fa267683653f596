import { enricherSchema } from '@leadstream/contracts/events';
import { canaryDomain, dataKeys, every, field, leadIdSecret, mongo, region, secret } from '@leadstream/service/config';
import ipaddr from 'ipaddr.js';
import { parse } from 'tldts';
import { z } from 'zod';
import { SENDABLE, type Sendable } from './sendable.ts';

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

const PRIVATE: ReadonlySet<string> = new Set(['private', 'loopback', 'uniqueLocal']);

/** A name outside of the public DNS, or an address that no router forwards, is reached in a private network alone. */
function isSafe(text: string): boolean {
  const url = URL.parse(text);
  if (!url || url.protocol === 'https:') return url !== null;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(host) ? PRIVATE.has(ipaddr.process(host).range()) : parse(host).isIcann !== true;
}

export const config = z.object({
  ...every(3011),
  ...mongo,
  ...dataKeys,
  ...leadIdSecret,
  ...canaryDomain,
  DEFAULT_TIME_ZONE: z
    .string()
    .default('UTC')
    .refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC', 'must be an IANA time zone')
    .describe('IANA name, for a lead whose zone nothing tells'),
  ...region,
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
    .pipe(z.array(enricherSchema))
    .default([])
    .describe(
      'Comma list of what is asked about each new lead after it is routed: `domain`, the company of the address’s ' +
        'domain, without a request; `http`, the service of `ENRICH_URL`. None: nothing (docs/sequences.md, "Enrich ' +
        'leads")',
    ),
  ENRICH_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine(isSafe, 'must be https: over http the data of leads would cross a public network in clear')
    .optional()
    .describe('With `http` required: where the data of `ENRICH_FIELDS` is posted; https, or http to a private name'),
  ENRICH_SECRET: secret(field.key)
    .optional()
    .describe('With `http` required, at least 16 characters: signs the requests'),
  ENRICH_FIELDS: field.commaList
    .pipe(z.array(z.enum(Object.keys(SENDABLE) as [Sendable, ...Sendable[]])).min(1))
    .default(['companyDomain'])
    .describe(
      `Comma list of all that is sent: ${Object.keys(SENDABLE)
        .map((name) => `\`${name}\``)
        .join(', ')}`,
    ),
  ENRICH_TIMEOUT_MS: field
    .wholeNumber(100, 10_000)
    .default(2_000)
    .describe('From the connection to the last byte of the answer; then the enricher is `unavailable`'),
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

/** Settings that the enricher `http` lacks. */
export const enricherFaults = ({ ENRICHERS, ENRICH_URL, ENRICH_SECRET }: Config): string[] =>
  Object.entries({ ENRICH_URL, ENRICH_SECRET }).flatMap(([name, value]) =>
    ENRICHERS.includes('http') && value === undefined ? [`${name}: is required by ENRICHERS=http`] : [],
  );
