import { Module } from '@nestjs/common';
import { FORMER_TRIGGERS } from '@leadstream/sequences/triggers';
import { provideGuard, provideHold } from '@leadstream/service/guard';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { provideSequences } from '@leadstream/service/sequence-store';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { provideTransitions } from '@leadstream/service/transitions';
import { config, type Config } from './config.ts';
import { FirstDeployment } from './first-deployment.ts';
import { Hunter } from './hunter.ts';
import { PlanController } from './plan.controller.ts';
import { Planner } from './planner.ts';

/**
 * Twice as many as in the other services, because the scheduler gets three events of a lead, and each other one or two.
 * Otherwise a burst of leads waits here, half-way, and the projector writes each of them more often.
 */
const IN_HAND_MAX = 64;

@Module({
  controllers: [PlanController],
  providers: [
    ...provideLeadLog('scheduler', 'blind'),
    provideSequences,
    provideTransitions,
    provideGuard('scheduler'),
    provideHold,
    Planner,
    Hunter,
    FirstDeployment,
  ],
})
export class SchedulerModule {}

export const scheduler: ServiceDefinition<Config> = {
  name: 'scheduler',
  user: 'scheduler',
  config,
  module: SchedulerModule,
  streams: ['LEADS', 'QUARANTINE'],
  mongoRequired: true,
  consumer: { stream: 'LEADS', durable: 'scheduler', concurrency: IN_HAND_MAX, former: FORMER_TRIGGERS },
};
