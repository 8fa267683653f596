import { Module } from '@nestjs/common';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { config, type Config } from './config.ts';
import { Dispatcher } from './dispatcher.ts';

@Module({ providers: [Dispatcher] })
export class WebhooksModule {}

export const webhooks: ServiceDefinition<Config> = {
  name: 'webhooks',
  user: 'webhooks',
  config,
  module: WebhooksModule,
  streams: ['PUBLIC'],
};
