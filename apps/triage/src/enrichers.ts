import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Enricher } from '@leadstream/contracts/events';
import { foundByDomain, type Found } from '@leadstream/lead/enrich';
import type { LeadState } from '@leadstream/lead/state';
import { CONFIG } from '@leadstream/service/injected';
import type { Config } from './config.ts';
import { HttpEnricher } from './http-enricher.ts';

/** Finds facts about a lead. Never throws and has an end of its own: no answer is `unavailable`. */
export type Find = (state: LeadState) => Promise<Found>;

/** The enrichers that are configured, in the order in which they are asked. */
@Injectable()
export class Enrichers implements OnApplicationShutdown {
  readonly configured: readonly (readonly [Enricher, Find])[];
  readonly #http: HttpEnricher;

  constructor(@Inject(CONFIG) config: Config) {
    this.#http = new HttpEnricher({
      url: config.ENRICH_URL ?? '',
      secret: config.ENRICH_SECRET ?? '',
      fields: config.ENRICH_FIELDS,
      timeoutMs: config.ENRICH_TIMEOUT_MS,
    });
    const all = {
      domain: (state) => Promise.resolve(foundByDomain(state)),
      http: (state) => this.#http.find(state),
    } satisfies Record<Enricher, Find>;
    this.configured = config.ENRICHERS.map((name) => [name, all[name]] as const);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#http.close();
  }
}
