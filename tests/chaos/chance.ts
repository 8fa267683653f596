/**
 * Random choices that a seed repeats: kills and replies draw from different streams, so that neither depends on the
 * other's timing.
 */
export interface Chance {
  /** Uniform in [min, max). */
  between: (min: number, max: number) => number;
  /** One of them, by weight. */
  pick: <T>(weighted: readonly (readonly [T, number])[]) => T;
}

export function chance(seed: number, stream: string): Chance {
  const next = mulberry32(
    [...stream].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193), seed ^ 0x811c9dc5),
  );
  return {
    between: (min, max) => min + next() * (max - min),
    pick: (weighted) => {
      let left = next() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
      const found = weighted.find(([, weight]) => (left -= weight) < 0) ?? weighted.at(-1);
      if (!found) throw new Error('nothing to pick from');
      return found[0];
    },
  };
}

/** Tommy Ettinger's mulberry32: 32 bits of state are plenty for a schedule. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
