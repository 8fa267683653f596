import type { Recording } from './choices.ts';

/** A choice other than the default, by its stream. */
interface NonDefault {
  stream: string;
  index: number;
}

const TRIALS_MAX = 400;

/**
 * The shortest recording that still fails in the same way: replaces choices by the default, first many at once (delta
 * debugging), then one by one. `fails` replays a recording.
 */
export async function shrink(
  recording: Recording,
  fails: (shorter: Recording) => Promise<boolean>,
): Promise<Recording> {
  let [shortest, trials] = [recording, 0];
  const attempt = async (shorter: Recording): Promise<boolean> => {
    if (++trials > TRIALS_MAX || !(await fails(shorter))) return false;
    shortest = shorter;
    return true;
  };
  for (const stream of Object.keys(recording))
    await attempt(
      without(
        shortest,
        nonDefaultChoices(shortest).filter((nonDefault) => nonDefault.stream === stream),
      ),
    );
  for (let before = Infinity; nonDefaultChoices(shortest).length < before && trials < TRIALS_MAX;) {
    before = nonDefaultChoices(shortest).length;
    for (let size = Math.ceil(before / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
      for (let at = 0; at < nonDefaultChoices(shortest).length;) {
        if (!(await attempt(without(shortest, nonDefaultChoices(shortest).slice(at, at + size))))) at += size;
      }
    }
    for (const nonDefault of nonDefaultChoices(shortest)) await milder(shortest, nonDefault, attempt);
  }
  return shortest;
}

export const nonDefaultChoices = (recording: Recording): NonDefault[] =>
  Object.entries(recording).flatMap(([stream, made]) =>
    made.flatMap((choice, index) => (choice === 0 ? [] : [{ stream, index }])),
  );

/** Options are listed from mild to severe everywhere. */
async function milder(
  recording: Recording,
  { stream, index }: NonDefault,
  attempt: (shorter: Recording) => Promise<boolean>,
): Promise<void> {
  const choice = recording[stream]?.[index] ?? 0;
  for (const option of new Set([1, 2, choice - 1]))
    if (option < choice && (await attempt(changed(recording, [{ stream, index }], option)))) return;
}

const without = (recording: Recording, changes: readonly NonDefault[]): Recording => changed(recording, changes, 0);

function changed(recording: Recording, changes: readonly NonDefault[], to: number): Recording {
  const next: Record<string, number[]> = { ...recording } as Record<string, number[]>;
  for (const { stream, index } of changes) next[stream] = (next[stream] ?? []).with(index, to);
  return next;
}
