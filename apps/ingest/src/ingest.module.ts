import { Module } from '@nestjs/common';
import type { ServiceDefinition } from '@leadstream/service/start';
import { admitCallers } from './callers.ts';
import { config, type Config } from './config.ts';
import { LeadsController } from './leads.controller.ts';
import { Leads } from './leads.ts';
import { RefusedLeads } from './refused.ts';

@Module({ controllers: [LeadsController], providers: [Leads, RefusedLeads] })
export class IngestModule {}

export const ingest: ServiceDefinition<Config> = {
  name: 'ingest',
  config,
  module: IngestModule,
  streams: ['INTAKE', 'QUARANTINE'],
  http: (settings) => ({
    corsOrigins: settings.CORS_ORIGINS,
    configure: (fastify) => {
      admitCallers(fastify, settings);
      // The handler parses: a refused body is kept as it came.
      fastify.removeAllContentTypeParsers();
      fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
    },
  }),
};
