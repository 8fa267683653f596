import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { readPace, type AccountStore, type PaceEntry } from '@leadstream/service/account';
import { dailyCap, warmupText, type Warmup } from '@leadstream/service/warmup';

/** The burst after an idle time. */
const BURST_MS = 200;
/** Above this wait, `take` returns instead of waiting with a mail in hand. */
const WAIT_MS_MAX = 10_000;
/** The longest hold: a provider's hint beyond it may be a fault of its clock or unit. */
const HOLD_MS_MAX = 3_600_000;
const DAY_MS = 86_400_000;
const RACE_MS = 5;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export interface Limits {
  perSecond: number;
  /** 0: no limit. Days are UTC. */
  perDay: number;
  warmup?: Warmup | undefined;
}

/** The account's sends of a day by the log, counted to `max`. Throws Unavailable. */
export type SendsOfDay = (day: string, max: number) => Promise<number>;

/**
 * The call rate of one ESP account, shared by all senders: a token bucket and a day's count in one entry, changed by
 * compare-and-swap. A sender takes as many permits as it has mails waiting; a killed sender's permits are lost, which
 * makes the rate lower, never higher. Where the entry does not know the day, after a restore or when it is unreadable,
 * the day's sends are counted in the log: an account in its warm-up must not begin its day twice.
 */
export class Pace {
  private line: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private granted = 0;
  /** Whether this sender has written its limits: two with different ones must not take turns at each wait. */
  private isShown = false;

  constructor(
    private readonly account: AccountStore,
    private readonly limits: Limits,
    private readonly now: () => number = Date.now,
    private readonly sendsOfDay: SendsOfDay = () => Promise.resolve(0),
  ) {}

  /**
   * Waits for a token, first come, first served: returns 0 with a token, otherwise the delay in ms until the next
   * request. Throws Unavailable.
   */
  take(signal: AbortSignal): Promise<number> {
    this.waiting++;
    const turn = this.line
      .then(() => this.next(signal))
      .finally(() => {
        this.waiting--;
      });
    this.line = turn.catch(() => undefined);
    return turn;
  }

  /** Holds all senders for `ms`, after the provider's hint to one of them. Throws Unavailable. */
  async hold(ms: number): Promise<void> {
    await this.change((bucket, nowMs) => ({
      ...bucket,
      fullAtMs: Math.max(bucket.fullAtMs, nowMs + Math.min(ms, HOLD_MS_MAX)),
    }));
  }

  private async next(signal: AbortSignal): Promise<number> {
    while (!signal.aborted) {
      if (this.granted > 0) {
        this.granted--;
        return 0;
      }
      const waitMs = await this.refill();
      if (waitMs > WAIT_MS_MAX) return waitMs;
      if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
    return WAIT_MS_MAX;
  }

  /** Returns 0 when a token was granted, otherwise the delay until one can be. */
  private async refill(): Promise<number> {
    const { perSecond } = this.limits;
    const intervalMs = 1_000 / perSecond;
    const slackMs = Math.max(BURST_MS - intervalMs, 0);
    let [waitMs, permits] = [0, 0];
    await this.change((bucket, nowMs) => {
      permits = 0;
      const perDay = this.capAt(nowMs);
      const left = perDay === 0 ? this.waiting : perDay - bucket.calls;
      waitMs = left <= 0 ? DAY_MS - (nowMs % DAY_MS) : Math.max(bucket.fullAtMs - slackMs - nowMs, 0);
      // The limits are written before the first call, too: `leadctl account show` says what is waited for.
      if (waitMs > 0) return this.isShown || isDeepStrictEqual(bucket.limits, this.written) ? undefined : bucket;
      const fullAtMs = Math.max(bucket.fullAtMs, nowMs);
      permits = Math.min(this.waiting, left, Math.floor((nowMs + slackMs - fullAtMs) / intervalMs) + 1);
      return { ...bucket, fullAtMs: fullAtMs + permits * intervalMs, calls: bucket.calls + permits };
    });
    this.granted = permits;
    return waitMs;
  }

  private capAt(nowMs: number): number {
    return dailyCap(this.limits.perDay, this.limits.warmup, dayOf(nowMs));
  }

  /** The limits as the entry has them, for those who show them. */
  private get written(): PaceEntry['limits'] {
    const { perSecond, perDay, warmup } = this.limits;
    return { perSecond, perDay, ...(warmup ? { warmup: warmupText(warmup) } : {}) };
  }

  private async callsBefore(day: string, nowMs: number): Promise<number> {
    const cap = this.capAt(nowMs);
    return cap === 0 ? 0 : this.sendsOfDay(day, cap);
  }

  private async change(decide: (bucket: PaceEntry, nowMs: number) => PaceEntry | undefined): Promise<void> {
    for (;;) {
      const was = await this.account.entry('pace');
      const nowMs = this.now();
      const day = dayOf(nowMs);
      const stored = readPace(was);
      // Limits the effect of another sender's clock that is far ahead, or a day behind.
      const isNewDay = day > stored.day;
      const bucket = {
        ...stored,
        fullAtMs: Math.min(stored.fullAtMs, nowMs + HOLD_MS_MAX),
        ...(isNewDay ? { day, calls: await this.callsBefore(day, nowMs) } : {}),
      };
      const next = decide(bucket, nowMs) ?? (isNewDay ? bucket : undefined);
      if (next === undefined) return;
      this.isShown = await this.account.write('pace', JSON.stringify({ ...next, limits: this.written }), was);
      if (this.isShown) return;
      await delay(Math.random() * RACE_MS);
    }
  }
}
