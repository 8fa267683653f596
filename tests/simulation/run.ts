import type { Choices } from './choices.ts';
import { EMAIL } from './configuration.ts';
import { House } from './deployment.ts';
import { oddities } from './shrink.ts';
import { judge, type Finding } from './judge.ts';
import { model } from './model/runtime.ts';
import { services } from './services.ts';
import { enter } from './time.ts';
import { World, type Fault, type Line } from './faults.ts';

/** A Monday morning in Europe; a life begins within a week of it. */
const MONDAY_MS = Date.parse('2026-11-23T08:00:00Z');
const HOUR_MS = 3_600_000;

export interface Lived {
  findings: Finding[];
  faults: ReadonlyMap<Fault, number>;
  events: number;
  mails: number;
  steps: number;
  unknowns: number;
  unavoidable: number;
  lines: readonly Line[];
  /** How much of it was not dull; counted when it is told. */
  odd: number;
}

export interface Telling {
  tell?: boolean;
  modelled?: boolean;
  restores?: boolean;
}

/** One lead from its first submission until nothing is left to do for it, and what is wrong with that. */
export async function live(
  choices: Choices,
  { tell = false, modelled = false, restores = false }: Telling = {},
): Promise<Lived> {
  const startMs = MONDAY_MS + HOUR_MS * choices.one('begins after', [0, 5, 12, 60, 100, 106, 127]);
  const world = new World(choices, { startMs, tell, restores });
  enter(world);
  const house = new House(world, EMAIL, modelled ? model : services);
  world.time.after(1, () => house.people.submit(house.email), null);
  if (modelled) world.time.runAtOnce();
  else await world.time.run();
  const { findings, unknowns, unavoidable } = judge(house, world.hindrances);
  return {
    findings,
    unknowns,
    unavoidable,
    faults: world.tally,
    events: house.events.length,
    mails: house.provider.mails.length,
    steps: world.time.steps,
    lines: world.lines ?? [],
    odd: tell ? oddities(choices.made).length : 0,
  };
}
