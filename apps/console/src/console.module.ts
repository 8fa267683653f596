import { Module, type Provider } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { tagsLeftOut } from '@leadstream/lead/canary';
import { LeadLists } from '@leadstream/projection/lists';
import { AccountStore } from '@leadstream/service/account';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { CONFIG } from '@leadstream/service/injected';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { provideSequences } from '@leadstream/service/sequence-store';
import { Db } from 'mongodb';
import { AccountController } from './account.controller.ts';
import { admit } from './admission.ts';
import { CommandsController } from './commands.controller.ts';
import { Commands } from './commands.ts';
import { config, faultsOf, type Config } from './config.ts';
import { EventsController } from './events.controller.ts';
import { HealthController } from './health.controller.ts';
import { ImportController } from './import.controller.ts';
import { LeadsController } from './leads.controller.ts';
import { Leads, SOURCE } from './leads.ts';
import { ListController } from './list.controller.ts';
import { Live } from './live.ts';
import { MailsController } from './mails.controller.ts';
import { MeController } from './me.controller.ts';
import { MonitoringController } from './monitoring.controller.ts';
import { NeedsYouController } from './needs-you.controller.ts';
import { Inbox } from './needs-you.ts';
import { OidcController } from './oidc.controller.ts';
import { repeatedKey } from './repeated-key.ts';
import { QuarantineController } from './quarantine.controller.ts';
import { PageController } from './page.controller.ts';
import { Reports } from './reports/reading.ts';
import { ReportsController } from './reports.controller.ts';
import { SequenceController } from './sequence.controller.ts';
import { SequencesController } from './sequences.controller.ts';
import { SettingsController } from './settings.controller.ts';
import { SessionController } from './session.controller.ts';

/** The account that the senders use, for what its pause holds. */
const provideAccount: Provider = {
  provide: AccountStore,
  inject: [Broker, CONFIG],
  useFactory: (broker: Broker, { ESP, STREAM_REPLICAS }: Config) => new AccountStore(broker, STREAM_REPLICAS, ESP),
};

const provideLists: Provider = {
  provide: LeadLists,
  inject: [Db],
  useFactory: (db: Db) => new LeadLists(db, tagsLeftOut('lists')),
};

const PAGE = [PageController, SessionController, OidcController, MeController];
const READS = [
  ListController,
  NeedsYouController,
  HealthController,
  MonitoringController,
  EventsController,
  ReportsController,
  SettingsController,
  SequencesController,
  SequenceController,
];
const OPERATIONS = [QuarantineController, AccountController, ImportController];

@Module({
  controllers: [...PAGE, LeadsController, MailsController, CommandsController, ...READS, ...OPERATIONS],
  providers: [
    ...provideLeadLog(SOURCE, 'with keys'),
    provideSequences,
    provideAccount,
    provideLists,
    Leads,
    Commands,
    Live,
    Reports,
    Inbox,
  ],
})
export class ConsoleModule {}

export const console: ServiceDefinition<Config> = {
  name: 'console',
  user: 'console',
  config,
  module: ConsoleModule,
  streams: ['INTAKE', 'LEADS', 'FEEDBACK', 'QUARANTINE', 'OPERATIONS', 'KV_keys'],
  faults: faultsOf,
  http: (settings) => ({
    configure: (fastify) => {
      admit(fastify, settings);
      // Read by its handler, once it has a thread for it.
      fastify.addContentTypeParser('text/csv', (_request, _payload, done) => done(null));
    },
    // A command is what its author, its proxy and the console all read in it.
    jsonFault: (text) => {
      const key = repeatedKey(text)?.slice(0, 60);
      return key === undefined
        ? undefined
        : `The body is not valid JSON here: an object has ${JSON.stringify(key)} twice`;
    },
  }),
};
