import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { describeError } from '@leadstream/eventlog/errors';
import type { Canary } from '@leadstream/service/canary/canary';
import { canarySettings, type CanarySettings } from '@leadstream/service/canary/config';
import type { Verdict } from '@leadstream/service/canary/judge';
import { CANARY_KINDS, roundsUntil, type CanaryKind } from '@leadstream/service/canary/rounds';
import { standingOf } from '@leadstream/service/canary/standing';
import { dialBroker, dialDb } from '@leadstream/service/dependencies';
import { forget } from '@leadstream/service/exposition';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { Metrics } from '@leadstream/service/metrics';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

/**
 * Takes the canary's rounds on and shows their verdicts, over connections of its own: a frozen server delays no other
 * question of the watch. By the clock of this machine, whatever CLOCK_OFFSET: the mailbox has no other.
 */
@Injectable()
export class CanaryWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly opened = new AsyncDisposableStack();
  private watching: Promise<unknown> = Promise.resolve();
  /** Verdicts that no later fact changes. */
  private final = new Map<string, Verdict>();
  /** Rounds that this process saw under way, or has counted. */
  private readonly counted = new Map<string, boolean>();
  private wasUp: boolean | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, log, opened } = this;
    const settings = canarySettings(config);
    if (!settings) return;
    // Its search of leads takes a hundred modules, for the names and numbers of people.
    const { openCanary } = await import('@leadstream/service/canary/open');
    const broker = dialBroker(config, 'canary', log, 'watch');
    opened.defer(() => broker.close());
    const { db } = dialDb(config, 'canary', log, opened);
    const canary = await openCanary(settings, { broker, db }, this.stopping.signal);
    this.watching = this.watch(canary, settings);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    await this.opened.disposeAsync();
  }

  private async watch(canary: Canary, settings: CanarySettings): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.once(canary, settings);
      await delay(this.config.WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async once(canary: Canary, { timetable }: CanarySettings): Promise<void> {
    const rounds = roundsUntil(Date.now(), timetable);
    canary.keep(rounds);
    const results = await Promise.allSettled(
      rounds.map(async (round) => this.final.get(round.id) ?? (await canary.visit(round))),
    );
    if (this.stopping.signal.aborted) return;
    const failed = results.find((one) => one.status === 'rejected');
    this.seen(failed?.reason);
    // Without one of the rounds the row of failures would be another one.
    if (failed) return;
    const verdicts = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    this.final = new Map(verdicts.filter(({ result }) => result === 'passed').map((one) => [one.round, one]));
    for (const verdict of verdicts) this.count(verdict);
    for (const id of this.counted.keys()) if (!rounds.some((round) => round.id === id)) this.counted.delete(id);
    this.show(verdicts);
  }

  private seen(error: unknown): void {
    const isUp = error === undefined;
    const { canaryUp, canaryLastSuccess, canaryFailures, canaryVerdict, canaryStageSeconds } = this.metrics;
    canaryUp.set(isUp ? 1 : 0);
    if (!isUp)
      for (const gauge of [canaryLastSuccess, canaryFailures, canaryVerdict, canaryStageSeconds]) forget(gauge);
    if (isUp === this.wasUp) return;
    this.wasUp = isUp;
    if (isUp) this.log.info('the canary reads its rounds');
    else this.log.warn({ error: describeError(error) }, 'the canary cannot read its rounds');
  }

  private count(verdict: Verdict): void {
    const { round, kind, result, stage, mail, says, leadId, trace } = verdict;
    if (result === 'skipped') return;
    if (result === 'pending') return void this.counted.set(round, this.counted.get(round) ?? false);
    if (this.counted.get(round) !== false) return;
    this.counted.set(round, true);
    this.metrics.canaryRounds.inc({ kind, result, stage: stage ?? 'none' });
    const line = { round, result, stage, mail, leadId, trace_id: trace };
    if (result === 'passed') this.log.info(line, 'canary passed');
    else this.log.error(line, `canary failed: ${says}`);
  }

  private show(verdicts: readonly Verdict[]): void {
    const { canaryLastSuccess, canaryFailures, canaryVerdict, canaryStageSeconds } = this.metrics;
    for (const gauge of [canaryLastSuccess, canaryFailures, canaryVerdict, canaryStageSeconds]) forget(gauge);
    for (const kind of CANARY_KINDS) this.showKind(kind, verdicts);
  }

  private showKind(kind: CanaryKind, verdicts: readonly Verdict[]): void {
    const { canaryLastSuccess, canaryFailures, canaryVerdict, canaryStageSeconds } = this.metrics;
    const { latest, failures, lastSuccessMs } = standingOf(kind, verdicts);
    const stage = latest?.stage ?? 'none';
    canaryFailures.set({ kind, stage: failures > 0 ? stage : 'none' }, failures);
    if (lastSuccessMs !== undefined) canaryLastSuccess.set({ kind }, lastSuccessMs / 1_000);
    if (!latest) return;
    canaryVerdict.set({ kind, result: latest.result, stage, trace_id: latest.trace ?? 'none' }, 1);
    for (const { stage: one, mail, seconds } of latest.took)
      canaryStageSeconds.set({ kind, stage: one, mail: String(mail) }, seconds);
  }
}
