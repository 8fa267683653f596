import { randomUUID } from 'node:crypto';
import { HoleInChain, KeyLost } from '@leadstream/eventlog/errors';
import type { EventLog } from '@leadstream/eventlog/log';
import { decideCommand, type Command } from '@leadstream/lead/command';
import { leadFold } from '@leadstream/lead/evolve';
import { targetsOf } from '@leadstream/lead/migrate';
import type { LeadState } from '@leadstream/lead/state';
import { inWords } from '@leadstream/lead/words';
import type { LeadQueries } from '@leadstream/projection/queries';
import type { Sequence } from '@leadstream/sequences/definition';
import { drawnFor } from '@leadstream/sequences/variants';
import { describeRefusal, giveCommand, type Given } from '@leadstream/service/commands';
import { z } from 'zod';

/** The runs that one migration moves, fixed when it is announced. A lead's later run is another one. */
export const planSchema = z.object({
  /** Part of the key of each lead's command: repeated, the migration changes nothing. */
  id: z.uuid(),
  sequence: z.string(),
  from: z.number().int().positive(),
  to: z.number().int().positive(),
  renamed: z.record(z.string(), z.string()),
  runs: z.array(z.object({ leadId: z.string(), runId: z.string() })),
});
export type Plan = z.infer<typeof planSchema>;
export type Wanted = Omit<Plan, 'id' | 'runs'>;

interface Refused {
  leadId: string;
  reason: string;
}
export interface Announced {
  plan: Plan;
  /** Number of runs by the id of the step that they wait for. */
  waiting: Record<string, number>;
  /** Leads in that version that cannot be moved now. */
  refused: Refused[];
}
export interface Moved {
  moved: number;
  /** Moved by an earlier call with the same plan. */
  before: number;
  refused: Refused[];
}

/** `target`: the version `plan.to`. */
const commandFor = (
  plan: Wanted,
  { leadId, runId }: Plan['runs'][number],
  target: Sequence,
  who: { by: string; reason?: string },
): Command => ({
  ...who,
  kind: 'migrate',
  runId,
  sequence: plan.sequence,
  from: plan.from,
  to: plan.to,
  steps: targetsOf(drawnFor(target, leadId), plan.renamed),
});

/** Decides for every lead under way in the version, as the read model has it, and appends nothing. */
export async function announce(
  wanted: Wanted,
  target: Sequence,
  { queries, log }: { queries: LeadQueries<LeadState>; log: EventLog<LeadState> },
): Promise<Announced> {
  const plan: Plan = { id: randomUUID(), ...wanted, runs: [] };
  const waiting: Record<string, number> = {};
  const refused: Refused[] = [];
  for await (const { leadId, ...baseline } of queries.runsIn(wanted.sequence, wanted.from)) {
    const { state } = baseline.stateVersion === leadFold.stateVersion ? baseline : await log.load(leadId);
    const runId = state.run?.id ?? '';
    const decided = decideCommand(state, commandFor(wanted, { leadId, runId }, target, { by: 'announcement' }));
    if ('nothing' in decided) refused.push({ leadId, reason: inWords(decided) });
    else {
      plan.runs.push({ leadId, runId });
      const step = 'step' in state.phase ? state.phase.step.id : '';
      waiting[step] = (waiting[step] ?? 0) + 1;
    }
  }
  return { plan, waiting, refused };
}

/** Commands under way at once. */
const AT_ONCE = 8;

/**
 * Moves the announced runs, each by an event of its lead; one that has ended, or moved on to a step that cannot be
 * moved, is refused with the reason. Repeated with the same plan it moves the rest. Ends after the commands under way
 * when `signal` aborts.
 */
export async function migrateAll(
  plan: Plan,
  target: Sequence,
  log: EventLog<LeadState>,
  options: { by: string; reason?: string; signal: AbortSignal; onProgress: (done: number) => void },
): Promise<Moved> {
  const { by, reason, signal, onProgress } = options;
  const who = { by, ...(reason === undefined ? {} : { reason }) };
  const result: Moved = { moved: 0, before: 0, refused: [] };
  const runs = plan.runs.values();
  let done = 0;
  const work = async () => {
    // Shared: each worker takes the next run.
    for (const run of runs) {
      const { leadId } = run;
      const given = await giveCommand(log, leadId, commandFor(plan, run, target, who), {
        key: `migrate/${plan.id}`,
      }).catch(unreadable);
      if (given instanceof Error) result.refused.push({ leadId, reason: given.message });
      else count(result, leadId, given);
      onProgress(++done);
      if (signal.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return result;
}

/** One lead that cannot be read does not hold up the others. */
function unreadable(error: unknown): Error {
  if (error instanceof HoleInChain || error instanceof KeyLost) return error;
  throw error;
}

function count(result: Moved, leadId: string, given: Given): void {
  if ('refused' in given) result.refused.push({ leadId, reason: describeRefusal(given) });
  else if (given.isNew) result.moved++;
  else result.before++;
}
