import { Inject, Injectable } from '@nestjs/common';
import type { BusinessHours } from '@leadstream/lead/weeks';
import type { Planning } from '@leadstream/sequences/plan';
import type { Clock } from '@leadstream/service/clock';
import { businessHoursOf } from '@leadstream/service/config';
import { CLOCK, CONFIG } from '@leadstream/service/injected';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Config } from './config.ts';

/** The inputs of a plan: the clock, the deployed sequences. */
@Injectable()
export class Planner {
  readonly #hours: BusinessHours;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly sequences: SequenceStore,
  ) {
    this.#hours = businessHoursOf(config);
  }

  /**
   * False until the deployed sequences are read after a start: any plan before that would be "not deployed", which is
   * wrong.
   */
  get ready(): boolean {
    return this.sequences.loaded;
  }

  planning(): Planning {
    const { sequences } = this;
    return {
      now: this.now(),
      delayScale: this.config.DELAY_SCALE,
      hours: this.#hours,
      sequence: (id, version) => this.sequences.sequence(id, version),
      isActive: (id) => sequences.isActive(id),
      // Read only where a run begins.
      get reps() {
        return sequences.reps;
      },
    };
  }
}
