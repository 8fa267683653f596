import { Inject, Injectable } from '@nestjs/common';
import type { Enricher } from '@leadstream/contracts/events';
import { foundByDomain, type Found } from '@leadstream/lead/enrich';
import type { LeadState } from '@leadstream/lead/state';
import { CONFIG } from '@leadstream/service/injected';
import type { Config } from './config.ts';

/** Finds facts about a lead. Never throws and has an end of its own: no answer is `unavailable`. */
export type Find = (state: LeadState) => Promise<Found>;

/** The enrichers that are configured, in the order in which they are asked. */
@Injectable()
export class Enrichers {
  readonly configured: readonly (readonly [Enricher, Find])[];

  constructor(@Inject(CONFIG) config: Config) {
    const all = {
      domain: () => (state) => Promise.resolve(foundByDomain(state)),
    } satisfies Record<Config['ENRICHERS'][number], () => Find>;
    this.configured = config.ENRICHERS.map((name) => [name, all[name]()] as const);
  }
}
