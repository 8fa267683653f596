import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { JetStreamTransport } from '@leadstream/eventlog/transport';
import { provideLeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/tokens';
import { provideSequences } from '@leadstream/service/sequence-store';
import type { ServiceDefinition } from '@leadstream/service/start';
import { provideTransitions } from '@leadstream/service/transitions';
import type { Logger } from 'pino';
import { GuardedSend } from './breaker.ts';
import { config, type Config } from './config.ts';
import { SenderController } from './sender.controller.ts';
import { sendgridSend } from './sendgrid.ts';

@Module({
  controllers: [SenderController],
  providers: [
    ...provideLeadLog('sender'), provideSequences, provideTransitions,
    {
      provide: GuardedSend,
      inject: [CONFIG, JetStreamTransport, Metrics, LOGGER],
      useFactory: (settings: Config, transport: JetStreamTransport, metrics: Metrics, log: Logger) =>
        new GuardedSend(sendgridSend(settings), settings, transport, metrics, log),
    },
  ],
})
export class SenderModule implements OnApplicationShutdown {
  constructor(private readonly esp: GuardedSend) {}

  onApplicationShutdown(): void {
    this.esp.shutdown();
  }
}

export const sender: ServiceDefinition<Config> = {
  name: 'sender', config, module: SenderModule, streams: ['LEADS', 'QUARANTINE'], consumer: { stream: 'LEADS', durable: 'sender' },
};
