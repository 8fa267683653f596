import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { eventId } from '@leadstream/eventlog/ids';
import { inSpan, traceOf } from '@leadstream/eventlog/spans';
import { SpanKind } from '@opentelemetry/api';
import { STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { decideDue } from '@leadstream/sequences/plan';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/tokens';
import { Transitions } from '@leadstream/service/transitions';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Planner } from './planner.ts';

const BATCH_MAX = 500;
const IN_FLIGHT_MAX = 64;
/** How many leads for which nothing can be done yet (their sequence is not deployed) a round looks past. */
const LOOKED_PAST_MAX = 2_000;
type Due = Awaited<ReturnType<LeadQueries<LeadState>['dueLeads']>>[number];

/**
 * Finds the leads whose time has come and says so in the log. Any number of hunters may run: each appends on the version
 * that it saw, so one of them wins, and one that hunts with an old picture gets a conflict and leaves the lead alone.
 */
@Injectable()
export class Hunter implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private hunting = Promise.resolve();
  private lookedPast = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly queries: LeadQueries<LeadState>,
    private readonly leads: LeadLog,
    private readonly planner: Planner,
    private readonly transitions: Transitions,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    metrics.onScrape(async () => metrics.overdueLeads.set(await queries.overdueCount(planner.planning().now)));
  }

  onApplicationBootstrap(): void {
    this.hunting = this.run(this.stopping.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.hunting;
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const full = await this.hunt().catch((error: unknown) => {
        this.log.warn({ err: error, outcome: 'hunting again' }, 'error');
        return false;
      });
      if (!full) await delay(this.config.HUNT_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One round, oldest first; true when there was more than one round's worth and some of it could be done. */
  private async hunt(): Promise<boolean> {
    if (!this.broker.connected) return false;
    const limit = BATCH_MAX + this.lookedPast;
    const due = await this.queries.dueLeads(this.planner.planning().now, limit);
    let appended = 0;
    const rest = due.values();
    const lane = async () => {
      for (const lead of rest) if (await this.tryTake(lead)) appended++;
    };
    await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, lane));
    // The oldest come first, and those that stay would hide all others behind them.
    this.lookedPast = Math.min(due.length - appended, LOOKED_PAST_MAX);
    return due.length === limit && appended > 0;
  }

  /** One lead that can't be decided on costs nobody else's turn. */
  private async tryTake(lead: Due): Promise<boolean> {
    return this.take(lead).catch((error: unknown) => {
      this.log.error({ leadId: lead.leadId, err: error, outcome: 'hunting again' }, 'error');
      return false;
    });
  }

  private async take(lead: Due): Promise<boolean> {
    if (lead.stateVersion !== STATE_VERSION || this.stopping.signal.aborted) return false;
    const decision = decideDue(lead.state, this.planner.planning());
    if ('nothing' in decision) return false;
    const id = eventId({ stream: 'LEADS', seq: lead.lastSeq }, 'due');
    const outcome = await inSpan(
      'hunt', { kind: SpanKind.INTERNAL, parent: traceOf(lead.state.trace), attributes: { 'lead.id': lead.leadId } },
      () => this.leads.append(lead, decision, id),
    );
    if ('conflict' in outcome) return false;
    if (decision.type === 'lead.step-due') this.metrics.schedulerLag.observe(decision.data.lagMs / 1_000);
    this.transitions.log(outcome);
    return true;
  }
}
