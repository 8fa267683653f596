import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import type { Loaded } from '@leadstream/eventlog/log';
import { inTrace } from '@leadstream/eventlog/spans';
import type { NothingCode } from '@leadstream/contracts/events';
import { nextActionAt as nextAction, STATE_VERSION, type LeadState } from '@leadstream/lead/state';
import { LeadQueries, type Cursor, type DueLead } from '@leadstream/projection/queries';
import { decideDue } from '@leadstream/sequences/plan';
import { VISIT_OF } from '@leadstream/service/asked';
import { forget } from '@leadstream/service/exposition';
import { RestoreGuard } from '@leadstream/service/guard';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { Transitions } from '@leadstream/service/transitions';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Lapses } from './lapses.ts';
import { Planner } from './planner.ts';
import { Soon } from './soon.ts';

const PAGE = 500;
const IN_FLIGHT_MAX = 64;
/** Leads that wait here for a time before the next round; a round takes the others. */
const SOON_MAX = 1_000;
const NAMED_MAX = 5;
/** Leads that one query can leave out. */
const EXCEPT_MAX = 1_000;
/**
 * Another hunter or a late projector causes one or two; this many conflicts in a row on one version have a lasting
 * cause.
 */
const CONFLICTS_MAX = 10;
type Due = DueLead<LeadState>;

/** The reason that a due lead cannot be moved: the plan's refusal, or an obstacle to the decision. */
interface Stuck {
  reason: NothingCode | 'other-state-version' | 'document-behind-log' | 'conflicts' | 'log-unreadable';
  detail?: string;
}

/** A lead that is still due after its turn: another hunter was faster, or it is stuck. */
interface Left {
  leadId: string;
  stuck?: Stuck;
  /** Consecutive conflicts on one version. */
  conflicts?: number;
}

interface FullRound {
  at: Temporal.Instant;
  ms: number;
  /** Ids of the leads that nothing moves as things are. */
  stuck: readonly string[];
}

/** A part of the due leads. */
interface News {
  after?: Cursor;
  except?: readonly string[];
}

interface Conflicts {
  lastSeq: number;
  count: number;
  sinceMs: number;
  why?: Stuck;
}

/**
 * Finds due leads and appends their due event. Any number of hunters may run: each appends on the version that it read,
 * so one of them wins; the others, and a hunter with a stale document, get a conflict and skip the lead.
 */
@Injectable()
export class Hunter implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private hunting = Promise.resolve();
  private readonly lapses: Lapses;
  private readonly soon = new Soon(SOON_MAX);
  private readonly conflicts = new LRUCache<string, Conflicts>({ max: 10_000 });

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly queries: LeadQueries<LeadState>,
    private readonly leads: LeadLog,
    private readonly planner: Planner,
    private readonly transitions: Transitions,
    private readonly guard: RestoreGuard,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.lapses = new Lapses(queries, leads, () => planner.planning(), transitions);
  }

  onApplicationBootstrap(): void {
    this.hunting = this.run(this.stopping.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.hunting, this.soon.stop()]);
  }

  /**
   * Takes a step that comes due before the next round when its time comes, from the state that planned it. After an
   * error, a crash or a conflict a round finds it.
   */
  async takeInTime(planned: Loaded<LeadState>): Promise<void> {
    const at = planned.state.phase.kind === 'planned' ? nextAction(planned.state) : null;
    if (at === null) return;
    const nextActionAt = new Date(at);
    // The log knows the loaded object itself: of a copy it would forget that personal fields are missing in it.
    const take = () => this.tryTake({ ...planned, stateVersion: STATE_VERSION, nextActionAt }, planned);
    const waitMs = nextActionAt.getTime() - this.planner.planning().now.epochMilliseconds;
    if (waitMs <= 0) await take();
    else if (waitMs < this.config.HUNT_EVERY_MS) this.soon.after(waitMs, take);
  }

  private async run(signal: AbortSignal): Promise<void> {
    // The last full round that left stuck leads.
    let last: FullRound | undefined;
    while (!signal.aborted) {
      try {
        const round = { at: this.planner.planning().now, ms: performance.now() };
        const full = last && round.ms - last.ms < this.config.HUNT_STAYING_MS ? last : undefined;
        const left = await this.hunt(full && this.newsSince(full));
        if (!left) {
          last = undefined;
          this.unknown();
        } else if (!full) {
          // A conflict ends when the projector catches up, also after a confirmed restore.
          const stuck = left.flatMap((lead) => (lead.stuck ? [lead.leadId] : []));
          last = stuck.length > 0 ? { ...round, stuck } : undefined;
          this.report(left);
        }
      } catch (error) {
        last = undefined;
        this.unknown();
        this.log.warn({ err: error, outcome: 'hunting again' }, 'due leads were not hunted');
      }
      await delay(this.config.HUNT_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * The leads of the rounds between: all but the stuck ones, also those that were planned for an earlier time, as after
   * an outage. Too many stuck leads for a query leave only those that came due a short time before.
   */
  private newsSince({ at, stuck }: FullRound): News {
    if (stuck.length <= EXCEPT_MAX) return { except: stuck };
    const since = at.subtract({ milliseconds: this.config.HUNT_STAYING_MS });
    return { after: { nextActionAt: new Date(since.epochMilliseconds), leadId: '' } };
  }

  /**
   * One round: every lead that is due, or of `news` alone, oldest first, page by page. A stuck lead does not
   * hide later ones. Undefined: nothing can be hunted now.
   */
  private async hunt({ after: first, except }: News = {}): Promise<Left[] | undefined> {
    const { now } = this.planner.planning();
    const left: Left[] = [];
    // With the sequences unread, every plan would be "not deployed", which is wrong.
    if (!this.broker.connected || !this.planner.ready || !this.guard.open) return undefined;
    let after = first;
    for (let page: Due[] | undefined; !page || page.length === PAGE; after = page.at(-1)) {
      page = await this.queries.dueLeads(now, PAGE, after, except);
      const rest = page.values();
      const worker = async () => {
        for (const lead of rest) {
          const stays = await this.tryTake(lead);
          if (stays) left.push(stays);
        }
      };
      await Promise.all(Array.from({ length: Math.min(IN_FLIGHT_MAX, page.length) }, worker));
      if (this.stopping.signal.aborted) break;
    }
    await this.lapses.hunt(() => this.stopping.signal.aborted || !this.guard.open);
    this.metrics.schedulerRound.set(now.epochMilliseconds / 1_000);
    return left;
  }

  /** An error on one lead does not affect the others. */
  private async tryTake(lead: Due, at: Loaded<LeadState> = lead): Promise<Left | undefined> {
    return this.take(lead, at).catch((error: unknown) => {
      const { leadId, state } = lead;
      inTrace(state.trace, () =>
        this.log.error({ leadId, err: error, outcome: 'hunting again' }, 'a due lead was not moved'),
      );
      return { leadId };
    });
  }

  private async take(lead: Due, at: Loaded<LeadState>): Promise<Left | undefined> {
    const { leadId } = lead;
    if (this.stopping.signal.aborted || !this.guard.open) return { leadId };
    if (lead.stateVersion !== STATE_VERSION)
      return { leadId, stuck: { reason: 'other-state-version', detail: `${lead.stateVersion}, not ${STATE_VERSION}` } };
    const decision = decideDue(lead.state, this.planner.planning());
    // The read model cuts dates to milliseconds, so a lead can be found just before it is due: `not-due` is not stuck.
    if ('nothing' in decision) {
      const { nothing: reason, detail } = decision;
      return reason === 'not-due' ? { leadId } : { leadId, stuck: { reason, detail } };
    }
    const id = this.leads.idAt(lead, 'due');
    const appended = await this.leads.hop('hunt', at, async (span) => {
      const outcome = await this.leads.append(at, decision, id);
      if ('conflict' in outcome) return outcome;
      this.observe(lead, span.spanContext().traceId);
      // In the span, so that the line has the lead's trace.
      this.transitions.log(outcome);
      return outcome;
    });
    if ('conflict' in appended) return this.conflicted(lead);
    this.conflicts.delete(leadId);
    return undefined;
  }

  private observe({ nextActionAt, state: { phase } }: Due, traceId: string): void {
    const lagMs = this.planner.planning().now.epochMilliseconds - nextActionAt.getTime();
    this.metrics.schedulerLag.observe({
      labels: { kind: VISIT_OF[phase.kind] },
      value: Math.max(0, lagMs) / 1_000,
      exemplarLabels: { trace_id: traceId },
    });
  }

  /**
   * One conflict is another hunter's success or a projector that is late. A lead that keeps conflicting is stuck: no
   * other process moves it.
   */
  private async conflicted({ leadId, lastSeq }: Due): Promise<Left> {
    this.metrics.huntConflicts.inc();
    const nowMs = performance.now();
    const known = this.conflicts.get(leadId);
    const at: Conflicts = known?.lastSeq === lastSeq ? known : { lastSeq, count: 0, sinceMs: nowMs };
    at.count++;
    this.conflicts.set(leadId, at);
    const stays = at.count >= CONFLICTS_MAX || (at.count > 1 && nowMs - at.sinceMs >= this.config.HUNT_STAYING_MS);
    if (!stays) return { leadId };
    // Reading from the leader is costly and the reason seldom changes: only every tenth conflict.
    if (!at.why || at.count % CONFLICTS_MAX === 0) at.why = await this.whyConflicting(leadId, lastSeq);
    return { leadId, stuck: at.why, conflicts: at.count };
  }

  private async whyConflicting(leadId: string, lastSeq: number): Promise<Stuck> {
    try {
      const news = await this.leads.history(leadId, lastSeq);
      return { reason: news.length > 0 ? 'document-behind-log' : 'conflicts' };
    } catch (error) {
      return { reason: 'log-unreadable', detail: describeError(error).name };
    }
  }

  private unknown(): void {
    forget(this.metrics.stuckLeads);
    forget(this.metrics.conflictingLeads);
  }

  /** One line a reason, not a lead: a sequence that is not deployed may block thousands. */
  private report(left: readonly Left[]): void {
    const stuck = left.filter((lead) => lead.stuck !== undefined);
    this.metrics.stuckLeads.set(stuck.length);
    this.metrics.conflictingLeads.set(stuck.filter(({ conflicts }) => conflicts !== undefined).length);
    for (const leads of Map.groupBy(stuck, (lead) => JSON.stringify(lead.stuck)).values()) {
      const conflicts = Math.max(...leads.map((lead) => lead.conflicts ?? 0));
      this.log.warn(
        {
          ...leads[0]?.stuck,
          leads: leads.length,
          ...(conflicts > 0 ? { conflicts } : {}),
          leadIds: leads.slice(0, NAMED_MAX).map(({ leadId }) => leadId),
        },
        'leads are stuck',
      );
    }
  }
}
