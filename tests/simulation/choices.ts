import { chance } from '../chaos/chance.ts';

/** Every random choice of one run, by stream name. 0 is always the default choice: nothing unusual happens. */
export type Recording = Readonly<Record<string, readonly number[]>>;

const FINE = 1_000;

/**
 * The only source of randomness in a run: drawn from a seed, or replayed from a recording and then the default choice
 * after the recording ends.
 */
export class Choices {
  readonly made: Record<string, number[]> = {};
  /** Uniform in [0, 1). */
  readonly #draw: () => number;
  readonly #isRecording: boolean;
  readonly #recording: Recording | undefined;
  /** The same for one draw of a stream's own. */
  readonly #drawOnce: (stream: string) => number;

  private constructor(
    draw: () => number,
    drawOnce: (stream: string) => number,
    { record, replayed }: { record: boolean; replayed?: Recording },
  ) {
    this.#draw = draw;
    this.#drawOnce = drawOnce;
    this.#isRecording = record;
    this.#recording = replayed;
  }

  /** `record: false` saves memory: the same seed draws the same choices again. */
  static seeded(seed: number, run: number, { record = true } = {}): Choices {
    // Known seeds name their runs by this text.
    const { between } = chance(seed, `life ${run}`);
    const drawOnce = (stream: string) => chance(seed, `life ${run}, ${stream}`).between(0, 1);
    return new Choices(() => between(0, 1), drawOnce, { record });
  }

  static replayed(recording: Recording): Choices {
    return new Choices(
      () => 0,
      () => 0,
      { record: true, replayed: recording },
    );
  }

  /** The index of one of `weights`, or one of so many equally likely options. */
  pick(stream: string, weights: readonly number[] | number): number {
    const options = typeof weights === 'number' ? weights : weights.length;
    return this.#make(
      stream,
      this.#replayed(stream, options) ??
        (typeof weights === 'number' ? Math.floor(this.#draw() * options) : weighted(weights, this.#draw())),
    );
  }

  /** As `pick`, by one draw of the stream's own: the other draws of known seeds stay as they are. */
  pickOnce(stream: string, weights: readonly number[]): number {
    return this.#make(stream, this.#replayed(stream, weights.length) ?? weighted(weights, this.#drawOnce(stream)));
  }

  /** One of `options`, equally likely; the first is the default choice. */
  one<T>(stream: string, options: readonly [T, ...T[]]): T {
    return options[this.pick(stream, options.length)] ?? options[0];
  }

  /** True with this probability. */
  happens(stream: string, probability: number): boolean {
    return this.#make(stream, this.#replayed(stream, 2) ?? (this.#draw() < 1 - probability ? 0 : 1)) === 1;
  }

  /** In [0, 1), by thousandths: `Math.random` during a run. */
  unit(stream: string): number {
    return this.pick(stream, FINE) / FINE;
  }

  #replayed(stream: string, options: number): number | undefined {
    return this.#recording && Math.min(this.#recording[stream]?.[this.made[stream]?.length ?? 0] ?? 0, options - 1);
  }

  #make(stream: string, picked: number): number {
    if (this.#isRecording) (this.made[stream] ??= []).push(picked);
    return picked;
  }
}

function weighted(weights: readonly number[], at: number): number {
  let sum = 0;
  for (const weight of weights) sum += weight;
  let left = at * sum;
  for (let index = 0; index < weights.length; index++) if ((left -= weights[index] ?? 0) < 0) return index;
  return 0;
}
