import { Module } from '@nestjs/common';
import { acceptAnyMediaType } from '@leadstream/service/media-type';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { admitCallers } from './callers.ts';
import { config, type Config } from './config.ts';
import { FormServicesController } from './form-services.controller.ts';
import { FormServices, intakeFaults } from './form-services.ts';
import { LeadsController } from './leads.controller.ts';
import { Leads } from './leads.ts';
import { RefusedLeads } from './refused.ts';

@Module({ controllers: [LeadsController, FormServicesController], providers: [FormServices, Leads, RefusedLeads] })
export class IngestModule {}

export const ingest: ServiceDefinition<Config> = {
  name: 'ingest',
  user: 'ingest',
  config,
  module: IngestModule,
  streams: ['INTAKE', 'QUARANTINE'],
  faults: intakeFaults,
  http: (settings) => ({
    corsOrigins: settings.CORS_ORIGINS,
    configure: (fastify) => {
      admitCallers(fastify, settings);
      acceptAnyMediaType(fastify);
      // The handler parses: a refused body is kept as it came.
      fastify.removeAllContentTypeParsers();
      fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
    },
  }),
};
