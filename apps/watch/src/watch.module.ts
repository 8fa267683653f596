import { Module } from '@nestjs/common';
import { canaryFaults } from '@leadstream/service/canary/config';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { CanaryWatch } from './canary-watch.ts';
import { config, type Config } from './config.ts';
import { Watch } from './watch.ts';

@Module({ providers: [Watch, CanaryWatch] })
export class WatchModule {}

export const watch: ServiceDefinition<Config> = {
  name: 'watch',
  user: 'watch',
  config,
  module: WatchModule,
  faults: canaryFaults,
  streams: ['INTAKE', 'FEEDBACK', 'LEADS', 'QUARANTINE'],
};
