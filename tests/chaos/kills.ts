import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, SandboxClient } from '@leadstream/sandbox-esp/client';
import { chance } from './chance.ts';
import type { Victim } from './fleet.ts';

/** A sender holds claims, and the servers hold all data: they are killed more often. */
const WEIGHTS: Record<string, number> = { sender: 3, 'doors and workers': 3, all: 3, 'nats-server': 2, mongod: 2 };
const FAULTS = [
  ['429', { status: 429, retryAfter: 0 }, 4],
  ['429 with a hint', { status: 429, retryAfter: 1 }, 2],
  ['500', { status: 500, count: 2 }, 4],
  ['503', { status: 503 }, 2],
  ['reset before acceptance', { drop: 'before' }, 1],
  ['reset after acceptance', { drop: 'after' }, 3],
  ['too slow', { latencyMs: 5_000 }, 1],
  // The record of a provider that can be asked shows the mail; another provider posts its events all the same.
  ['reset after acceptance, without events', { drop: 'after', silent: true }, 3],
] as const satisfies (readonly [string, Fault, number])[];

/** Of so many strikes one freezes instead of killing. */
const FROZEN_OF = 4;

/** The number of kills, by name. */
export type Tally = Record<string, number>;

const count = (tally: Tally, name: string): void => {
  tally[name] = (tally[name] ?? 0) + 1;
};

export const sum = (a: Tally, b: Tally): Tally =>
  Object.fromEntries([...Object.keys(a), ...Object.keys(b)].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));

export interface Strikes {
  seconds: number;
  /** The longest freeze; 0: none. */
  frozen: number;
}

/**
 * Strikes a process every 0.5 to 2 s for `seconds`: kills it and starts it again within a second, or freezes it.
 * Resolves when all run again.
 */
export async function killAround(
  seed: number,
  { seconds, frozen }: Strikes,
  victims: readonly Victim[],
  signal: AbortSignal,
): Promise<Tally> {
  const { between, pick } = chance(seed, 'kills');
  const tally: Tally = {};
  const down = new Map<Victim, Promise<void>>();
  const strike = async (victim: Victim, downMs: number, freezes: boolean) => {
    if (freezes) victim.freeze();
    else await victim.kill();
    await delay(downMs);
    if (freezes) victim.thaw();
    else await victim.revive();
    down.delete(victim);
  };
  for (const end = performance.now() + seconds * 1_000; performance.now() < end && !signal.aborted;) {
    await delay(between(500, 2_000), undefined, { signal }).catch(() => undefined);
    const victim = pick(victims.map((one) => [one, WEIGHTS[one.kind] ?? 1] as const));
    const freezes =
      frozen > 0 &&
      pick([
        [true, 1],
        [false, FROZEN_OF - 1],
      ]);
    const downMs = between(0, freezes ? frozen * 1_000 : 1_000);
    if (down.has(victim)) continue;
    count(tally, freezes ? `${victim.kind} frozen` : victim.kind);
    const struck = strike(victim, downMs, freezes);
    // Awaited below; until then a failure must not count as unhandled.
    struck.catch(() => undefined);
    down.set(victim, struck);
  }
  await Promise.all(down.values());
  return tally;
}

/**
 * Asks the sandbox for a fault every 0.3 to 2 s: none of them is an error after an acceptance, which no sender can
 * repair.
 */
export async function troubleEsp(
  seed: number,
  seconds: number,
  esp: SandboxClient,
  signal: AbortSignal,
): Promise<Tally> {
  const { between, pick } = chance(seed, 'faults');
  const tally: Tally = {};
  for (const end = performance.now() + seconds * 1_000; performance.now() < end && !signal.aborted;) {
    await delay(between(300, 2_000), undefined, { signal }).catch(() => undefined);
    const [name, fault] = pick(FAULTS.map((one) => [one, one[2]] as const));
    await esp.faults(fault);
    count(tally, name);
  }
  await esp.clearFaults();
  return tally;
}
