import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type OpenMetricsContentType,
  type RegistryContentType,
} from 'prom-client';

/** The services, and the watch, which asks for what no service counts itself. */
export const COUNTING = [
  'ingest',
  'inbound',
  'triage',
  'enricher',
  'scheduler',
  'sender',
  'sms',
  'lookup',
  'projector',
  'outcomes',
  'refusals',
  'webhooks',
  'crm',
  'console',
  'watch',
] as const;
export type Counting = (typeof COUNTING)[number];

/** The services that count a metric; `every` process with a port, too. */
type By = readonly Counting[] | 'every';

/** The label values that are known beforehand; none: another list has them, or the servers. */
type Labels = Readonly<Record<string, readonly string[]>>;

/** A metric as the documents show it. */
export interface Described {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  by: By;
}

/** The longest time of a timer. */
const NEVER_MS = 2 ** 31 - 1;

interface Declared {
  registers: Registry<OpenMetricsContentType>[];
  labelNames: string[];
  series: Record<string, string>[];
}

/**
 * The registry of one service. It has only the metrics that the service counts itself: a zero from another service
 * would hide that nothing counts. A counter whose label values are all known has each series from the start, because
 * `increase()` misses the first increment of a series that begins with it.
 */
export class Exposition {
  readonly described: Described[] = [];
  /** The type allows exemplars, which only an OpenMetrics response shows. */
  readonly #registry = new Registry<OpenMetricsContentType>();
  readonly service: string;
  readonly #services: Exposition[] = [this];
  readonly #refreshers: (() => void)[] = [];

  /** With `first`, the metrics of another service of its process, shown by the exposition of `first`. */
  constructor(service: string, first?: Exposition) {
    this.service = service;
    this.#registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    this.#registry.setDefaultLabels({ app: service });
    if (first) first.#services.push(this);
    else this.#collectOfProcess();
  }

  /** Calls `refresh` before each response, for a value of this process. */
  onScrape(refresh: () => void): void {
    this.#refreshers.push(refresh);
  }

  protected counter<L extends Labels>(name: string, help: string, labels: L, by: By): Counter<keyof L & string> {
    const { series, ...parts } = this.#declare('counter', name, help, labels, by);
    const counter = new Counter({ name: `leadstream_${name}`, help, ...parts });
    for (const one of series) counter.inc(one, 0);
    return counter;
  }

  /** A gauge has no value before its first one: an unknown value is no zero. */
  protected gauge<L extends Labels>(name: string, help: string, labels: L, by: By): Gauge<keyof L & string> {
    const { series: _, ...parts } = this.#declare('gauge', name, help, labels, by);
    const gauge = new Gauge({ name: `leadstream_${name}`, help, ...parts });
    forget(gauge);
    return gauge;
  }

  protected histogram<L extends Labels>(
    name: string,
    help: string,
    labels: L,
    by: By,
    buckets: number[],
  ): Histogram<(keyof L & string) | 'trace_id'> {
    const { series, ...parts } = this.#declare('histogram', name, help, labels, by);
    const histogram = new Histogram({ name: `leadstream_${name}`, help, buckets, enableExemplars: true, ...parts });
    for (const one of series) histogram.zero(one);
    return histogram;
  }

  /**
   * The metrics of all services of the process, in Prometheus' text format 0.0.4, or in OpenMetrics with exemplars for
   * a scraper that accepts it.
   */
  async respond(accept = ''): Promise<{ type: RegistryContentType; body: string }> {
    const type = accept.includes('application/openmetrics-text')
      ? Registry.OPENMETRICS_CONTENT_TYPE
      : Registry.PROMETHEUS_CONTENT_TYPE;
    const registry = new Registry<RegistryContentType>();
    registry.setContentType(type);
    const known = new Map<string, { values: unknown[] }>();
    for (const service of this.#services) {
      for (const refresh of service.#refreshers) refresh();
      for (const metric of await service.#registry.getMetricsAsJSON()) {
        const { values } = metric as unknown as { values: unknown[] };
        const shown = known.get(metric.name);
        if (shown) shown.values.push(...values);
        else {
          const merged = { ...metric, values: [...values], get: () => merged };
          known.set(metric.name, merged);
          registry.registerMetric(merged as unknown as Counter);
        }
      }
    }
    return { type, body: await registry.metrics() };
  }

  async exposition(): Promise<string> {
    return (await this.respond()).body;
  }

  /**
   * Node's and the system's figures, with the time of the event loop's turns in place of prom-client's lag: its timer
   * wakes an idle process 100 times a second, for 2.3 ms of CPU, and its deviation is a fifth of a scrape.
   */
  #collectOfProcess(): void {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: NEVER_MS });
    for (const part of ['', 'min_', 'max_', 'mean_', 'stddev_', 'p50_', 'p90_', 'p99_'])
      this.#registry.removeSingleMetric(`nodejs_eventloop_lag_${part}seconds`);
    const turns = monitorEventLoopDelay({ samplePerIteration: true });
    turns.enable();
    new Gauge({
      name: 'nodejs_eventloop_lag_p99_seconds',
      help: 'Time of a turn of the event loop since the last scrape: 99 % took no longer',
      registers,
      collect() {
        this.set(turns.percentile(99) / 1e9);
        turns.reset();
      },
    });
  }

  #declare(type: Described['type'], name: string, help: string, labels: Labels, by: By): Declared {
    const labelNames = Object.keys(labels);
    this.described.push({ name: `leadstream_${name}`, type, help, labels: labelNames, by });
    const isOwn = by === 'every' || by.some((service) => service === this.service);
    return { labelNames, registers: isOwn ? [this.#registry] : [], series: isOwn ? seriesOf(labels) : [] };
  }
}

/** Every combination of the known values; none where a label has no list. */
const seriesOf = (labels: Labels): Record<string, string>[] =>
  Object.entries(labels).reduce<Record<string, string>[]>(
    (all, [label, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  );

/** Removes all series of a gauge whose source does not respond; `reset` alone leaves a zero where there is no label. */
export function forget<L extends string>(gauge: Gauge<L>): void {
  gauge.reset();
  gauge.remove({});
}
