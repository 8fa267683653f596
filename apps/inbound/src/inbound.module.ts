import { Module } from '@nestjs/common';
import { AccountStore, provideAccount } from '@leadstream/service/account';
import { provideGuard } from '@leadstream/service/guard';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import type { ServiceDefinition } from '@leadstream/service/definition';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { acceptAnyMediaType } from '@leadstream/service/media-type';
import { provideTransitions } from '@leadstream/service/transitions';
import type { Logger } from 'pino';
import { config, type Config } from './config.ts';
import { FeedbackController } from './feedback.controller.ts';
import { FeedbackRecorder } from './feedback-recorder.ts';
import { FeedbackStream } from './feedback-stream.ts';
import { Mailbox } from './mailbox.ts';
import { Reputation } from './reputation.ts';
import { MAIL_TIMEOUT_MS } from './routes.ts';
import { UnsubscribeController } from './unsubscribe.controller.ts';
import { textControllers } from './texts.controller.ts';
import { TextFeedbackController } from './text-feedback.controller.ts';
import { webhookControllers } from './webhooks.controller.ts';

@Module({
  controllers: [
    ...webhookControllers,
    ...textControllers,
    UnsubscribeController,
    FeedbackController,
    TextFeedbackController,
  ],
  providers: [
    ...provideLeadLog('inbound', 'writes'),
    provideTransitions,
    provideAccount,
    provideGuard('inbound', { showsOnly: true }),
    FeedbackStream,
    Mailbox,
    FeedbackRecorder,
    {
      provide: Reputation,
      inject: [AccountStore, CONFIG, Metrics, LOGGER],
      useFactory: (account: AccountStore, settings: Config, metrics: Metrics, log: Logger) =>
        new Reputation(account, settings, metrics, log),
    },
  ],
})
export class InboundModule {}

/**
 * A stored mail is up to 7 MB, and takes several times that while it is parsed: more of them after an outage would
 * exceed the pod's memory.
 */
const IN_HAND_MAX = 8;

export const inbound: ServiceDefinition<Config> = {
  name: 'inbound',
  user: 'inbound',
  config,
  module: InboundModule,
  streams: ['FEEDBACK', 'LEADS', 'QUARANTINE', 'OPERATIONS', 'KV_keys'],
  consumer: { stream: 'FEEDBACK', durable: 'inbound', concurrency: IN_HAND_MAX },
  http: () => ({
    configure: (fastify) => {
      // For the mail route only: every other route has a limit of its own.
      fastify.server.requestTimeout = MAIL_TIMEOUT_MS;
      // SendGrid would drop a mail that Fastify refuses with 415.
      acceptAnyMediaType(fastify);
      // Signatures are over raw bytes and mails are read as a stream: no body is parsed before its handler.
      fastify.removeAllContentTypeParsers();
      fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    },
  }),
};
