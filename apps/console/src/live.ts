import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Place } from '@leadstream/contracts/place';
import type { LogStream } from '@leadstream/contracts/streams';
import { Broker } from '@leadstream/eventlog/broker';
import { describeError, Unavailable } from '@leadstream/eventlog/errors';
import { logInfo, streamsOf } from '@leadstream/eventlog/log-stream';
import { LOGGER, STOPPING } from '@leadstream/service/injected';
import type { Logger } from 'pino';
import { latest } from './latest.ts';
import { Hour } from './hour.ts';
import { Reader, type ReaderOptions } from './reader.ts';
import { Recent, type LiveEvent } from './recent.ts';

const EVENTS_MAX = 10_000;
const READERS_MAX = 500;
/** A caller may be a team that shares a token, or a person with many tabs. */
const READERS_OF_CALLER_MAX = 50;
const TICK_MS = 15_000;
const AGAIN_MS = 1_000;
const KNOWN_WAIT_MS_MAX = 4_000;

/** The events of the last hour and from now on, read once a process, for all of its readers. */
@Injectable()
export class Live implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly hour = new Hour();
  private recent = new Recent(EVENTS_MAX);
  /** Indices of the streams of which the last hour is not read. */
  private unread = new Set([0]);
  /** Each with its caller. */
  private readonly readers = new Map<Reader, string>();
  private readonly known = Promise.withResolvers<undefined>();
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly broker: Broker,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  onApplicationBootstrap(): void {
    const tick = setInterval(() => this.readers.forEach((_, reader) => reader.tick()), TICK_MS).unref();
    // The server waits for open responses before it closes.
    const end = () => {
      clearInterval(tick);
      for (const reader of this.readers.keys()) reader.end();
    };
    this.stopping.addEventListener('abort', end, { once: true });
    this.following = this.follow();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.following;
  }

  /** Resolves once the last hour is read; throws Unavailable when NATS does not deliver it soon. */
  async ready(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Unavailable('the last hour was not read yet')), KNOWN_WAIT_MS_MAX);
    await Promise.race([this.known.promise, late.promise]).finally(() => clearTimeout(timer));
  }

  /** Up to `max` of the last hour's events, the newest first. */
  newest(max: number, isWanted: ReaderOptions['isWanted']): LiveEvent[] {
    return this.recent.newest(max, isWanted);
  }

  get isFull(): boolean {
    return this.readers.size >= READERS_MAX;
  }

  /** True for a caller with as many readers as it may have, so that it leaves room for the others. */
  isFullFor(caller: string): boolean {
    return [...this.readers.values()].filter((one) => one === caller).length >= READERS_OF_CALLER_MAX;
  }

  /** The number of sequences that a place has. */
  get partitions(): number {
    return this.recent.head.length;
  }

  /** Sends events to `out` from now on, or from behind a place, until it closes. */
  read(caller: string, out: Writable, isWanted: ReaderOptions['isWanted'], after: Place = this.recent.head): void {
    // The caller left during the wait: nothing would take the reader away.
    if (out.destroyed) return;
    const reader = new Reader(out, { recent: this.recent, isWanted, after });
    this.readers.set(reader, caller);
    out.on('close', () => void this.readers.delete(reader));
    if (this.stopping.aborted) reader.end();
  }

  private async follow(): Promise<void> {
    await this.again(async () => {
      const streams = streamsOf(this.broker);
      this.unread = new Set(streams.keys());
      this.recent = new Recent(EVENTS_MAX, streams.length);
      await Promise.all(streams.map((log, index) => this.again(() => this.followOnce(log, index))));
    });
  }

  private async again(work: () => Promise<void>): Promise<void> {
    const signal = this.stopping;
    while (!signal.aborted) {
      try {
        await this.broker.ready(signal);
        await work();
      } catch (error) {
        if (!signal.aborted) this.log.warn({ error: describeError(error) }, 'LEADS cannot be followed, trying again');
      }
      await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until NATS reconnects, or delivers no more. */
  private async followOnce(log: LogStream, index: number): Promise<void> {
    const { last_seq: end } = (await logInfo(this.broker, log)).state;
    const head = this.recent.head[index] ?? 0;
    if (end < head) {
      // A restored log ends before the one that was read.
      this.hour.clear();
      this.recent.begin(end, index);
    }
    const from = head > 0 ? { after: Math.min(head, end) } : {};
    for await (const event of latest(this.broker, log, { ...from, end, signal: this.stopping })) {
      if (event === 'caught-up') this.caughtUp(end, index);
      else this.take(event, index);
    }
  }

  private caughtUp(end: number, index: number): void {
    if (this.recent.head[index] === 0) this.recent.skipTo(end, index);
    this.unread.delete(index);
    if (this.unread.size === 0) this.known.resolve(undefined);
  }

  private take(event: LiveEvent, index: number): void {
    if (event.seq <= (this.recent.head[index] ?? 0)) return;
    this.recent.add(event, index);
    this.hour.add(event);
    for (const reader of this.readers.keys()) reader.pump();
  }
}
