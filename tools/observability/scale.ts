/** The durations of rules, which the proof on a running system shortens. */
export interface Scale {
  /** A duration in Prometheus' notation: `for`, a range. */
  range: (minutes: number) => string;
  /** The same as a number of seconds, for a threshold. */
  seconds: (minutes: number) => number;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

export const scaleOf = (secondsPerMinute: number): Scale => ({
  range: (minutes) => {
    const ms = Math.round(minutes * secondsPerMinute * 1_000);
    const [unit, size] = UNITS.find(([, unitMs]) => ms >= unitMs && ms % unitMs === 0) ?? (['ms', 1] as const);
    return `${ms / size}${unit}`;
  },
  seconds: (minutes) => minutes * secondsPerMinute,
});

/** As deployed. */
export const REAL = scaleOf(60);
