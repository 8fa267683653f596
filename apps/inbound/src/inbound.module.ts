import { Module } from '@nestjs/common';
import { provideLeadLog } from '@leadstream/service/lead-log';
import type { ServiceDefinition } from '@leadstream/service/start';
import { provideTransitions } from '@leadstream/service/transitions';
import { config, type Config } from './config.ts';
import { FeedbackController } from './feedback.controller.ts';
import { FeedbackStream } from './feedback-stream.ts';
import { UnsubscribeController } from './unsubscribe.controller.ts';
import { WebhooksController } from './webhooks.controller.ts';

@Module({
  controllers: [WebhooksController, UnsubscribeController, FeedbackController],
  providers: [...provideLeadLog('inbound'), provideTransitions, FeedbackStream],
})
export class InboundModule {}

/** SendGrid's batches end at 768 KB. */
const EVENTS_BYTES_MAX = 4 * 1024 * 1024;

export const inbound: ServiceDefinition<Config> = {
  name: 'inbound', config, module: InboundModule, streams: ['FEEDBACK', 'LEADS', 'QUARANTINE'], consumer: { stream: 'FEEDBACK', durable: 'inbound' },
  http: () => ({
    bodyLimitBytes: EVENTS_BYTES_MAX,
    configure: (fastify) => {
      fastify.removeAllContentTypeParsers();
      // Signatures are over raw bytes, mails are read as they stream in: nothing is parsed before its handler.
      fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    },
  }),
};
