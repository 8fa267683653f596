import type { Mutant } from './mutant.ts';

const LOOKUP = 'apps/sender/src/lookup.controller.ts';
const mutant = (name: string, file: string, takeOut: string, putIn: string): Mutant => ({ name, file, takeOut, putIn });

/** Of the provider of a claim, and of the search for its send. */
export const lookupMutants: readonly Mutant[] = [
  mutant(
    'a claim names another provider',
    'apps/sender/src/sender.controller.ts',
    'provider: this.config.ESP }',
    "provider: 'postmark' }",
  ),
  mutant(
    'a search at another provider than the claim’s',
    LOOKUP,
    "espSchema.safeParse(send.provider ?? 'sendgrid').data",
    "espSchema.safeParse('postmark').data",
  ),
  mutant(
    'a search that names another provider than the claim’s',
    LOOKUP,
    "{ kind: 'accepted', key, provider,",
    "{ kind: 'accepted', key, provider: 'sendgrid',",
  ),
  mutant(
    'a send without a record counts as found',
    LOOKUP,
    "return record ? { result: 'found', record } : { result: 'absent' };",
    "return { result: 'found', record: record ?? { at: startedAt } };",
  ),
  mutant(
    'a search that is down is not repeated',
    LOOKUP,
    "if (found.result === 'failed' && ageMs <= UNASKED_MS_MAX)",
    "if (found.result === 'failed' && ageMs > UNASKED_MS_MAX)",
  ),
  mutant(
    'a search without a record is not repeated',
    LOOKUP,
    "if (found.result === 'absent' && ageMs <= AGE_MS_MAX)",
    "if (found.result === 'absent' && ageMs > AGE_MS_MAX)",
  ),
  mutant(
    'the provider of a claim is forgotten',
    'libs/lead/src/evolve.ts',
    'provider === undefined ? send : { ...send, provider }',
    'provider === undefined ? send : send',
  ),
];
