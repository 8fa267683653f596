import type { OnApplicationShutdown, Provider } from '@nestjs/common';
import type { Enricher } from '@leadstream/contracts/events';
import { foundByDomain, type Found } from '@leadstream/lead/enrich';
import type { LeadState } from '@leadstream/lead/state';
import { CONFIG } from '@leadstream/service/injected';
import type { Config } from './config.ts';

/** Finds facts about a lead. Never throws and has an end of its own: no answer is `unavailable`. */
export type Find = (state: LeadState) => Promise<Found>;

/** An enricher that is ready to be asked. */
interface Asked {
  find: Find;
  close?: () => Promise<void>;
}

const ENRICHERS = {
  domain: () => ({ find: (state) => Promise.resolve(foundByDomain(state)) }),
  // Its client, undici, has a hundred modules.
  http: async (config) => {
    const { HttpEnricher } = await import('./http-enricher.ts');
    const http = new HttpEnricher({
      url: config.ENRICH_URL ?? '',
      secret: config.ENRICH_SECRET ?? '',
      fields: config.ENRICH_FIELDS,
      timeoutMs: config.ENRICH_TIMEOUT_MS,
    });
    return { find: (state) => http.find(state), close: () => http.close() };
  },
} as const satisfies Record<Enricher, (config: Config) => Asked | Promise<Asked>>;

/** The enrichers that are configured, in the order in which they are asked. */
export class Enrichers implements OnApplicationShutdown {
  readonly configured: readonly (readonly [Enricher, Asked])[];

  private constructor(configured: readonly (readonly [Enricher, Asked])[]) {
    this.configured = configured;
  }

  static async of(config: Config): Promise<Enrichers> {
    return new Enrichers(
      await Promise.all(config.ENRICHERS.map(async (name) => [name, await ENRICHERS[name](config)] as const)),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.configured.map(async ([, { close }]) => close?.()));
  }
}

export const provideEnrichers: Provider = {
  provide: Enrichers,
  inject: [CONFIG],
  useFactory: (config: Config) => Enrichers.of(config),
};
