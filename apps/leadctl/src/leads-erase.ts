import { provision } from '@leadstream/eventlog/provision';
import { inOrder } from '@leadstream/service/bulk';
import type { BulkOptions, Connected, Work } from './bulk-give.ts';
import type { Reported } from './bulk-report.ts';
import { eventsToErase, problemOf } from './erasable.ts';
import { erase, found } from './erasure.ts';
import { mustFitLog } from './lead-id-secret.ts';
import { Person } from './mentions.ts';
import { note, openedDb, personSecrets } from './session.ts';

/** Erases each lead of a list, one after the other: each erasure reads all that was handed in. */
export function erasing({ by, reason }: BulkOptions): Work {
  const who = { by, ...(reason ? { reason } : {}) };
  const secrets = personSecrets();
  const noted = new Set<string>();
  const report = (problem: string): void => {
    if (!noted.has(problem)) note(problem);
    noted.add(problem);
  };
  const personOf = async ({ broker }: Connected, leadId: string) => {
    const person = new Person(leadId, secrets);
    const events = await eventsToErase(broker, leadId, report);
    return { leadId, person, events, problem: problemOf(person, events, who) };
  };
  return {
    name: 'erase',
    asked: { verb: 'erase', ...who },
    preview: (connected, leadIds, pace) =>
      inOrder(leadIds, { ...pace, atOnce: 1 }, async (leadId): Promise<Reported> => {
        const { person, events, problem } = await personOf(connected, leadId);
        if (problem !== undefined) return named(leadId, problem);
        const isErased = events.some(({ type }) => type === 'lead.erased');
        if (events.length > 0 && !isErased) return { leadId, outcome: 'changed' };
        return done(leadId, isErased, Object.values(await found(connected.broker, person, events)));
      }),
    give: async function* (connected, leadIds, pace) {
      const { broker, replicas } = connected;
      await mustFitLog(broker);
      await provision(broker, { replicas, streams: ['KV_keys'] });
      await using opened = new AsyncDisposableStack();
      const db = openedDb(opened);
      yield* inOrder(leadIds, { ...pace, atOnce: 1 }, async (leadId): Promise<Reported> => {
        const { person, problem } = await personOf(connected, leadId);
        if (problem !== undefined) return named(leadId, problem);
        const { erasure, deleted, left } = await erase({ broker, replicas, db: () => db, leadId, person, who });
        if (left.length > 0) return { leadId, outcome: 'refused', code: 'left', reason: `is left: ${left.join('; ')}` };
        if (erasure?.isNew) return { leadId, outcome: 'changed' };
        return done(leadId, erasure !== null, Object.values(deleted));
      });
    },
  };
}

const named = (leadId: string, reason: string): Reported => ({ leadId, outcome: 'refused', code: 'named', reason });

/** An interrupted erasure, or one of a person who has come again, has something to delete. */
const done = (leadId: string, isErased: boolean, counts: readonly number[]): Reported =>
  counts.some((count) => count > 0)
    ? { leadId, outcome: 'changed' }
    : isErased
      ? { leadId, outcome: 'unchanged', code: 'erased', reason: 'the lead is erased' }
      : { leadId, outcome: 'unchanged', code: 'unknown-lead', reason: 'no such lead' };
