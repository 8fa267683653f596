import type { Found } from '@leadstream/lead/enrich';
import { foundByDomain } from '@leadstream/lead/enrich';
import type { Asking } from '@leadstream/sequences/simulator/shell';
import type { SimulatedRun } from './faults.ts';

const AWAY: Found = { outcome: 'unavailable', why: 'timeout' };
const SLOW_MS = 2_000;
const ANSWERS: readonly Found[] = [
  { outcome: 'enriched', facts: { industry: 'software', employees: 50 } },
  { outcome: 'nothing' },
];

/** The enrichers of a run: the domain's, and another system, which answers late or not at all. */
export const enrichersOf = (run: SimulatedRun): readonly Asking[] => [
  { name: 'domain', find: (state) => (resolve) => resolve(foundByDomain(state)) },
  {
    name: 'http',
    find: () => (resolve) => {
      const found = run.goesWrong('enricher', 2) ? AWAY : run.choices.one('found', ANSWERS as [Found, ...Found[]]);
      run.time.after(found === AWAY ? SLOW_MS : run.drawDelayMs('found after'), () => resolve(found));
    },
  },
];
