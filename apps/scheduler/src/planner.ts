import { Inject, Injectable } from '@nestjs/common';
import type { Planning } from '@leadstream/sequences/plan';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, CONFIG } from '@leadstream/service/tokens';
import { SequenceStore } from '@leadstream/service/sequence-store';
import type { Config } from './config.ts';

/** The world as a plan sees it: the clock, chance, what is deployed. */
@Injectable()
export class Planner {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly sequences: SequenceStore,
  ) {}

  /**
   * False until a process that has just begun knows what is deployed: then every plan would be "not deployed", and
   * wrong.
   */
  get ready(): boolean {
    return this.sequences.loaded;
  }

  planning(): Planning {
    return {
      now: this.now(),
      draw: Math.random,
      delayScale: this.config.DELAY_SCALE,
      sequence: (id, version) => this.sequences.sequence(id, version),
    };
  }
}
