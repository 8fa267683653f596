import { Module } from '@nestjs/common';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { provideGuard } from '@leadstream/service/guard';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { config, type Config } from './config.ts';
import { Updates } from './updates.ts';

@Module({ providers: [...provideLeadLog('crm', 'with keys'), provideGuard('crm', { showsOnly: true }), Updates] })
export class CrmModule {}

export const crm: ServiceDefinition<Config> = {
  name: 'crm',
  user: 'crm',
  config,
  module: CrmModule,
  streams: ['LEADS', 'KV_keys'],
};
