/** The only source of the current time: tests and rehearsals shift it. */
export type Clock = () => Temporal.Instant;

/** The system's time, shifted by `offset` (CLOCK_OFFSET; days count as 24 hours). */
export function clock(offset?: Temporal.Duration): Clock {
  const milliseconds = Math.round(offset?.total('millisecond') ?? 0);
  const now = () => Temporal.Now.instant();
  // An addition, even of nothing, takes three times as long as the question for the time.
  return milliseconds === 0 ? now : () => now().add({ milliseconds });
}
