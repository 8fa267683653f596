import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { Follows } from '@leadstream/eventlog/bucket';
import { describeError } from '@leadstream/eventlog/errors';
import { PublicReader } from '@leadstream/eventlog/public-reader';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import { Metrics } from '@leadstream/service/metrics';
import { Endpoints, type Endpoint } from '@leadstream/service/webhooks/endpoints';
import { Poster } from '@leadstream/service/webhooks/post';
import { Sealer } from '@leadstream/service/webhooks/secrets';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Delivery, type Parts } from './delivery.ts';
import { Lease } from './lease.ts';

/** The rest of an endpoint with nothing due. */
const IDLE_MS = 1_000;

/** One endpoint's deliveries, and their end. */
interface Running {
  delivery: Delivery;
  ending: AbortController;
}

/**
 * Delivers to all endpoints, each in a loop of its own, so that none waits for another. One process at a time delivers;
 * the others wait for its lease.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly endpoints: Endpoints;
  private readonly reader: PublicReader;
  private readonly poster: Poster;
  private readonly lease: Lease;
  private readonly sealer: Sealer;
  private readonly follows = new Follows();
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Running>();
  /** The end of the last loop of each name: the next one begins after it, so that no two write one place. */
  private readonly ended = new Map<string, Promise<void>>();
  private readonly unreadable = new Set<string>();
  private beating: Promise<void> = Promise.resolve();

  constructor(
    broker: Broker,
    @Inject(CONFIG) config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.endpoints = new Endpoints(broker, config.STREAM_REPLICAS);
    this.reader = new PublicReader(broker);
    this.poster = new Poster({ allowed: config.WEBHOOKS_NETWORKS, now });
    this.lease = new Lease(this.endpoints.bucket);
    this.sealer = new Sealer(config.DATA_KEYS);
  }

  onApplicationBootstrap(): void {
    this.beating = this.beat();
    this.follows.add(
      this.endpoints.follower(
        (name, endpoint) => {
          if (endpoint === 'unreadable') this.wait(name);
          else if (endpoint) this.begin(endpoint);
          else this.end(name, 'webhook endpoint removed');
        },
        (key, letter) => this.running.get(key.split('.')[0] ?? '')?.delivery.retry(key, letter),
      ),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.follows.stop();
    await Promise.all([this.beating, ...this.ended.values()]);
    await this.lease.release().catch(() => undefined);
    await this.poster.close();
  }

  private begin(endpoint: Endpoint): void {
    this.unreadable.delete(endpoint.name);
    const known = this.running.get(endpoint.name);
    if (known) return known.delivery.update(endpoint);
    const ending = new AbortController();
    const delivery = new Delivery(endpoint, this.parts(AbortSignal.any([ending.signal, this.stopping.signal])));
    this.running.set(endpoint.name, { delivery, ending });
    const before = this.ended.get(endpoint.name) ?? Promise.resolve();
    this.ended.set(
      endpoint.name,
      before.then(() => this.loop(endpoint.name, delivery, ending.signal)),
    );
    this.log.info({ endpoint: endpoint.name }, 'webhook endpoint begins');
  }

  private end(name: string, says: string): void {
    const known = this.running.get(name);
    if (!known && !this.unreadable.delete(name)) return;
    this.running.delete(name);
    known?.ending.abort();
    this.hide(name);
    this.log.info({ endpoint: name }, says);
  }

  /** Its URL and its secret are unknown now: nothing is posted, and its place stays until the entry can be read. */
  private wait(name: string): void {
    if (this.unreadable.has(name)) return;
    this.unreadable.add(name);
    this.running.get(name)?.ending.abort();
    this.running.delete(name);
    this.log.error({ endpoint: name }, 'webhook endpoint cannot be read: it waits, and keeps its place');
    const shown = () => {
      if (this.unreadable.has(name)) this.metrics.webhookPaused.set({ endpoint: name }, 1);
    };
    void (this.ended.get(name) ?? Promise.resolve()).then(shown);
  }

  private parts(stopping: AbortSignal): Parts {
    const { endpoints, reader, poster, sealer, metrics, log, now } = this;
    const isHolder = () => this.lease.term !== undefined;
    return { endpoints, reader, poster, sealer, metrics, log, now, isHolder, stopping };
  }

  private async loop(name: string, delivery: Delivery, ending: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([ending, this.stopping.signal]);
    let term: number | undefined;
    while (!signal.aborted) {
      if (this.lease.term !== term) delivery.forget();
      term = this.lease.term;
      const isBusy = term !== undefined && (await this.step(name, delivery));
      if (term === undefined) this.hide(name);
      if (!isBusy) await delay(IDLE_MS, undefined, { signal }).catch(() => undefined);
    }
    this.hide(name);
  }

  private async step(name: string, delivery: Delivery): Promise<boolean> {
    try {
      return await delivery.step();
    } catch (error) {
      this.log.warn({ endpoint: name, error: describeError(error) }, 'webhook endpoint is tried again');
      return false;
    }
  }

  /** A process that does not deliver knows nothing of an endpoint. */
  private hide(endpoint: string): void {
    for (const gauge of [this.metrics.webhookPaused, this.metrics.webhookWaiting]) gauge.remove({ endpoint });
  }

  private async beat(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.lease
        .beat()
        .catch((error: unknown) => this.log.warn({ error: describeError(error) }, 'lease of webhooks not renewed'));
      await delay(this.lease.everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
