import { setTimeout as delay } from 'node:timers/promises';
import { chance } from '../chance.ts';
import type { Service } from '../fleet.ts';
import type { Revision } from './revision.ts';

export const ORDERS = ['drawn', 'documented', 'reverse'] as const;
export type Order = (typeof ORDERS)[number];

/** docs/upgrades.md: readers of the log first, services that create leads last. */
const DOCUMENTED = ['projector', 'inbound', 'scheduler', 'sender', 'triage', 'ingest'];

/** The order in which the processes are replaced; those of one service are drawn apart from each other. */
export function ordered(services: readonly Service[], order: Order, seed: number): Service[] {
  const { between } = chance(seed, 'order');
  const drawn = services.map((service) => [between(0, 1), service] as const).toSorted(([a], [b]) => a - b);
  const all = drawn.map(([, service]) => service);
  if (order === 'drawn') return all;
  const byKind = all.toSorted((a, b) => DOCUMENTED.indexOf(a.kind) - DOCUMENTED.indexOf(b.kind));
  return order === 'documented' ? byKind : byKind.toReversed();
}

/** The longest time for which both builds share the work after each replacement. */
const SHARED_MS_MAX = 1_500;
/** Of so many replaced processes one is killed, as by a node that dies meanwhile. */
const KILLED_OF = 4;

/** Replaces one process after the other by one of the other build, under load. Returns what was done, in words. */
export async function roll(
  services: readonly Service[],
  to: Revision,
  seed: number,
  signal: AbortSignal,
): Promise<string[]> {
  const { between, pick } = chance(seed, 'roll');
  const done: string[] = [];
  for (const service of services) {
    const kills = pick([
      [true, 1],
      [false, KILLED_OF - 1],
    ]);
    await (kills ? service.kill() : service.stop());
    service.folder = to.folder;
    await service.revive();
    await service.ready();
    done.push(`${service.kind}${kills ? ' (killed)' : ''}`);
    await delay(between(0, SHARED_MS_MAX), undefined, { signal });
  }
  return done;
}
