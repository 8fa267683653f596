import type { Wait } from '../faults.ts';

/** What somebody does step by step, waiting in between: a process that dies while it waits just never goes on. */
export type Work<T> = Generator<Wait<unknown>, T, unknown>;

/**
 * What is waited for, as it was promised by its type: whoever resumes the work hands in what the wait resolved with.
 */
export function* wait<T>(it: Wait<T>): Work<T> {
  return (yield it) as T;
}

/** Does it to its end, without a promise: a promise would have to be carried on by the event loop. */
export function begin<T>(work: Work<T>, ended: (value: T) => void, failed: (error: unknown) => void): void {
  const goOn = (step: () => IteratorResult<Wait<unknown>, T>): void => {
    let result: IteratorResult<Wait<unknown>, T>;
    try {
      result = step();
    } catch (error) {
      return failed(error);
    }
    if (result.done) return ended(result.value);
    result.value(
      (value) => goOn(() => work.next(value)),
      (error) => goOn(() => work.throw(error)),
    );
  };
  goOn(() => work.next());
}
