import { enricherSchema, type Enricher } from '@leadstream/contracts/events';
import { foundByDomain } from '@leadstream/lead/enrich';
import type { Setting } from '@leadstream/sequences/simulator/world';
import { field, loadConfig } from '@leadstream/service/config';
import { z } from 'zod';
import { settings } from '../session.ts';

type Simulated = NonNullable<Setting['enrichers']>[number];

/** null: another system knows the answer, and a simulation asks none. */
const FIND: Readonly<Record<Enricher, Simulated['find'] | null>> = { domain: foundByDomain, http: null };

/** The enrichers of triage, and those of them that are left out. Without ENRICHERS `domain`, as compose has it. */
export function simulatedEnrichers(): { enrichers: Simulated[]; notAsked: Enricher[] } {
  const fields = z.object({ ENRICHERS: field.commaList.pipe(z.array(enricherSchema)).default(['domain']) });
  const env = settings();
  // Empty is none, as in triage, and not the default.
  const names = env['ENRICHERS']?.trim() === '' ? [] : loadConfig(fields, env).ENRICHERS;
  return {
    enrichers: names.flatMap((name) => {
      const find = FIND[name];
      return find ? [{ name, find }] : [];
    }),
    notAsked: names.filter((name) => FIND[name] === null),
  };
}
