import { Module } from '@nestjs/common';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { provideSequences } from '@leadstream/service/sequence-store';
import { admit } from './admission.ts';
import { config, faultsOf, type Config } from './config.ts';
import { MeController } from './me.controller.ts';

@Module({
  controllers: [MeController],
  providers: [...provideLeadLog('console', 'with keys'), provideSequences],
})
export class ConsoleModule {}

export const console: ServiceDefinition<Config> = {
  name: 'console',
  config,
  module: ConsoleModule,
  streams: ['LEADS', 'QUARANTINE', 'KV_keys'],
  faults: faultsOf,
  http: (settings) => ({ configure: (fastify) => admit(fastify, settings) }),
};
