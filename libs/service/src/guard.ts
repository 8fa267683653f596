import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnApplicationShutdown, Provider } from '@nestjs/common';
import { GUARD_KEY, type Hold, type Witness } from '@leadstream/contracts/guard';
import { partitionOf } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { Follows } from '@leadstream/eventlog/bucket';
import { describeError } from '@leadstream/eventlog/errors';
import { GuardRecords } from '@leadstream/eventlog/guard-record';
import { streamsOf } from '@leadstream/eventlog/log-stream';
import { placeJson } from '@leadstream/contracts/place';
import { judgeLog, STALE_LEADER_MS, type Memory, type Verdict } from '@leadstream/eventlog/judgement';
import { JetStreamTransport } from '@leadstream/eventlog/transport';
import { advanceWitness, beginWitness } from '@leadstream/projection/witness';
import { newestOf, type Seen } from '@leadstream/projection/witnessed';
import { Db } from 'mongodb';
import type { Logger } from 'pino';
import type { EveryConfig } from './config.ts';
import { askFacts, endAtOf, lastEvents, type Asked } from './guard-facts.ts';
import { Health } from './health.ts';
import { Metrics } from './metrics.ts';
import { CONFIG, LOGGER } from './injected.ts';

/** The delay before a failed judgement is repeated. */
const AGAIN_MS = 1_000;
export const RESTORE = 'leadctl restore status';
/** The place before the first event of a stream. */
const BEFORE = { seq: 0, id: '' };

export interface GuardParts {
  broker: Broker;
  db: Db;
  records: GuardRecords;
  health: Health;
  metrics: Metrics;
  log: Logger;
  service: string;
  everyMs: number;
  /** Infinity: a gap never holds. */
  gapMs: number;
  /** The time that a suspicion must last when LEADS has replicas. */
  suspicionMs?: number;
  /** The projector writes the witness. */
  keeps?: boolean;
  /** The process sends no mail: it continues during a hold and only shows it. */
  showsOnly?: boolean;
}

/**
 * Judges at start, at every reconnect and each minute whether LEADS is still the log seen before (docs/adr/0021).
 * `open`: it is, and the service may send, hunt, plan or project. Closed until the first judgement, and permanently
 * once it is held.
 */
export class RestoreGuard implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly parts: GuardParts;
  private readonly stopping = new AbortController();
  private readonly follows = new Follows();
  private readonly listeners = new Set<() => void>();
  /** Counts the openings and closings. */
  private changes = 0;
  private verdict: Verdict = { kind: 'waits', why: 'the log was not judged yet' };
  private wasOpen = false;
  /** By stream of the log. */
  private memory: readonly Memory[] = [];
  private witnesses: (Witness | null)[] = [];
  private suspectedMs: number | undefined;
  private wake: () => void = () => undefined;
  private woken = false;
  private judging: Promise<unknown> = Promise.resolve();

  constructor(parts: GuardParts) {
    this.parts = parts;
    const { health, metrics, showsOnly = false } = parts;
    health.add(
      'log',
      async () => {
        if (!this.open) throw new Error(this.why);
        return Promise.resolve();
      },
      { required: !showsOnly },
    );
    metrics.logHeld.set(0);
  }

  get open(): boolean {
    return this.verdict.kind === 'goes on';
  }

  /** The reason why it is not open. */
  get why(): string {
    const { verdict } = this;
    return verdict.kind === 'held' ? `${verdict.why}; ${RESTORE}` : verdict.kind === 'waits' ? verdict.why : '';
  }

  /** The known end of the lead's stream: every event appended later has a higher sequence number. */
  highSeqFor(leadId: string): number {
    return this.memory[this.indexFor(leadId)]?.seq ?? 0;
  }

  private indexFor(leadId: string): number {
    return partitionOf(leadId, this.parts.broker.partitions);
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Resolves while open, or once it is; with false when `signal` aborts before. */
  async whenOpen(signal: AbortSignal): Promise<boolean> {
    while (!this.open && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.listeners.add(resolve);
      const aborted = () => resolve();
      signal.addEventListener('abort', aborted, { once: true });
      await promise;
      signal.removeEventListener('abort', aborted);
      this.listeners.delete(resolve);
    }
    return this.open;
  }

  /**
   * Called for an appended event, with the known end of its stream before it. An event at or below that end is in
   * another log.
   */
  appended({ leadId, seq, id }: Seen, highSeq: number): void {
    if (seq <= highSeq) return this.doubt(`event ${seq} was appended, and the log went to ${highSeq}`);
    const index = this.indexFor(leadId);
    const memory = this.memory[index];
    // A judgement that is under way keeps the memory that it began with.
    if (this.open && memory && seq > memory.seq) this.memory = this.memory.with(index, { ...memory, seq, id });
  }

  /**
   * Whether the log has been open without a break since this call: what was read of it before a break may be of a lost
   * log, also once a confirm has opened the log again.
   */
  openSince(): () => boolean {
    const { changes } = this;
    return () => this.open && this.changes === changes;
  }

  /** Closes until the next judgement. */
  doubt(why: string): void {
    if (this.verdict.kind === 'held') return;
    this.become({ kind: 'waits', why });
    this.woken = true;
    this.wake();
  }

  /** Before documents are written: the witness is never behind them. Throws when the log is not open. */
  async advance(events: readonly Seen[]): Promise<void> {
    for (const [index, event] of newestOf(events, this.parts.broker.partitions)) await this.advanceIn(index, event);
  }

  private async advanceIn(index: number, event: Seen): Promise<void> {
    const { broker, db } = this.parts;
    const [log, witness] = [streamsOf(broker)[index], this.witnesses[index]];
    if (!this.open || !witness || !log) throw new Error(this.why || 'there is no witness yet');
    if (event.seq <= witness.highSeq) return;
    const isAdvanced = await advanceWitness(db, log.stream, witness, event);
    const now = this.witnesses[index];
    if (now?.epoch !== witness.epoch || now.created !== witness.created)
      throw new Error(`${event.seq} is an event of a log that was replaced`);
    if (!isAdvanced) {
      this.doubt('MongoDB has no witness of this log');
      throw new Error(this.why);
    }
    if (event.seq > now.highSeq) this.witnesses[index] = { ...now, highSeq: event.seq, highId: event.id };
  }

  onApplicationBootstrap(): void {
    const { broker, records } = this.parts;
    const { signal } = this.stopping;
    const stop = broker.onReady(() => this.doubt('the log is judged after a reconnect'));
    signal.addEventListener('abort', stop, { once: true });
    this.judging = this.run(signal);
    // The watch reports a hold or a confirm to all services at once; the judgement reads it again.
    this.follows.add({
      broker,
      what: 'guard',
      bucket: records.bucket,
      key: GUARD_KEY,
      read: () => Promise.resolve(),
      take: () => {
        this.woken = true;
        this.wake();
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.judging, this.follows.stop()]);
    const { broker, service, records } = this.parts;
    if (!this.open || !broker.connected) return;
    // Without this entry the next start would count the stopped time as a crash.
    await Promise.race([
      records.beat({ at: new Date().toISOString(), by: service, left: true }).catch(() => undefined),
      delay(AGAIN_MS, undefined, { ref: false }),
    ]);
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.woken = false;
      await this.judge().catch((error: unknown) => this.unjudged(error));
      const waitMs = this.verdict.kind === 'waits' ? Math.min(AGAIN_MS, this.parts.everyMs) : this.parts.everyMs;
      if (this.woken) continue;
      const woken = new AbortController();
      this.wake = () => woken.abort();
      await delay(waitMs, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => undefined);
    }
  }

  private async judge(): Promise<void> {
    const { broker, db, records, gapMs, keeps } = this.parts;
    if (!broker.connected) return;
    const facts = await askFacts(broker, db, records, this.memory);
    const verdict = judgeLog(facts, { fresh: !this.wasOpen, nowMs: Date.now(), gapMs });
    if (verdict.kind === 'held') return this.hold(verdict, facts);
    this.suspectedMs = undefined;
    if (verdict.kind === 'waits') return this.become(verdict);
    // A call for another judgement arrived meanwhile, so this one may be outdated.
    if (this.woken) return;
    if (!facts.record && !keeps)
      return this.become({ kind: 'waits', why: 'the projector has yet to take up the log of an older release' });
    if (keeps) await this.keep(facts, verdict.begin);
    await this.remember(facts.record?.epoch ?? (await records.read())?.epoch ?? '');
    await this.beat();
    if (!this.woken) this.become(verdict);
  }

  /** The projector's part: creates the witnesses of this log that are missing, and records that. */
  private async keep({ record, created, streams }: Asked, begin: boolean): Promise<void> {
    const { broker, db, records } = this.parts;
    if (!record) await records.draw(created);
    const witnesses = streams.map(({ witness }, index) => witness ?? this.witnesses[index] ?? null);
    if (!begin) {
      this.witnesses = witnesses;
      return;
    }
    const last = await lastEvents(broker);
    const epoch = record?.epoch ?? (await records.read())?.epoch ?? '';
    for (const [index, { stream }] of streamsOf(broker).entries()) {
      const was = streams[index]?.witness;
      if (was === undefined || was?.epoch === epoch) continue;
      const { seq, id } = last[index] ?? BEFORE;
      // Documents may exist up to the stream's end.
      const made = { epoch, created, highSeq: seq, highId: id, at: new Date() };
      await beginWitness(db, stream, made, was);
      witnesses[index] = made;
    }
    // Of a process that dies before this line some witnesses are there: a later judgement begins the others.
    await records.change((now) => (now && !now.witnessed ? { ...now, witnessed: true } : now));
    this.witnesses = witnesses;
  }

  private async remember(epoch: string): Promise<void> {
    const last = await lastEvents(this.parts.broker);
    this.memory = last.map((event, index) => {
      const { seq, id } = event ?? BEFORE;
      const was = this.memory[index];
      return was?.epoch === epoch && was.seq > seq ? was : { seq, id, epoch };
    });
  }

  private async hold(verdict: Extract<Verdict, { kind: 'held' }>, asked: Asked): Promise<void> {
    const { created, streams, replicas, record } = asked;
    this.suspectedMs ??= performance.now();
    const isCertain =
      verdict.reason === 'recorded' ||
      replicas === 1 ||
      performance.now() - this.suspectedMs >= (this.parts.suspicionMs ?? STALE_LEADER_MS);
    if (!isCertain) return this.become({ kind: 'waits', why: `${verdict.why}; looked at again` });
    this.become(verdict);
    if (verdict.reason === 'recorded' || record?.hold) return;
    const { reason, why, highSeq } = verdict;
    const endAt = endAtOf(await lastEvents(this.parts.broker));
    const hold: Hold = {
      reason,
      why,
      highSeq,
      endSeq: placeJson(streams.map(({ lastSeq }) => lastSeq)),
      endAt,
      at: new Date().toISOString(),
      by: this.parts.service,
    };
    const now = await this.parts.records.hold(record, created, hold);
    // Judged again: the record that was judged has changed meanwhile.
    if (!now?.hold) this.woken = true;
  }

  private async beat(): Promise<void> {
    const { records, service } = this.parts;
    await records.beat({ at: new Date().toISOString(), by: service });
  }

  /** The guard tries again while a dependency is away; an earlier judgement stays in force. */
  private unjudged(error: unknown): void {
    this.parts.log.warn({ error: describeError(error), open: this.open }, 'the log could not be judged, trying again');
    if (this.verdict.kind === 'waits') this.verdict = { kind: 'waits', why: 'the log could not be judged yet' };
  }

  private become(verdict: Verdict): void {
    const was = this.verdict;
    this.verdict = verdict;
    const { log, metrics } = this.parts;
    metrics.logHeld.set(verdict.kind === 'held' ? 1 : 0);
    if (verdict.kind === 'held' && was.kind !== 'held')
      log.error(
        { reason: verdict.reason, why: verdict.why, highSeq: verdict.highSeq, outcome: 'nothing is sent' },
        'the log is not the one that was seen',
      );
    if (verdict.kind === 'goes on' && was.kind === 'held') log.info({}, 'the log was confirmed, the service continues');
    if (verdict.kind === 'goes on') this.wasOpen = true;
    if (was.kind === verdict.kind) return;
    this.changes++;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Stops the consumer's pulling while the log is not open; handlers in progress check `open` themselves. */
export const provideHold: Provider = {
  provide: 'hold',
  inject: [RestoreGuard, JetStreamTransport],
  useFactory: (guard: RestoreGuard, transport: JetStreamTransport) => {
    const flow = () => (guard.open ? transport.resume() : transport.pause());
    guard.onChange(flow);
    flow();
    return true;
  },
};

interface GuardConfig extends EveryConfig {
  GUARD_EVERY_MS: number;
  GUARD_GAP_MS: number;
}

/** RestoreGuard for a module's providers; `service` is its name. */
export const provideGuard = (service: string, how: Pick<GuardParts, 'keeps' | 'showsOnly'> = {}): Provider => ({
  provide: RestoreGuard,
  inject: [Broker, Db, CONFIG, Health, Metrics, LOGGER],
  useFactory: (broker: Broker, db: Db, config: GuardConfig, health: Health, metrics: Metrics, log: Logger) =>
    new RestoreGuard({
      broker,
      db,
      records: new GuardRecords(broker, config.STREAM_REPLICAS),
      health,
      metrics,
      log,
      service,
      everyMs: config.GUARD_EVERY_MS,
      gapMs: config.GUARD_GAP_MS || Infinity,
      ...how,
    }),
});
