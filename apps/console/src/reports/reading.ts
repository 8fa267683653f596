import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ContractError, parseRecorded } from '@leadstream/contracts/envelope';
import { begins, type EventType, type Recorded } from '@leadstream/contracts/events';
import { covers, type Place } from '@leadstream/contracts/place';
import { Broker } from '@leadstream/eventlog/broker';
import { Chain } from '@leadstream/eventlog/chain';
import { describeError, HoleInChain } from '@leadstream/eventlog/errors';
import { indexOf, logEnd, placeAfter, readLog } from '@leadstream/eventlog/log-stream';
import { LOGGER, STOPPING } from '@leadstream/service/injected';
import type { JsMsg } from '@nats-io/jetstream';
import type { Logger } from 'pino';
import { Tally, TALLIED } from './tally.ts';

const DAY_MS = 24 * 3_600_000;
/** The periods that are read, the longest first: the first one with at most `KEPT_MAX` runs, mails and held steps. */
const DAYS = [90, 30, 7, 1, 1 / 24] as const;
/** Some 300 bytes each. */
const KEPT_MAX = 200_000;
/** Leads that began before the period are read one by one. */
const EARLIER_MAX = 20_000;
/** After this part of a period it is read anew, so that what left it leaves the memory. */
const SLACK = 1 / 8;
const FRESH_MS = 1_000;
const WAIT_MS_MAX = 2_000;

const TYPES = (Object.keys(TALLIED) as EventType[]).filter((type) => TALLIED[type]);

/**
 * The next period after one with too much in it that was stored from `firstMs` on: those that begin before then have
 * the same in them.
 */
export function shorterPeriod(days: number, firstMs: number, nowMs = Date.now()): number {
  const at = DAYS.findIndex((length, index) => index > days && nowMs - length * DAY_MS > firstMs);
  return at < 0 ? DAYS.length - 1 : at;
}

/** What was read so far. */
export interface Read {
  tally: Tally;
  /** The figures are whole from here on. */
  sinceMs: number;
  /** From 0 to 1; below 1 the log is being read. */
  share: number;
  /** Leads that began before the period and whose run then is not known: there are too many. */
  unknown: number;
  /** When all that was in the log then was read; null: not once yet. */
  readAt: string | null;
}

/**
 * The runs and mails of the last days, from the log. Nothing is read before somebody asks; then the events of the
 * period once, and after that what has come since, at most every second.
 */
@Injectable()
export class Reports implements OnApplicationShutdown {
  /** Less in specs. */
  protected readonly keptMax: number = KEPT_MAX;
  private tally = new Tally();
  /** The creation of the log, which may be restored or replaced. */
  private created = '';
  private place: Place = [];
  private days = 0;
  private sinceMs = 0;
  /** When the first event of the period was stored. */
  private firstMs = Infinity;
  private earlier = 0;
  private share = 0;
  private done: { atMs: number; at: string } | undefined;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly broker: Broker,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.reading?.catch(() => undefined);
  }

  /** What is read by now, after at most two seconds. Throws Unavailable when the log was not read once. */
  async read(): Promise<Read> {
    if (!this.reading && !(this.done && performance.now() - this.done.atMs < FRESH_MS)) {
      this.reading = this.catchUp().finally(() => (this.reading = undefined));
      this.reading.catch((error: unknown) =>
        this.log.warn({ error: describeError(error) }, 'reports are not up to date'),
      );
    }
    const reading = this.done ? this.reading?.catch(() => undefined) : this.reading;
    await Promise.race([reading, delay(WAIT_MS_MAX, undefined, { ref: false })]);
    const { tally, sinceMs, share, done } = this;
    return { tally, sinceMs, share, unknown: Math.max(0, this.earlier - EARLIER_MAX), readAt: done?.at ?? null };
  }

  private async catchUp(): Promise<void> {
    const { created, end } = await logEnd(this.broker);
    const isOther = created !== this.created || !covers(end, this.place);
    if (isOther || Date.now() - this.sinceMs > (DAYS[this.days] ?? 0) * DAY_MS * (1 + SLACK))
      this.begin(created, end, 0);
    const at = new Date().toISOString();
    await this.readTo(end);
    this.place = end;
    this.share = 1;
    this.done = { atMs: performance.now(), at };
  }

  private begin(created: string, end: Place, days: number): void {
    this.tally = new Tally();
    this.created = created;
    this.place = end.map(() => 0);
    this.days = days;
    this.sinceMs = Date.now() - (DAYS[days] ?? 1) * DAY_MS;
    this.firstMs = Infinity;
    this.earlier = 0;
    this.share = 0;
    this.done = undefined;
  }

  private async readTo(end: Place): Promise<void> {
    if (covers(this.place, end)) return;
    const range = { after: this.place, since: new Date(this.sinceMs).toISOString(), upTo: end };
    const firsts: number[] = [];
    for await (const message of readLog(this.broker, { types: TYPES, ...range, signal: this.stopping })) {
      const index = indexOf(this.broker, message);
      const first = (firsts[index] ??= message.seq);
      this.firstMs = Math.min(this.firstMs, message.time.getTime());
      await this.take(message);
      this.place = placeAfter(this.broker, this.place, message);
      const ofStream = (message.seq - first) / Math.max(1, (end[index] ?? 0) - first);
      if (!this.done) this.share = Math.min(0.99, (index + ofStream) / end.length);
      if (this.tally.kept <= this.keptMax || this.days === DAYS.length - 1) continue;
      this.begin(this.created, end, shorterPeriod(this.days, this.firstMs));
      return this.readTo(end);
    }
  }

  /** An unreadable event counts for nothing here; `leadctl verify` reports it. */
  private async take(message: JsMsg): Promise<void> {
    try {
      const event = parseRecorded(message);
      if (!this.tally.has(event.leadId) && !begins(event) && event.type !== 'lead.triaged') await this.earlierOf(event);
      this.tally.add(event);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
    }
  }

  /** The lead began before the period: its mails have the run, the tag and the zone of then. */
  private async earlierOf({ leadId, seq }: Recorded): Promise<void> {
    if (++this.earlier > EARLIER_MAX) return;
    try {
      for (const event of await new Chain(this.broker, 'blind').raw(leadId)) if (event.seq < seq) this.tally.add(event);
    } catch (error) {
      if (!(error instanceof HoleInChain || error instanceof ContractError)) throw error;
    }
  }
}
