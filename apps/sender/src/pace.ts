import { setTimeout as delay } from 'node:timers/promises';
import { readPace, type AccountStore, type PaceEntry } from '@leadstream/service/account';

/** The burst after an idle time. */
const BURST_MS = 200;
/** Above this wait, `take` returns instead of waiting with a mail in hand. */
const WAIT_MS_MAX = 10_000;
/** The longest hold: a provider's hint beyond it may be a fault of its clock or unit. */
const HOLD_MS_MAX = 3_600_000;
const DAY_MS = 86_400_000;
const RACE_MS = 5;

export interface Limits {
  perSecond: number;
  /** 0: no limit. Days are UTC. */
  perDay: number;
}

/**
 * The call rate of one ESP account, shared by all senders: a token bucket and a day's count in one entry, changed by
 * compare-and-swap. A sender takes as many permits as it has mails waiting; a killed sender's permits are lost, which
 * makes the rate lower, never higher.
 */
export class Pace {
  private line: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private granted = 0;

  constructor(
    private readonly account: AccountStore,
    private readonly limits: Limits,
    private readonly now: () => number = Date.now,
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
    const { perSecond, perDay } = this.limits;
    const intervalMs = 1_000 / perSecond;
    const slackMs = Math.max(BURST_MS - intervalMs, 0);
    let [waitMs, permits] = [0, 0];
    await this.change((bucket, nowMs) => {
      permits = 0;
      const left = perDay === 0 ? this.waiting : perDay - bucket.calls;
      waitMs = left <= 0 ? DAY_MS - (nowMs % DAY_MS) : Math.max(bucket.fullAtMs - slackMs - nowMs, 0);
      if (waitMs > 0) return undefined;
      const fullAtMs = Math.max(bucket.fullAtMs, nowMs);
      permits = Math.min(this.waiting, left, Math.floor((nowMs + slackMs - fullAtMs) / intervalMs) + 1);
      return { ...bucket, fullAtMs: fullAtMs + permits * intervalMs, calls: bucket.calls + permits };
    });
    this.granted = permits;
    return waitMs;
  }

  private async change(decide: (bucket: PaceEntry, nowMs: number) => PaceEntry | undefined): Promise<void> {
    for (;;) {
      const was = await this.account.entry('pace');
      const nowMs = this.now();
      const day = new Date(nowMs).toISOString().slice(0, 10);
      const stored = readPace(was);
      // Limits the effect of another sender's clock that is far ahead, or a day behind.
      const bucket = {
        ...stored,
        fullAtMs: Math.min(stored.fullAtMs, nowMs + HOLD_MS_MAX),
        ...(day > stored.day ? { day, calls: 0 } : {}),
      };
      const next = decide(bucket, nowMs);
      if (next === undefined || (await this.account.write('pace', JSON.stringify(next), was))) return;
      await delay(Math.random() * RACE_MS);
    }
  }
}
