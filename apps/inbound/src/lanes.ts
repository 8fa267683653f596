import { isUnavailable } from '@leadstream/eventlog/broker';
import { KeyLost } from '@leadstream/eventlog/errors';

/** Lanes in hand at once: with the transport's eight deliveries, so many questions wait in NATS at most eight times. */
const SIDE_BY_SIDE_MAX = 16;

/**
 * Handles the items of each lane in order, and several lanes side by side, so that the broker gets their questions in
 * one write. Resolves with all failures, once no lane has work in hand: a redelivery meets no handler of the earlier
 * delivery. A failure ends its item only; an outage ends every lane, a lost key only its item.
 */
export async function inLanes<T>(
  items: readonly T[],
  laneOf: (item: T) => string,
  handle: (item: T) => Promise<void>,
): Promise<unknown[]> {
  const failures: unknown[] = [];
  let isOutage = false;
  const lanes = Map.groupBy(items, laneOf);
  const waiting = lanes.values();
  const handleLanes = async () => {
    for (const lane of waiting)
      for (const item of lane) {
        if (isOutage) return;
        await handle(item).catch((error: unknown) => {
          failures.push(error);
          isOutage ||= isUnavailable(error) && !(error instanceof KeyLost);
        });
      }
  };
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE_MAX, lanes.size) }, handleLanes));
  return failures;
}
