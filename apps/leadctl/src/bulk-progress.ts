import { note } from './session.ts';
import { terminal } from './terminal.ts';

const DRAWN_EVERY_MS = 100;
const NOTED_EVERY = 1_000;
const WIDTH = 30;

/** A bar on a terminal; elsewhere a line as often as `notedEvery` more are done. `before`: done by an earlier call. */
export class Progress {
  readonly #total: number;
  readonly #before: number;
  readonly #notedEvery: number;
  readonly #startMs = performance.now();
  #drawnMs = -Infinity;
  #isDrawn = false;
  #noted: number;

  constructor(total: number, before = 0, notedEvery = NOTED_EVERY) {
    [this.#total, this.#before, this.#notedEvery] = [total, before, notedEvery];
    this.#noted = Math.floor(before / notedEvery);
  }

  at(done: number): void {
    if (!terminal().isTTY) {
      const noted = Math.floor(done / this.#notedEvery);
      if (noted > this.#noted) note(this.#text(done));
      this.#noted = noted;
      return;
    }
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs < DRAWN_EVERY_MS && done < this.#total) return;
    this.#drawnMs = nowMs;
    this.#isDrawn = true;
    const full = Math.floor((WIDTH * done) / this.#total);
    terminal().err(`\r${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${this.#text(done)}\x1b[K`);
  }

  /** Leaves the bar as it is, and begins a new line. */
  end(): void {
    if (this.#isDrawn) terminal().err('\n');
    this.#isDrawn = false;
  }

  #text(done: number): string {
    const perSecond = ((done - this.#before) * 1_000) / (performance.now() - this.#startMs);
    return `${done} of ${this.#total}, ${Math.round(perSecond)} a second`;
  }
}
