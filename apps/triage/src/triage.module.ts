import { Module } from '@nestjs/common';
import { provideMailboxes } from '@leadstream/service/mailboxes';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { provideSequences } from '@leadstream/service/sequence-store';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { provideTransitions } from '@leadstream/service/transitions';
import { config, enricherFaults, type Config } from './config.ts';
import { EnrichController } from './enrich.controller.ts';
import { provideEnrichers } from './enrichers.ts';
import { IpCountries } from './ip-country.ts';
import { NewLeads } from './new-leads.ts';
import { Refused } from './refused.ts';
import { Tagger } from './tagger.ts';
import { TriageController } from './triage.controller.ts';

@Module({
  controllers: [TriageController],
  providers: [
    ...provideLeadLog('triage', 'with keys'),
    provideSequences,
    provideTransitions,
    provideMailboxes,
    IpCountries,
    NewLeads,
    Refused,
    Tagger,
  ],
})
export class TriageModule {}

@Module({
  controllers: [EnrichController],
  providers: [
    ...provideLeadLog('enricher', 'with keys'),
    provideSequences,
    provideTransitions,
    provideEnrichers,
    Tagger,
  ],
})
export class EnricherModule {}

const router: ServiceDefinition<Config> = {
  name: 'triage',
  user: 'triage',
  config,
  module: TriageModule,
  streams: ['INTAKE', 'LEADS', 'QUARANTINE', 'KV_keys'],
  consumer: { stream: 'INTAKE', durable: 'triage' },
};

/** A service of its own, so that no lead waits for its route behind one whose enricher is slow. */
const enricher: ServiceDefinition<Config> = {
  name: 'enricher',
  user: 'triage',
  config,
  module: EnricherModule,
  streams: ['LEADS', 'QUARANTINE', 'KV_keys'],
  consumer: { stream: 'LEADS', durable: 'enricher', isNeeded: ({ ENRICHERS }) => ENRICHERS.length > 0 },
  faults: enricherFaults,
};

/** The two services of triage's process. */
export const triage: readonly [ServiceDefinition<Config>, ServiceDefinition<Config>] = [router, enricher];
