/** A wait: starts when called, ends later by one of the two callbacks. */
export type Wait<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void;

/** Work with waits in between: when its process dies during a wait, the work never continues. */
export type Work<T> = Generator<Wait<unknown>, T, unknown>;

/** Restores the type of a wait's result, which the generator's caller passes in. */
export function* wait<T>(it: Wait<T>): Work<T> {
  return (yield it) as T;
}

/** Runs the work to its end without promises, which would need the event loop. */
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
