import type { Deployment } from './deployment.ts';

/** More due events than this within ten minutes are a loop that fills the log. */
const LOOP_DUES_MAX = 30;
const LOOP_MS = 600_000;

/** Steps that become due again and again, each time held back, as fast as the services can. */
export function dueLoops({ streams, events }: Deployment): string[] {
  const steps = events.filter(({ type }) => type === 'lead.step-due');
  if (steps.length <= LOOP_DUES_MAX) return [];
  const storedMs = new Map(streams.of('LEADS').map(({ seq, atMs }) => [seq, atMs]));
  const dues = steps.map(({ seq }) => storedMs.get(seq) ?? 0);
  return dues.some((ms, index) => ms - (dues[index - LOOP_DUES_MAX] ?? -Infinity) < LOOP_MS)
    ? ['a step becomes due in a loop']
    : [];
}
