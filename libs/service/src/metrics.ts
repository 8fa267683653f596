import { setTimeout as delay } from 'node:timers/promises';
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Below a scraper's timeout of some seconds, after which it would have no metric at all. */
const REFRESH_MS_MAX = 1_000;

/**
 * The metrics that dashboards and alerts rely on. One instance a service, with a registry of its own, so that several
 * services in one process do not count into each other; the label `service` tells them apart in one exposition.
 */
export class Metrics {
  readonly registry = new Registry();
  /** Those of Node.js and of the process. */
  private readonly ofProcess = new Registry();
  private readonly others: Metrics[] = [];
  private readonly registers = [this.registry];
  private readonly refreshers: (() => Promise<void>)[] = [];

  readonly consumerPending = new Gauge({
    name: 'leadstream_consumer_pending',
    help: 'Messages that a consumer has yet to handle',
    labelNames: ['consumer'],
    registers: this.registers,
  });
  readonly espRequests = new Counter({
    name: 'leadstream_esp_requests_total',
    help: 'Calls to the mail provider by the class of their outcome',
    labelNames: ['provider', 'class'],
    registers: this.registers,
  });
  readonly espBreakerState = new Gauge({
    name: 'leadstream_esp_breaker_state',
    help: '0 closed, 1 half open, 2 open',
    labelNames: ['provider'],
    registers: this.registers,
  });
  readonly espAccountPaused = new Gauge({
    name: 'leadstream_esp_account_paused',
    help: '1: nothing is sent through the account',
    labelNames: ['provider'],
    registers: this.registers,
  });
  readonly logHeld = new Gauge({
    name: 'leadstream_log_held',
    help: '1: LEADS is not the log that was seen, and nothing is sent until an operator confirms',
    registers: this.registers,
  });
  readonly espTries = new Counter({
    name: 'leadstream_esp_tries_total',
    help: 'Mails that tried a paused account, by what became of them',
    labelNames: ['provider', 'outcome'],
    registers: this.registers,
  });
  readonly espSourcesPaused = new Gauge({
    name: 'leadstream_esp_sources_paused',
    help: 'Sources to whose leads nothing is sent through the account',
    labelNames: ['provider'],
    registers: this.registers,
  });
  readonly sourceWaits = new Counter({
    name: 'leadstream_source_waits_total',
    help: 'Due steps that wait because their lead’s source is paused',
    registers: this.registers,
  });
  readonly feedback = new Counter({
    name: 'leadstream_feedback_total',
    help: 'Facts that inbound added to the log, by event',
    labelNames: ['event'],
    registers: this.registers,
  });
  readonly unprovenAnswers = new Counter({
    name: 'leadstream_unproven_answers_total',
    help: 'Answers matched by an address alone that neither SPF nor DKIM proves',
    labelNames: ['outcome'],
    registers: this.registers,
  });
  readonly otherRecipients = new Counter({
    name: 'leadstream_other_recipient_events_total',
    help: 'Provider events about a recipient other than the lead, as of a blind copy: not recorded',
    labelNames: ['kind'],
    registers: this.registers,
  });
  readonly accountRatio = new Gauge({
    name: 'leadstream_esp_account_ratio',
    help: 'Of the mails of this day (UTC) that arrived or bounced: bounced, complained',
    labelNames: ['provider', 'kind'],
    registers: this.registers,
  });
  readonly schedulerLag = new Histogram({
    name: 'leadstream_scheduler_lag_seconds',
    help: 'From the planned time to step-due',
    buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400],
    registers: this.registers,
  });
  readonly overdueLeads = new Gauge({
    name: 'leadstream_overdue_leads',
    help: 'Leads whose next action is late',
    registers: this.registers,
  });
  readonly stuckLeads = new Gauge({
    name: 'leadstream_stuck_leads',
    help: 'Leads whose next action is late and that nothing moves as things are',
    registers: this.registers,
  });
  readonly projectionLag = new Gauge({
    name: 'leadstream_projection_lag_events',
    help: 'Events in the log that the read model does not show yet',
    registers: this.registers,
  });
  readonly documentsBehind = new Counter({
    name: 'leadstream_documents_behind_total',
    help: 'Documents that lacked an event of the log, by what became of them',
    labelNames: ['outcome'],
    registers: this.registers,
  });
  readonly huntConflicts = new Counter({
    name: 'leadstream_hunt_conflicts_total',
    help: 'Hunts that met a newer version of the lead in the log',
    registers: this.registers,
  });
  readonly conflictingLeads = new Gauge({
    name: 'leadstream_conflicting_leads',
    help: 'Due leads whose hunt conflicts round after round',
    registers: this.registers,
  });
  readonly quarantined = new Counter({
    name: 'leadstream_quarantined_total',
    help: 'Messages that a consumer gave up on',
    labelNames: ['consumer', 'reason'],
    registers: this.registers,
  });
  readonly newer = new Counter({
    name: 'leadstream_newer_deliveries_total',
    help: 'Deliveries that were handed back because a newer build wrote their message',
    labelNames: ['consumer'],
    registers: this.registers,
  });
  readonly sends = new Counter({
    name: 'leadstream_sends_total',
    help: 'Outcomes of sends',
    labelNames: ['outcome'],
    registers: this.registers,
  });
  readonly submissions = new Counter({
    name: 'leadstream_submissions_total',
    help: 'What became of submissions: lead, run, rep (only told), kept (starts nothing), known, refused (a cap)',
    labelNames: ['outcome', 'trusted'],
    registers: this.registers,
  });
  readonly publishFailures = new Counter({
    name: 'leadstream_publish_failures_total',
    help: 'Publishes that got no durable ack',
    registers: this.registers,
  });
  readonly httpRefusals = new Counter({
    name: 'leadstream_http_refusals_total',
    help: 'Requests that were refused, by the reason',
    labelNames: ['route', 'status', 'reason'],
    registers: this.registers,
  });

  /** With `first`, the metrics of another service of its process, shown by the exposition of `first`. */
  constructor(service: string, first?: Metrics) {
    this.registry.setDefaultLabels({ service });
    this.ofProcess.setDefaultLabels({ service });
    if (first) first.others.push(this);
    else collectDefaultMetrics({ register: this.ofProcess });
  }

  /**
   * Runs `refresh` before every scrape, for values that are queried rather than counted. A value whose query fails or
   * takes longer than 1 s stays as it was.
   */
  onScrape(refresh: () => Promise<void>): void {
    this.refreshers.push(refresh);
  }

  httpHeldBytes(held: () => number): void {
    const gauge = new Gauge({
      name: 'leadstream_http_held_bytes',
      help: 'Bytes of request bodies that are held',
      registers: this.registers,
    });
    this.onScrape(() => Promise.resolve(gauge.set(held())));
  }

  /** Prometheus text format 0.0.4. */
  async exposition(): Promise<string> {
    const given = new AbortController();
    const services = [this, ...this.others];
    const refreshed = Promise.allSettled(services.flatMap(({ refreshers }) => refreshers.map((refresh) => refresh())));
    await Promise.race([refreshed, delay(REFRESH_MS_MAX, undefined, { signal: given.signal }).catch(() => undefined)]);
    given.abort();
    const values = await Promise.all(services.map(({ registry }) => registry.getMetricsAsJSON()));
    return (await this.ofProcess.metrics()) + (await AggregatorRegistry.aggregate(values).metrics());
  }
}
