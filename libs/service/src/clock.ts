/** The only source of the current time: tests and rehearsals shift it. */
export type Clock = () => Temporal.Instant;

/** The system's time, shifted by `offset` (CLOCK_OFFSET; days count as 24 hours). */
export function clock(offset?: Temporal.Duration): Clock {
  const milliseconds = Math.round(offset?.total('millisecond') ?? 0);
  return () => Temporal.Now.instant().add({ milliseconds });
}
