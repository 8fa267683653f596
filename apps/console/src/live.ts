import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Broker } from '@leadstream/eventlog/broker';
import { describeError, Unavailable } from '@leadstream/eventlog/errors';
import { logInfo } from '@leadstream/eventlog/log-stream';
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
  private readonly recent = new Recent(EVENTS_MAX);
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

  /** Sends events to `out` from now on, or from behind a sequence, until it closes. */
  read(caller: string, out: Writable, isWanted: ReaderOptions['isWanted'], after = this.recent.head): void {
    // The caller left during the wait: nothing would take the reader away.
    if (out.destroyed) return;
    const reader = new Reader(out, { recent: this.recent, isWanted, after });
    this.readers.set(reader, caller);
    out.on('close', () => void this.readers.delete(reader));
    if (this.stopping.aborted) reader.end();
  }

  private async follow(): Promise<void> {
    const signal = this.stopping;
    while (!signal.aborted) {
      try {
        await this.broker.ready(signal);
        await this.followOnce(signal);
      } catch (error) {
        if (!signal.aborted) this.log.warn({ error: describeError(error) }, 'LEADS cannot be followed, trying again');
      }
      await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until NATS reconnects, or delivers no more. */
  private async followOnce(signal: AbortSignal): Promise<void> {
    const { last_seq: end } = (await logInfo(this.broker)).state;
    const { head } = this.recent;
    if (end < head) {
      // A restored log ends before the one that was read.
      this.hour.clear();
      this.recent.begin(end);
    }
    const events = latest(this.broker, { ...(head > 0 ? { after: Math.min(head, end) } : {}), end, signal });
    for await (const event of events) {
      if (event === 'caught-up') this.caughtUp(end);
      else this.take(event);
    }
  }

  private caughtUp(end: number): void {
    if (this.recent.head === 0) this.recent.begin(end);
    this.known.resolve(undefined);
  }

  private take(event: LiveEvent): void {
    if (event.seq <= this.recent.head) return;
    this.recent.add(event);
    this.hour.add(event);
    for (const reader of this.readers.keys()) reader.pump();
  }
}
