import type { Mutant } from './mutant.ts';

const SYNC = (name: string, takeOut: string, putIn = ''): Mutant => ({
  name: `crm: ${name}`,
  file: 'apps/crm/src/sync.ts',
  takeOut,
  putIn,
  specs: ['tests/simulation/crm.spec.ts'],
});

/** Of the state of contacts at HubSpot; its runs are a spec. */
export const crmMutants: readonly Mutant[] = [
  SYNC(
    'the state is not read after the announcement',
    'return { wish: (await this.#wish(leadId)) ?? wish, revision };',
    'return { wish, revision };',
  ),
  SYNC('another process is passed over while it may call', ' || nowMs - known.sinceMs < PASS_OVER_MS'),
  SYNC('a call begins however late', 'if (nowMs() - startedMs > BEGIN_MS)', 'if (nowMs() < startedMs)'),
];
