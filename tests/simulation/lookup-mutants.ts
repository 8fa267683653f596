import type { Mutant } from './mutant.ts';

const LOOKUP = 'apps/sender/src/lookup.controller.ts';
const mutant = (name: string, file: string, takeOut: string, putIn: string): Mutant => ({ name, file, takeOut, putIn });

/** Of the provider of a claim, and of the search for its send. */
export const lookupMutants: readonly Mutant[] = [
  mutant(
    'a claim names another provider',
    'apps/sender/src/sender.controller.ts',
    'by: this.by.provider ? { provider: this.by.provider } : {},',
    "by: { provider: 'postmark' },",
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
    'a search on a state that lacks the outcome',
    'libs/sequences/src/simulator/shell.ts',
    'const { sendId } = event.data; // A follower may lack the very outcome that asks.\n const lead = yield* ' +
      'log.load(true);',
    'const { sendId } = event.data; const lead = yield* log.load();',
  ),
  {
    ...mutant(
      'a search on a follower’s state',
      LOOKUP,
      'const loaded = await this.leads.load(leadId, { leader: true });',
      'const loaded = await this.leads.load(leadId);',
    ),
    behind: 'the model has the same search; too few runs of the services read a stale state just there',
  },
  mutant(
    'the provider of a claim is forgotten',
    'libs/lead/src/evolve.ts',
    '...(provider === undefined ? {} : { provider }),',
    '',
  ),
];
