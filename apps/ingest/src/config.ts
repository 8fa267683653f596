import { every, field, intake, secret } from '@leadstream/service/config';
import { z } from 'zod';
import { apiKeys } from './api-keys.ts';

/** `<name>:<secret>` of form services; a secret has no comma. */
const byService = secret(
  field.commaList.transform((entries, context) => {
    const pairs = entries.map((entry): [string, string] => [
      entry.slice(0, entry.indexOf(':')),
      entry.slice(entry.indexOf(':') + 1),
    ]);
    for (const [index, [name, value]] of pairs.entries())
      if (!/^[a-z0-9-]+$/.test(name) || value.length < 8)
        context.addIssue(`entry ${index + 1} must be <name>:<secret>, the secret of at least 8 characters`);
    return pairs;
  }),
);

export const config = z.object({
  ...every(3001),
  CORS_ORIGINS: field.commaList.default([]).describe('Comma list of origins whose pages may post; `*`: all'),
  INGEST_API_KEYS: secret(apiKeys)
    .default([])
    .describe(
      'Comma list of `name:sha256:<hex>`, or of keys in clear (at least 16 characters, named ' +
        '`key-<place>`); empty: no authentication, for an ingest behind a gateway',
    ),
  ...intake,
  INTAKE_SECRETS: byService
    .default([])
    .describe('Comma list of `<name>:<secret>`: the posts of that form service must bear its signature'),
  INTAKE_VERIFY_TOKENS: byService
    .default([])
    .describe('Comma list of `<name>:<token>`: answers the GET by which the service verifies the address (Meta)'),
  INTAKE_TOKENS: byService
    .default([])
    .describe('Comma list of `<name>:<token>`: fetches the lead that a post only names (Meta: a page’s access token)'),
  INGEST_RATE_PER_MINUTE: field
    .wholeNumber(0, 1_000_000)
    .default(600)
    .describe('Leads of one key; without a known key of one address (an IPv6 one by its /64); 0: no limit'),
});
export type Config = z.infer<typeof config>;
