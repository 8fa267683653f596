import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import { lastOf } from '@leadstream/eventlog/lead-messages';
import { batchOf, logInfo, readerOf, streamsOf } from '@leadstream/eventlog/log-stream';
import { leadFold } from '@leadstream/lead/evolve';
import { view, type LeadState } from '@leadstream/lead/state';
import { PROJECTOR } from '@leadstream/projection/collections';
import { Comparison, want, wantedBy, type Wanted } from '@leadstream/projection/comparison';
import { LeadQueries, type Cursor } from '@leadstream/projection/queries';
import { witnessedTail } from '@leadstream/projection/witnessed';
import type { Clock } from '@leadstream/service/clock';
import { RestoreGuard } from '@leadstream/service/guard';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import { Db } from 'mongodb';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

/** A lead overdue for this long is moved by no hunter; a stale document may be the cause. */
const OVERDUE_MS = 30_000;
const OVERDUE_MAX = 100;
const NAMED_MAX = 5;

/**
 * Compares documents with the log: in each round the overdue leads and one section of the log, from its first event to
 * its last and over again.
 */
@Injectable()
export class Comparing implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly comparison: Comparison<LeadState>;
  private comparing: Promise<void> = Promise.resolve();
  /** The overdue lead after which the next round continues. */
  private overdueAfter: Cursor | undefined;
  /**
   * The next section's first sequence in each stream of the log, which take turns. The start is drawn at random: a
   * process that restarts daily still covers a long log.
   */
  private readonly seqs: number[] = [];
  private turn = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    db: Db,
    leads: LeadLog,
    private readonly queries: LeadQueries<LeadState>,
    private readonly guard: RestoreGuard,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.comparison = new Comparison(db, leadFold, view, witnessedTail(leads, guard));
  }

  onApplicationBootstrap(): void {
    this.comparing = this.run(this.stopping.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.comparing;
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(this.config.PROJECTION_COMPARE_EVERY_MS, undefined, { signal }).catch(() => undefined);
      // Held: the log may be an unconfirmed restore, and must not repair documents.
      if (signal.aborted || !this.broker.connected || !this.guard.open) continue;
      try {
        await this.look();
      } catch (error) {
        this.log.warn({ err: error, outcome: 'comparing again' }, 'documents were not compared with the log');
      }
    }
  }

  private async look(): Promise<void> {
    // Events that were read before a hold must not be written after its confirm.
    const isOpen = this.guard.openSince();
    const newest = await this.stretch();
    for (const [leadId, seq] of await this.overdue()) want(newest, leadId, { seq, lost: [] });
    const { repaired, failed } = await this.comparison.look(newest, () => isOpen() && !this.stopping.signal.aborted);
    const named = (leadIds: Iterable<string>) => [...leadIds].slice(0, NAMED_MAX);
    if (repaired.length > 0) this.log.warn({ leads: repaired.length, leadIds: named(repaired) }, 'documents repaired');
    this.metrics.documentsBehind.inc({ outcome: 'repaired' }, repaired.length);
    this.metrics.documentsBehind.inc({ outcome: 'failed' }, failed.size);
    const [error] = failed.values();
    if (error)
      this.log.error(
        { leads: failed.size, leadIds: named(failed.keys()), error: describeError(error) },
        'documents stay behind their log',
      );
  }

  /** The newest event of each overdue lead whose document lacks it, as the leader of the log has it. */
  private async overdue(): Promise<Map<string, number>> {
    const due = await this.queries.dueLeads(
      this.now().subtract({ milliseconds: OVERDUE_MS }),
      OVERDUE_MAX,
      this.overdueAfter,
    );
    this.overdueAfter = due.length === OVERDUE_MAX ? due.at(-1) : undefined;
    return new Map(
      await Promise.all(
        due.map(
          async ({ leadId, lastSeq }) =>
            [leadId, (await lastOf(this.broker, leadId, 'leader'))?.seq ?? lastSeq] as const,
        ),
      ),
    );
  }

  /**
   * The next section of the log, up to the last event delivered to the projectors: the minimum each document must have,
   * by lead.
   */
  private async stretch(): Promise<Map<string, Wanted>> {
    const streams = streamsOf(this.broker);
    const index = this.turn++ % streams.length;
    const log = streams[index];
    if (!log) return new Map();
    const [reader, { state }] = await Promise.all([readerOf(this.broker, PROJECTOR, log), logInfo(this.broker, log)]);
    const [first, last] = [state.first_seq, Math.min(reader?.delivered.stream_seq ?? 0, state.last_seq)];
    const next = this.seqs[index] ?? first + Math.floor(Math.random() * (last - first + 1));
    const from = next < first || next > last ? first : next;
    this.seqs[index] = from;
    if (last < first) return new Map();
    const events = await batchOf(this.broker, log, { from, max: this.config.PROJECTION_COMPARE_MAX });
    const given: Parameters<typeof wantedBy>[0][number][] = [];
    for (const { subject, seq, header: headers, data } of events) {
      this.seqs[index] = seq + 1;
      if (seq <= last) given.push({ subject, seq, headers, data });
    }
    return wantedBy(given);
  }
}
