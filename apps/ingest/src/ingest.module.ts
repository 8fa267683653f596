import { Module } from '@nestjs/common';
import type { ServiceDefinition } from '@leadstream/service/start';
import { admitCallers } from './callers.ts';
import { config, type Config } from './config.ts';
import { LeadsController } from './leads.controller.ts';

@Module({ controllers: [LeadsController] })
export class IngestModule {}

export const ingest: ServiceDefinition<Config> = {
  name: 'ingest',
  config,
  module: IngestModule,
  streams: ['INTAKE'],
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
