import { Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Gateway } from '@leadstream/contracts/events';
import { Broker } from '@leadstream/eventlog/broker';
import { JetStreamTransport } from '@leadstream/eventlog/transport';
import { closedLookupsOf, lookupsOf } from '@leadstream/providers/lookups';
import { chatSend } from '@leadstream/providers/chats';
import { sendOf, textSendOf } from '@leadstream/providers/senders';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { provideMailboxes } from '@leadstream/service/mailboxes';
import { AccountStore, provideAccount } from '@leadstream/service/account';
import { provideGuard, RestoreGuard } from '@leadstream/service/guard';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { provideSequences } from '@leadstream/service/sequence-store';
import { Tries } from '@leadstream/service/tries';
import { GuardedAgents } from '@leadstream/service/webhooks/addresses';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { provideTransitions } from '@leadstream/service/transitions';
import type { Logger } from 'pino';
import { GuardedSend } from './breaker.ts';
import { CHANNEL, type ChannelOf } from './channels.ts';
import { CLOSED_LOOKUPS, ClosedController } from './closed.controller.ts';
import { config, type Config } from './config.ts';
import { LookupController, LOOKUPS } from './lookup.controller.ts';
import { Pace } from './pace.ts';
import { SenderController } from './sender.controller.ts';
import { CHAT_TIMEOUT_MS, RepChat } from './rep-chat.ts';
import { sendsOfDay } from './sends-of-day.ts';

/** Injects the account of the mails: a form whose addresses are made up brings made-up numbers. */
const MAIL_ACCOUNT = Symbol('MAIL_ACCOUNT');

/** The gateway that texts are sent by, and its account. */
const GATEWAY = 'twilio' satisfies Gateway;
const hasGateway = (settings: Config): boolean => textSendOf(settings) !== undefined;

@Module({
  controllers: [SenderController],
  providers: [
    ...provideLeadLog('sender', 'with keys'),
    provideSequences,
    provideTransitions,
    provideAccount,
    provideGuard('sender'),
    provideMailboxes,
    {
      provide: CHANNEL,
      inject: [CONFIG],
      useFactory: (settings: Config): ChannelOf<'email'> => ({
        channel: 'email',
        provider: settings.ESP,
        isAlone: !hasGateway(settings),
      }),
    },
    {
      provide: RepChat,
      inject: [CONFIG, Metrics, LOGGER],
      useFactory: (settings: Config, metrics: Metrics, log: Logger) => {
        const { REP_CHATS: chats, WEBHOOKS_NETWORKS: networks, ESP_BREAKER_RESET_MS: breakerResetMs } = settings;
        // The client has one deadline for all of a post.
        const agents = new GuardedAgents(networks, CHAT_TIMEOUT_MS, { headersTimeout: 0, bodyTimeout: 0 });
        const send = chatSend({ timeoutMs: CHAT_TIMEOUT_MS, dispatcherOf: (url) => agents.of(url) });
        return new RepChat({ send, chats, breakerResetMs, metrics, log });
      },
    },
    {
      provide: GuardedSend,
      inject: [CONFIG, Broker, AccountStore, JetStreamTransport, RestoreGuard, Metrics, LOGGER],
      useFactory: async (
        settings: Config,
        broker: Broker,
        account: AccountStore,
        transport: JetStreamTransport,
        guard: RestoreGuard,
        metrics: Metrics,
        log: Logger,
      ) => {
        const { ESP_RATE_PER_SECOND: perSecond, ESP_DAILY_MAX: perDay, ESP_WARMUP: warmup } = settings;
        const pace = new Pace(account, { perSecond, perDay, warmup }, Date.now, (day, max) =>
          sendsOfDay(broker, account.account, day, max),
        );
        return new GuardedSend({
          send: await sendOf(settings),
          provider: settings.ESP,
          config: settings,
          account,
          tries: new Tries(account, settings.ESP_TRY_EVERY_MS),
          pace,
          transport,
          guard,
          metrics,
          log,
        });
      },
    },
  ],
})
export class SenderModule implements OnApplicationShutdown {
  constructor(
    private readonly esp: GuardedSend,
    private readonly chats: RepChat,
  ) {}

  onApplicationShutdown(): void {
    this.esp.shutdown();
    this.chats.shutdown();
  }
}

/** Texts have a consumer, a pace, a breaker and an account of their own: a dead gateway holds up no mail. */
@Module({
  controllers: [SenderController],
  providers: [
    ...provideLeadLog('sender', 'with keys'),
    provideSequences,
    provideTransitions,
    provideGuard('sender'),
    provideMailboxes,
    {
      provide: AccountStore,
      inject: [Broker, CONFIG],
      useFactory: (broker: Broker, { STREAM_REPLICAS }: Config) => new AccountStore(broker, STREAM_REPLICAS, GATEWAY),
    },
    {
      provide: MAIL_ACCOUNT,
      inject: [Broker, CONFIG],
      useFactory: (broker: Broker, { STREAM_REPLICAS, ESP }: Config) => new AccountStore(broker, STREAM_REPLICAS, ESP),
    },
    {
      provide: CHANNEL,
      inject: [CONFIG],
      useFactory: (settings: Config): ChannelOf<'sms'> => ({
        channel: 'sms',
        provider: hasGateway(settings) ? GATEWAY : null,
      }),
    },
    {
      provide: GuardedSend,
      inject: [CONFIG, Broker, AccountStore, MAIL_ACCOUNT, JetStreamTransport, RestoreGuard, Metrics, LOGGER],
      useFactory: (
        settings: Config,
        broker: Broker,
        account: AccountStore,
        alsoSources: AccountStore,
        transport: JetStreamTransport,
        guard: RestoreGuard,
        metrics: Metrics,
        log: Logger,
      ) => {
        const { TWILIO_RATE_PER_SECOND: perSecond, TWILIO_DAILY_MAX: perDay } = settings;
        const pace = new Pace(account, { perSecond, perDay }, Date.now, (day, max) =>
          sendsOfDay(broker, account.account, day, max),
        );
        return new GuardedSend<'sms'>({
          // The controller calls none without access.
          send: textSendOf(settings) ?? (() => Promise.resolve({ kind: 'refused', class: 'unreachable' })),
          provider: GATEWAY,
          config: settings,
          account,
          alsoSources,
          tries: new Tries(account, settings.ESP_TRY_EVERY_MS),
          pace,
          transport,
          guard,
          metrics,
          log,
        });
      },
    },
  ],
})
export class TextModule implements OnApplicationShutdown {
  constructor(private readonly gateway: GuardedSend<'sms'>) {}

  onApplicationShutdown(): void {
    this.gateway.shutdown();
  }
}

@Module({
  controllers: [LookupController, ClosedController],
  providers: [
    ...provideLeadLog('lookup', 'with keys'),
    provideTransitions,
    { provide: LOOKUPS, inject: [CONFIG], useFactory: (settings: Config) => lookupsOf(settings) },
    { provide: CLOSED_LOOKUPS, inject: [CONFIG], useFactory: (settings: Config) => closedLookupsOf(settings) },
  ],
})
export class LookupModule {}

/** Until `lookup` took them, a sender asked for its own sends (docs/adr/0027). */
const FORMER = ['lead.send-unknown'] as const;

const mailer: ServiceDefinition<Config> = {
  name: 'sender',
  user: 'sender',
  config,
  module: SenderModule,
  streams: ['LEADS', 'QUARANTINE', 'OPERATIONS', 'KV_keys'],
  consumer: { stream: 'LEADS', durable: 'sender', former: FORMER },
};

const texts: ServiceDefinition<Config> = {
  name: 'sms',
  user: 'sender',
  config,
  module: TextModule,
  streams: ['LEADS', 'QUARANTINE', 'OPERATIONS', 'KV_keys'],
  consumer: { stream: 'LEADS', durable: 'sms', isNeeded: hasGateway, former: FORMER },
};

/** A service of its own, so that no mail waits for a provider's search, and a search's day ages no queue of mails. */
const lookup: ServiceDefinition<Config> = {
  name: 'lookup',
  user: 'sender',
  config,
  module: LookupModule,
  streams: ['LEADS', 'QUARANTINE', 'KV_keys'],
  consumer: { stream: 'LEADS', durable: 'lookup', concurrency: 8 },
};

/** The three services of the sender's process. */
export const sender: readonly [ServiceDefinition<Config>, ...ServiceDefinition<Config>[]] = [mailer, texts, lookup];
