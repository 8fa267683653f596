import { Module } from '@nestjs/common';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { config, type Config } from './config.ts';
import { Watch } from './watch.ts';

@Module({ providers: [Watch] })
export class WatchModule {}

export const watch: ServiceDefinition<Config> = {
  name: 'watch',
  config,
  module: WatchModule,
  streams: ['INTAKE', 'FEEDBACK', 'LEADS', 'QUARANTINE'],
};
