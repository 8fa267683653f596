import type { Route } from '@leadstream/contracts/events';
import type { Sequence } from '@leadstream/sequences/definition';
import type { SequenceStore } from './sequence-store.ts';

/** A command names something that is not deployed; the message says what is. */
export class NoSuchTarget extends Error {
  override readonly name = 'NoSuchTarget';
  readonly code = 'NO_SUCH_TARGET';
}

type Deployed = Pick<SequenceStore, 'current' | 'reps'>;

const sequencesOf = (store: Deployed): Sequence[] => store.current().filter((definition) => 'steps' in definition);

const routeOf = ({ id, rank, triggers: [tag = id] }: Sequence): Route => ({ sequence: id, tag, rank });

/** A route to each deployed sequence. */
export const routesOf = (store: Deployed): Route[] => sequencesOf(store).map(routeOf);

/** The route to a step, named by its id or its place from 0, of the active version. Throws NoSuchTarget. */
export function targetOf(store: Deployed, sequence: string, step: string): { route: Route; step: number } {
  const sequences = sequencesOf(store);
  const found = sequences.find(({ id }) => id === sequence);
  if (!found)
    throw new NoSuchTarget(`sequence ${sequence} is not deployed; ${sequences.map(({ id }) => id).join(', ')} are`);
  const named = found.steps.findIndex(({ id }) => id === step);
  const index = named < 0 && /^\d+$/.test(step) ? Number(step) : named;
  if (!found.steps[index])
    throw new NoSuchTarget(
      `${sequence} v${found.version} has no step ${step}; it has ${found.steps.map(({ id }) => id).join(', ')}`,
    );
  return { route: routeOf(found), step: index };
}

/** The id of a deployed rep; any id while no list is deployed. Throws NoSuchTarget. */
export function repOf(store: Deployed, rep: string): string {
  const { reps } = store;
  if (rep === '' || (reps.length > 0 && !reps.some(({ id }) => id === rep)))
    throw new NoSuchTarget(`reps.yaml has no rep ${rep}; it has ${reps.map(({ id }) => id).join(', ')}`);
  return rep;
}
