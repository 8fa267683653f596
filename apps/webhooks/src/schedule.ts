const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The waits between attempts that Standard Webhooks recommends: the last attempt is 75 hours after the first one. */
export const RETRY_WAITS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
/** Up to a tenth is added, so that the leads of one outage do not come back together. */
const JITTER = 0.1;

/** The wait after so many failed attempts; undefined: it was the last one. */
export function waitMs(attempts: number, retryAfterMs = 0, random: () => number = Math.random): number | undefined {
  const wait = RETRY_WAITS_MS[attempts - 1];
  return wait === undefined ? undefined : Math.max(wait * (1 + JITTER * random()), retryAfterMs);
}

/** While an endpoint fails, a new event tries it at this interval. */
export const PROBE_MS = 5 * MINUTE_MS;
