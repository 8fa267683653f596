import { Module } from '@nestjs/common';
import { z } from 'zod';
import { every } from './config.ts';
import type { ServiceDefinition } from './definition.ts';

@Module({})
class FrontModule {}

/** The default port of several services in one process. */
export const SET_PORT = 3010;

/**
 * The first of several services in one process: it has their port, their probes and metrics, and no work of its own.
 */
export const front = (name: string): ServiceDefinition => ({
  name,
  user: 'all',
  config: z.object(every(SET_PORT)),
  module: FrontModule,
  streams: [],
});
