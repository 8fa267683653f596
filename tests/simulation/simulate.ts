import { Choices, type Recording } from './choices.ts';
import { simulateRun, type RunResult } from './run.ts';
import { shrink } from './shrink.ts';
import type { Fault } from './faults.ts';

export interface Sum {
  seed: number;
  runs: number;
  events: number;
  mails: number;
  faults: Partial<Record<Fault, number>>;
  unknowns: number;
  unavoidable: number;
  cpuMs: number;
  /** Failed runs, with the rules that they broke. */
  wrong: { run: number; rules: string[] }[];
}

/**
 * Simulates runs one after the other, each from its own part of the seed: all of them or every `workers`th. Stops after
 * `enough` failures.
 */
export async function simulate(
  seed: number,
  runs: number,
  { enough = Infinity, worker = 0, workers = 1, modelled = false, restores = false } = {},
): Promise<Sum> {
  const sum: Sum = {
    seed,
    runs: 0,
    events: 0,
    mails: 0,
    faults: {},
    unknowns: 0,
    unavoidable: 0,
    cpuMs: 0,
    wrong: [],
  };
  const cpuBefore = process.threadCpuUsage();
  // Errors of faults are caught, and their stack traces are not read: building them costs time.
  Error.stackTraceLimit = 0;
  for (let run = worker; run < runs && sum.wrong.length < enough; run += workers) {
    const result = await simulateRun(Choices.seeded(seed, run, { record: false }), { modelled, restores });
    sum.runs++;
    sum.events += result.events;
    sum.mails += result.mails;
    sum.unknowns += result.unknowns;
    sum.unavoidable += result.unavoidable;
    for (const [fault, times] of result.faults) sum.faults[fault] = (sum.faults[fault] ?? 0) + times;
    const rules = rulesOf(result);
    if (rules.length > 0) sum.wrong.push({ run, rules });
  }
  const { user, system } = process.threadCpuUsage(cpuBefore);
  return { ...sum, cpuMs: Math.round((user + system) / 1_000) };
}

const rulesOf = ({ findings }: RunResult): string[] => [...new Set(findings.map(({ rule }) => rule))];

/** Replays one run with its trace; of a failing run, the shortest that breaks the same rule. */
export async function replay(
  seed: number,
  run: number,
  { whole = false, modelled = false, restores = false } = {},
): Promise<RunResult> {
  const choices = Choices.seeded(seed, run);
  const result = await simulateRun(choices, { modelled, restores, trace: true });
  const [rule] = rulesOf(result);
  if (whole || !rule) return result;
  const shortest: Recording = await shrink(choices.made, async (shorter) =>
    rulesOf(await simulateRun(Choices.replayed(shorter), { modelled, restores })).includes(rule),
  );
  return simulateRun(Choices.replayed(shortest), { modelled, restores, trace: true });
}

/** The trace for people: time, actor, action, and the findings at the end. */
export function formatTrace({ lines, findings }: RunResult): string {
  const started = lines[0]?.atMs ?? 0;
  return [
    ...lines.map(({ atMs, who, what }) => `  ${elapsed(atMs - started).padStart(12)}  ${who.padEnd(11)}  ${what}`),
    ...findings.map(({ rule, says }) => `  ${rule}: ${says}`),
  ].join('\n');
}

function elapsed(ms: number): string {
  const [days, rest] = [Math.floor(ms / 86_400_000), ms % 86_400_000];
  return `${days > 0 ? `${days}d ` : ''}${new Date(rest).toISOString().slice(11, 23)}`;
}
