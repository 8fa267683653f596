import { sequenceIdSchema, type Route } from '@leadstream/contracts/events';
import { isNotice } from '@leadstream/lead/run';
import type { Sequence } from '@leadstream/sequences/definition';
import type { SequenceStore } from './sequence-store.ts';

/** A command names something that is not deployed; the message says what is. */
export class NoSuchTarget extends Error {
  override readonly name = 'NoSuchTarget';
  readonly code = 'NO_SUCH_TARGET';
  /** The part of the command that names it. */
  readonly field: 'sequence' | 'step' | 'rep';

  constructor(field: NoSuchTarget['field'], message: string) {
    super(message);
    this.field = field;
  }
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
  if (!found) {
    const others = sequences.filter(({ id }) => !isNotice(id)).map(({ id }) => id);
    throw new NoSuchTarget('sequence', `sequence ${sequence} is not deployed; ${others.join(', ')} are`);
  }
  const index = indexOf(found.steps, step);
  if (!found.steps[index])
    throw new NoSuchTarget(
      'step',
      `${sequence} v${found.version} has no step ${step}; it has ${found.steps.map(({ id }) => id).join(', ')}`,
    );
  return { route: routeOf(found), step: index };
}

/**
 * The places of a step, named by its id or its place from 0, in all deployed versions of the sequence: a lead under way
 * stays in its version. Throws NoSuchTarget.
 */
export function placesOf(store: SequenceStore, sequence: string, step: string): { version: number; step: number }[] {
  const versions = store.list().find(({ id }) => id === sequence)?.versions ?? [];
  const places = versions.flatMap((version) => {
    const { steps } = store.sequence(sequence, version) ?? { steps: [] };
    const index = indexOf(steps, step);
    return steps[index] ? [{ version, step: index }] : [];
  });
  if (places.length === 0) throw new NoSuchTarget('step', `no deployed version of ${sequence} has a step ${step}`);
  return places;
}

const indexOf = (steps: Sequence['steps'], step: string): number => {
  const named = steps.findIndex(({ id }) => id === step);
  return named < 0 && /^\d+$/.test(step) ? Number(step) : named;
};

/** The id of a deployed rep; any possible id while no list is deployed. Throws NoSuchTarget. */
export function repOf(store: Deployed, rep: string): string {
  const { reps } = store;
  if (reps.length === 0) {
    const { error } = sequenceIdSchema.safeParse(rep);
    if (error) throw new NoSuchTarget('rep', `the id of a rep ${error.issues[0]?.message}`);
  } else if (!reps.some(({ id }) => id === rep))
    throw new NoSuchTarget('rep', `reps.yaml has no rep ${rep}; it has ${reps.map(({ id }) => id).join(', ')}`);
  return rep;
}
