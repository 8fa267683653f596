import { Module, type Provider } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { AccountStore } from '@leadstream/service/account';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { ACCOUNT } from '@leadstream/service/explained';
import { CONFIG } from '@leadstream/service/injected';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { provideSequences } from '@leadstream/service/sequence-store';
import { admit } from './admission.ts';
import { CommandsController } from './commands.controller.ts';
import { Commands } from './commands.ts';
import { config, faultsOf, type Config } from './config.ts';
import { LeadsController } from './leads.controller.ts';
import { Leads, SOURCE } from './leads.ts';
import { MeController } from './me.controller.ts';

/** The account that the senders use, for what its pause holds. */
const provideAccount: Provider = {
  provide: AccountStore,
  inject: [Broker, CONFIG],
  useFactory: (broker: Broker, { STREAM_REPLICAS }: Config) => new AccountStore(broker, STREAM_REPLICAS, ACCOUNT),
};

@Module({
  controllers: [MeController, LeadsController, CommandsController],
  providers: [...provideLeadLog(SOURCE, 'with keys'), provideSequences, provideAccount, Leads, Commands],
})
export class ConsoleModule {}

export const console: ServiceDefinition<Config> = {
  name: 'console',
  config,
  module: ConsoleModule,
  streams: ['LEADS', 'QUARANTINE', 'KV_keys'],
  faults: faultsOf,
  http: (settings) => ({ configure: (fastify) => admit(fastify, settings) }),
};
