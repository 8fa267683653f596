import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { gatewaySchema } from '@leadstream/contracts/events';
import { describeError } from '@leadstream/eventlog/errors';
import { AccountStore } from '@leadstream/service/account';
import type { Clock } from '@leadstream/service/clock';
import { dialBroker, dialDb } from '@leadstream/service/dependencies';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import { Metrics } from '@leadstream/service/metrics';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { accountsOf, consumersOf, dueOf, leadsOf, streamsOf } from './questions.ts';
import { askOften, type Question } from './source.ts';

/**
 * Asks NATS and MongoDB for what no service counts itself, over connections of its own, which no service's load
 * delays. A scrape asks nothing: it shows the last answers.
 */
@Injectable()
export class Watch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly opened = new AsyncDisposableStack();
  private asking: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { config, metrics, log, opened } = this;
    const broker = dialBroker(config, 'watch', log, 'watch');
    opened.defer(() => broker.close());
    const { db } = dialDb(config, 'watch', log, opened);
    // Texts have an account of their own.
    const accounts = [config.ESP, ...gatewaySchema.options].map(
      (name) => new AccountStore(broker, config.STREAM_REPLICAS, name),
    );
    this.asking = Promise.all([
      this.ask('nats', [consumersOf(broker, metrics), streamsOf(broker, metrics), accountsOf(accounts, metrics)]),
      this.ask('mongodb', [leadsOf(db, metrics), dueOf(db, this.now, metrics)]),
    ]);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.asking;
    await this.opened.disposeAsync();
  }

  private ask(dependency: string, questions: Question[]): Promise<void> {
    const changed = (error: unknown) => {
      if (error === undefined) this.log.info({ dependency }, 'dependency answers the watch');
      else this.log.warn({ dependency, error: describeError(error) }, 'dependency does not answer the watch');
    };
    const { watchUp: up } = this.metrics;
    return askOften({ dependency, questions, up, everyMs: this.config.WATCH_EVERY_MS, changed }, this.stopping.signal);
  }
}
