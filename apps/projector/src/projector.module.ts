import { Module } from '@nestjs/common';
import { provideGuard } from '@leadstream/service/guard';
import { provideKeys, provideLeadLog } from '@leadstream/service/lead-log';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { Comparing } from './comparing.ts';
import { config, type Config } from './config.ts';
import { OutcomesController } from './outcomes.controller.ts';
import { RefusalsController } from './refusals.controller.ts';
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

@Module({ controllers: [OutcomesController], providers: [provideKeys('with keys')] })
export class OutcomesModule {}

@Module({ controllers: [RefusalsController] })
export class RefusalsModule {}

const folding: ServiceDefinition<Config> = {
  name: 'projector',
  user: 'projector',
  config,
  module: ProjectorModule,
  streams: ['LEADS', 'QUARANTINE', 'KV_keys'],
  mongoRequired: true,
};

const outcomes: ServiceDefinition<Config> = {
  name: 'outcomes',
  user: 'projector',
  config,
  module: OutcomesModule,
  streams: ['LEADS', 'QUARANTINE', 'PUBLIC', 'KV_keys'],
  consumer: { stream: 'LEADS', durable: 'outcomes' },
};

/** A service of its own, because a service has one consumer. */
const refusals: ServiceDefinition<Config> = {
  name: 'refusals',
  user: 'projector',
  config,
  module: RefusalsModule,
  streams: ['QUARANTINE', 'PUBLIC'],
  consumer: { stream: 'QUARANTINE', durable: 'refusals' },
};

/** The services that tell other teams; they need no read model. */
export const telling = [outcomes, refusals] as const;

/** The read model, and the stream that other teams read: both are what the log says, for those who do not read it. */
export const projector: readonly [ServiceDefinition<Config>, ...ServiceDefinition<Config>[]] = [folding, ...telling];
