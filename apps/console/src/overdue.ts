/** The hunter looks every second; an action this late is not on its way any more. */
const LATE_MS = 60_000;
/** No larger number is counted. */
export const OVERDUE_MAX = 10_000;

/** An action that was due before it is late. */
export const overdueAt = (now: Temporal.Instant): Temporal.Instant => now.subtract({ milliseconds: LATE_MS });
