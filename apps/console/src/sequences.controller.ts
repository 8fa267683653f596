import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Inject } from '@nestjs/common';
import { Unavailable } from '@leadstream/eventlog/errors';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries, type RunsUnderWay } from '@leadstream/projection/queries';
import { LOGGER } from '@leadstream/service/injected';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Logger } from 'pino';
import type { Sequences } from './live-schemas.ts';
import { read } from './read.ts';
import { Route } from './route.ts';

/** Longer than this the answer does not wait for the count, whose result serves the next one. */
const COUNT_WAIT_MS_MAX = 2_000;
/** A count reads every lead under way: a page that is loaded again and again waits for no other. */
const COUNT_KEPT_MS = 30_000;

interface Counted {
  runs: RunsUnderWay[] | null;
  at: string;
}

/** The deployed sequences, and the leads under way in them. */
@Controller()
export class SequencesController {
  private counting: { count: Promise<Counted>; untilMs: number } | undefined;

  constructor(
    private readonly store: SequenceStore,
    private readonly queries: LeadQueries<LeadState>,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Route('GET /v1/sequences')
  async sequences(): Promise<Sequences> {
    return read(async () => {
      if (!this.store.loaded) throw new Unavailable('the deployed sequences were not read yet');
      const late = delay(COUNT_WAIT_MS_MAX, { runs: null, at: '' }, { ref: false });
      const { runs, at } = await Promise.race([this.counted(), late]);
      return {
        sequences: this.store.list().map(({ retired, ...one }) => ({
          ...one,
          ...this.shown(one),
          retired: retired !== null,
          runs:
            runs &&
            runs.filter(({ sequence }) => sequence === one.id).map(({ version, leads }) => ({ version, leads })),
        })),
        reps: this.store.reps.map(({ id, name }) => ({ id, name })),
        countedAt: runs && at,
      };
    });
  }

  private shown({ id, active, versions }: { id: string; active: number | null; versions: readonly number[] }) {
    const sequence = this.store.sequence(id, active ?? versions.at(-1) ?? 0);
    return {
      name: sequence?.name ?? null,
      steps: sequence?.steps.map(({ id: step, audience }) => ({ id: step, audience })) ?? [],
    };
  }

  private counted(): Promise<Counted> {
    const nowMs = performance.now();
    if (!this.counting || nowMs > this.counting.untilMs) {
      const at = new Date().toISOString();
      const count = this.queries.runsUnderWay().then(
        (runs) => ({ runs, at }),
        (error: unknown) => {
          this.counting = undefined;
          this.log.warn({ err: error, outcome: 'without the runs under way' }, 'runs were not counted');
          return { runs: null, at };
        },
      );
      this.counting = { count, untilMs: nowMs + COUNT_KEPT_MS };
    }
    return this.counting.count;
  }
}
