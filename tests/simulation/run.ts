import type { Choices } from './choices.ts';
import { CANARY_EMAIL, EMAIL } from './configuration.ts';
import { Deployment } from './deployment.ts';
import { nonDefaultChoices } from './shrink.ts';
import { judge, type Finding } from './judge.ts';
import { model } from './model/runtime.ts';
import { services } from './services.ts';
import { useRun } from './time.ts';
import { SimulatedRun, type Fault, type Line } from './faults.ts';

/** A Monday morning in Europe; a run begins within a week of it. */
const MONDAY_MS = Date.parse('2026-11-23T08:00:00Z');
const HOUR_MS = 3_600_000;

export interface RunResult {
  findings: Finding[];
  faults: ReadonlyMap<Fault, number>;
  events: number;
  mails: number;
  steps: number;
  unknowns: number;
  unavoidable: number;
  lines: readonly Line[];
  /** The number of choices other than the default; counted only with `trace`. */
  nonDefault: number;
}

export interface RunOptions {
  trace?: boolean;
  modelled?: boolean;
  restores?: boolean;
}

/** Runs one lead from its first submission until nothing is left to do, and judges it. */
export async function simulateRun(
  choices: Choices,
  { trace = false, modelled = false, restores = false }: RunOptions = {},
): Promise<RunResult> {
  const startMs = MONDAY_MS + HOUR_MS * choices.one('begins after', [0, 5, 12, 60, 100, 106, 127]);
  const run = new SimulatedRun(choices, { startMs, trace, restores, modelled });
  useRun(run);
  const deployment = new Deployment(run, run.canary === 'canary' ? CANARY_EMAIL : EMAIL, modelled ? model : services);
  deployment.people.begin(deployment.email);
  if (modelled) run.time.runAtOnce();
  else await run.time.run();
  const { findings, unknowns, unavoidable } = judge(deployment, run);
  return {
    findings,
    unknowns,
    unavoidable,
    faults: run.tally,
    events: deployment.events.length,
    mails: deployment.esp.mails.length,
    steps: run.time.steps,
    lines: run.lines ?? [],
    nonDefault: trace ? nonDefaultChoices(choices.made).length : 0,
  };
}
