/** One quantity measured beside its reference, often enough to show the spread. */
export interface Compared {
  /** Medians over the rounds, in `unit`. */
  ours: number;
  reference: number;
  unit: string;
  /** Ours divided by the reference, round by round: other load of the machine mostly affects both. */
  ratio: Spread;
}

export interface Spread {
  median: number;
  min: number;
  max: number;
  all: number[];
}

/** Measures `rounds` times, ours and the reference by turns, each first in every other round. */
export async function compare<T>(
  rounds: number,
  ours: () => Promise<T>,
  reference: () => Promise<T>,
): Promise<{ ours: T; reference: T }[]> {
  const measured: { ours: T; reference: T }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) measured.push({ ours: await ours(), reference: await reference() });
    else {
      const second = await reference();
      measured.push({ ours: await ours(), reference: second });
    }
  }
  return measured;
}

export function compared<T>(
  unit: string,
  rounds: readonly { ours: T; reference: T }[],
  of: (one: T) => number,
): Compared {
  return {
    unit,
    ours: median(rounds.map(({ ours }) => of(ours))),
    reference: median(rounds.map(({ reference }) => of(reference))),
    ratio: spread(rounds.map(({ ours, reference }) => of(ours) / of(reference))),
  };
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), all: [...values] };
}

export interface Mean {
  value: number;
  /** Standard error. */
  error: number;
}

/** Of values that differ by chance. */
export function mean(values: readonly number[]): Mean {
  const value = values.reduce((sum, one) => sum + one, 0) / values.length;
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / (values.length - 1);
  return { value, error: Math.sqrt(variance / values.length) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
