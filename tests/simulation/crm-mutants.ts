import type { Mutant } from './mutant.ts';

const SYNC = (name: string, takeOut: string, putIn = ''): Mutant => ({
  name: `crm: ${name}`,
  file: 'apps/crm/src/sync.ts',
  takeOut,
  putIn,
  specs: ['apps/crm/src/sync.spec.ts', 'tests/simulation/crm.spec.ts'],
});

/** Of the state of contacts at HubSpot; its runs are a spec. */
export const crmMutants: readonly Mutant[] = [
  SYNC(
    'a call is announced over any other announcement',
    'at: new Date().toISOString() }, was.revision);',
    'at: new Date().toISOString() }, (await told.read(leadId)).revision);',
  ),
  SYNC(
    'a call without an answer is left as it was announced',
    'if ((await told.write(leadId, record, revision)) === undefined)',
    'if (result && (await told.write(leadId, record, revision)) === undefined)',
  ),
  SYNC(
    'the state is not read after the announcement',
    'return { wish: (await this.#wish(leadId)) ?? wish, revision };',
    'return { wish, revision };',
  ),
  SYNC(
    'a state counts as told although the record has changed',
    'return (await told.read(leadId)).revision === was.revision ? undefined : SOON_MS;',
    'return undefined;',
  ),
  SYNC('a process that was passed over owes nothing', 'this.#owed.set(leadId, -Infinity);'),
  SYNC('who was passed over does not call again', 'await this.#announceAnew(leadId);'),
  SYNC('another process is passed over while it may call', ' || nowMs - known.sinceMs < PASS_OVER_MS'),
  SYNC(
    'an owed lead that cannot be read holds up all others',
    'this.#owed.set(leadId, this.#parts.nowMs() + ms);',
    'continue;',
  ),
  SYNC('a call begins however late', 'if (nowMs() - startedMs > BEGIN_MS)', 'if (nowMs() < startedMs)'),
];
