import { Module } from '@nestjs/common';
import { provideGuard } from '@leadstream/service/guard';
import { provideLeadLog } from '@leadstream/service/lead-log';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { Comparing } from './comparing.ts';
import { config, type Config } from './config.ts';
import { Projector } from './projector.ts';

@Module({
  providers: [
    ...provideLeadLog('projector', 'with keys'),
    provideGuard('projector', { keeps: true }),
    Projector,
    Comparing,
  ],
})
export class ProjectorModule {}

export const projector: ServiceDefinition<Config> = {
  name: 'projector',
  config,
  module: ProjectorModule,
  streams: ['LEADS', 'QUARANTINE', 'KV_keys'],
  mongoRequired: true,
};
