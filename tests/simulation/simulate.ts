import { Choices, type Recording } from './choices.ts';
import { live, type Lived } from './run.ts';
import { shrink } from './shrink.ts';
import type { Fault } from './faults.ts';

export interface Sum {
  seed: number;
  lives: number;
  events: number;
  mails: number;
  faults: Partial<Record<Fault, number>>;
  unknowns: number;
  unavoidable: number;
  cpuMs: number;
  /** Lives that went wrong, by number, and how. */
  wrong: { life: number; rules: string[] }[];
}

/**
 * Lives one after the other, each from its own part of the seed: all of them or every `lanes`th. `enough` that went
 * wrong end it before all are lived.
 */
export async function simulate(
  seed: number,
  lives: number,
  { enough = Infinity, lane = 0, lanes = 1, modelled = false, restores = false } = {},
): Promise<Sum> {
  const sum: Sum = {
    seed,
    lives: 0,
    events: 0,
    mails: 0,
    faults: {},
    unknowns: 0,
    unavoidable: 0,
    cpuMs: 0,
    wrong: [],
  };
  const begun = process.threadCpuUsage();
  // What is refused in a storm is caught again, and nobody reads where it was thrown.
  Error.stackTraceLimit = 0;
  for (let life = lane; life < lives && sum.wrong.length < enough; life += lanes) {
    const lived = await live(Choices.seeded(seed, life, { remember: false }), { modelled, restores });
    sum.lives++;
    sum.events += lived.events;
    sum.mails += lived.mails;
    sum.unknowns += lived.unknowns;
    sum.unavoidable += lived.unavoidable;
    for (const [fault, times] of lived.faults) sum.faults[fault] = (sum.faults[fault] ?? 0) + times;
    const rules = rulesOf(lived);
    if (rules.length > 0) sum.wrong.push({ life, rules });
  }
  const { user, system } = process.threadCpuUsage(begun);
  return { ...sum, cpuMs: Math.round((user + system) / 1_000) };
}

const rulesOf = ({ findings }: Lived): string[] => [...new Set(findings.map(({ rule }) => rule))];

/** One life as it was, told; or the shortest that breaks the same rule. */
export async function retell(
  seed: number,
  life: number,
  { whole = false, modelled = false, restores = false } = {},
): Promise<Lived> {
  const choices = Choices.seeded(seed, life);
  const lived = await live(choices, { modelled, restores, tell: true });
  const [rule] = rulesOf(lived);
  if (whole || !rule) return lived;
  const shortest: Recording = await shrink(choices.made, async (shorter) =>
    rulesOf(await live(Choices.told(shorter), { modelled, restores })).includes(rule),
  );
  return live(Choices.told(shortest), { modelled, restores, tell: true });
}

/** As people read it: when, who, what, and at the end what is wrong with it. */
export function story({ lines, findings }: Lived): string {
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
