import { setTimeout as delay } from 'node:timers/promises';
import { PREFIX } from '../../tools/observability/rules.ts';
import type { Fault, FaultRow, Named } from './faults.ts';
import { startPrometheus, type Prometheus } from './prometheus.ts';
import type { System } from './system.ts';

/** Alerts that end long after their cause, because their windows are hours, or that a person ends. */
const LASTING = /^Leadstream(Budget.*|LeadsParked|SendsUnknown|Watchdog)$/;
const REST_MS_MAX = 300_000;
const LOOK_EVERY_MS = 2_000;
/** Minutes before a fault: every rule has seen the system at work. */
const BEFORE = 3;

export interface Verdict {
  fired: string[];
  /** Alerts that name the fault and did not fire. */
  missing: string[];
  /** Alerts that fired and name another fault, or none. */
  wrong: string[];
  /** Alerts that do not end after the fault. */
  lasting: string[];
}

const nameOf = ({ alertname = '', ...labels }: Record<string, string>): string => {
  const shown = Object.entries(labels)
    .filter(([label]) => !['__name__', 'alertstate', 'severity'].includes(label))
    .map(([label, value]) => `${label}=${value}`)
    .sort();
  return `${alertname.replace(PREFIX, '')}${shown.length > 0 ? `{${shown.join(',')}}` : ''}`;
};
const named = ({ alert, labels = {} }: Named): string => nameOf({ alertname: alert, ...labels });

/** The alerts of one fault, from a Prometheus that knows nothing of an earlier one. */
export async function judge(
  fault: FaultRow,
  system: System,
  { binary, secondsPerMinute }: { binary: string; secondsPerMinute: number },
): Promise<Verdict> {
  await using prometheus = await startPrometheus({ binary, targets: Object.values(system.targets), secondsPerMinute });
  const minutes = (many: number) => delay(many * secondsPerMinute * 1_000);
  await minutes(BEFORE);
  await fault.begin(system);
  await minutes(fault.minutes);
  const during = await firedSoFar(prometheus);
  await fault.end(system);
  const lasting = await untilQuiet(prometheus);
  return verdictOf(fault, during, await firedSoFar(prometheus), lasting);
}

function verdictOf({ fires, may = [] }: Fault, during: string[], fired: string[], lasting: string[]): Verdict {
  const expected = fires.map(named);
  const allowed = new Set([...expected, ...may.map(named), 'Watchdog']);
  return {
    fired: fired.filter((name) => name !== 'Watchdog'),
    missing: expected.filter((name) => !during.includes(name)),
    wrong: fired.filter((name) => !allowed.has(name)),
    lasting,
  };
}

async function firedSoFar(prometheus: Prometheus): Promise<string[]> {
  const samples = await prometheus.query('count_over_time(ALERTS{alertstate="firing"}[1h])');
  return samples.map(({ labels }) => nameOf(labels)).sort();
}

/** Resolves when no alert is pending or firing; with those that stay, when that takes too long. */
async function untilQuiet(prometheus: Prometheus): Promise<string[]> {
  let left: string[] = [];
  for (const deadline = performance.now() + REST_MS_MAX; performance.now() < deadline; await delay(LOOK_EVERY_MS)) {
    const samples = await prometheus.query('ALERTS');
    left = samples.filter(({ labels }) => !LASTING.test(labels['alertname'] ?? '')).map(({ labels }) => nameOf(labels));
    if (left.length === 0) return [];
  }
  return left;
}
