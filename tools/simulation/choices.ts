import { chance } from '../faults/chance.ts';

/** All that was left to chance in one life, by what asked for it. 0 is always the dull answer: nothing odd happens. */
export type Recording = Readonly<Record<string, readonly number[]>>;

/** The index of one of `weights`, or of so many that are as likely as each other. */
type Draw = (stream: string, weights: readonly number[] | number) => number;

const FINE = 1_000;

/** The only chance there is in a simulated life: drawn from a seed, or told again, and then dull once the recording ends. */
export class Choices {
  readonly made: Record<string, number[]> = {};
  readonly #draw: Draw;

  private constructor(draw: Draw) {
    this.#draw = draw;
  }

  static seeded(seed: number, life: number): Choices {
    const { between } = chance(seed, `life ${life}`);
    return new Choices((_, weights) => {
      if (typeof weights === 'number') return Math.floor(between(0, weights));
      let sum = 0;
      for (const weight of weights) sum += weight;
      let left = between(0, sum);
      for (let index = 0; index < weights.length; index++) if ((left -= weights[index] ?? 0) < 0) return index;
      return 0;
    });
  }

  static told(recording: Recording): Choices {
    const next: Record<string, number> = {};
    return new Choices((stream, weights) => {
      const index = next[stream] ?? 0;
      next[stream] = index + 1;
      return Math.min(recording[stream]?.[index] ?? 0, (typeof weights === 'number' ? weights : weights.length) - 1);
    });
  }

  pick(stream: string, weights: readonly number[] | number): number {
    const picked = this.#draw(stream, weights);
    (this.made[stream] ??= []).push(picked);
    return picked;
  }

  /** One of them, each as likely; the first is the dull one. */
  one<T>(stream: string, options: readonly [T, ...T[]]): T {
    return options[this.pick(stream, options.length)] ?? options[0];
  }

  /** True with this probability. */
  odd(stream: string, probability: number): boolean {
    return this.pick(stream, [1 - probability, probability]) === 1;
  }

  /** In [0, 1), by thousandths: what `Math.random` is in a life. */
  unit(stream: string): number {
    return this.pick(stream, FINE) / FINE;
  }
}
