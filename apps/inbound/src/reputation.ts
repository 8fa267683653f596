import { setTimeout as delay } from 'node:timers/promises';
import type { EventType } from '@leadstream/contracts/events';
import { describeError } from '@leadstream/eventlog/errors';
import { parseJson, type AccountStore } from '@leadstream/service/account';
import type { Metrics } from '@leadstream/service/metrics';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Config } from './config.ts';
import { DSN } from './dsn-facts.ts';

const FLUSH_MS = 5_000;
const RACE_MS = 20;
const KINDS = { 'lead.delivered': 'delivered', 'lead.bounced': 'bounced', 'lead.complained': 'complained' } as const satisfies Partial<Record<EventType, string>>;
/** Fewer are chance: one complaint among the first ten mails of a day is no rate. */
const COUNTED_MIN = { bounced: 10, complained: 3 } as const;
const MAILS_MIN = 200;

const count = z.number().int().min(0);
const daySchema = z.object({ day: z.string(), delivered: count, bounced: count, complained: count, paused: z.boolean() });
type Day = z.infer<typeof daySchema>;
const newDay = (day: string): Day => ({ day, delivered: 0, bounced: 0, complained: 0, paused: false });

/**
 * What mailboxes make of an account's mails, one UTC day at a time, counted together by all inbound processes. Above a
 * limit the account is paused, once a day, until a person has looked: the next providers to block it would not ask.
 * Counts are written every 5 s; what a killed process had not written is missing in the rate, and in nothing else.
 */
export class Reputation {
  private counted = { delivered: 0, bounced: 0, complained: 0 };
  private readonly flushing: NodeJS.Timeout;

  constructor(
    private readonly account: AccountStore,
    private readonly limits: Pick<Config, 'BOUNCE_RATE_MAX' | 'COMPLAINT_RATE_MAX'>,
    private readonly metrics: Metrics,
    private readonly log: Logger,
  ) {
    this.flushing = setInterval(() => void this.flush().catch((error: unknown) => log.warn({ error: describeError(error) }, 'the account’s reputation is counted later')), FLUSH_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.flushing);
    await this.flush().catch((error: unknown) => this.log.warn({ error: describeError(error) }, 'what was counted last is lost'));
  }

  /** Counts a fact that was new to the log. Not what a notification tells: the provider tells it too, and whoever has a mail of ours can write one. */
  add(type: EventType, classification?: string): void {
    if (classification !== DSN && Object.hasOwn(KINDS, type)) this.counted[KINDS[type as keyof typeof KINDS]]++;
  }

  /** Adds what was counted to the account's day, and judges it. Throws Unavailable, and then nothing is lost. */
  async flush(now = new Date()): Promise<void> {
    const mine = this.counted;
    if (mine.delivered + mine.bounced + mine.complained === 0) return;
    this.counted = { delivered: 0, bounced: 0, complained: 0 };
    try {
      const day = await this.merge(mine, now.toISOString().slice(0, 10));
      for (const kind of ['bounced', 'complained'] as const) this.metrics.accountRatio.set({ provider: this.account.account, kind }, ratio(day, kind));
    } catch (error) {
      for (const kind of Object.values(KINDS)) this.counted[kind] += mine[kind];
      throw error;
    }
  }

  private async merge(mine: Record<(typeof KINDS)[keyof typeof KINDS], number>, today: string): Promise<Day> {
    for (;;) {
      const was = await this.account.entry('reputation');
      const stored = was && daySchema.safeParse(parseJson(was.string())).data;
      const before = stored?.day === today ? stored : newDay(today);
      const sum = { ...before, delivered: before.delivered + mine.delivered, bounced: before.bounced + mine.bounced, complained: before.complained + mine.complained };
      const why = before.paused ? undefined : this.excess(sum);
      // Before it is written down that it was: whoever dies in between has it done again.
      if (why) await this.pause(why);
      const after = { ...sum, paused: before.paused || why !== undefined };
      if (await this.account.write('reputation', JSON.stringify(after), was)) return after;
      await delay(Math.random() * RACE_MS);
    }
  }

  private async pause(why: string): Promise<void> {
    this.log.error({ provider: this.account.account, why, outcome: 'sending paused' }, 'error');
    await this.account.pause({ why, by: 'inbound' });
  }

  private excess(day: Day): string | undefined {
    if (day.delivered + day.bounced < MAILS_MIN) return undefined;
    const max = { bounced: this.limits.BOUNCE_RATE_MAX, complained: this.limits.COMPLAINT_RATE_MAX };
    const kind = (['complained', 'bounced'] as const).find((kind) => day[kind] >= COUNTED_MIN[kind] && ratio(day, kind) > max[kind]);
    return kind && `${day[kind]} of ${day.delivered + day.bounced} mails of ${day.day} ${kind}: more than ${max[kind] * 100} %`;
  }
}

const ratio = (day: Day, kind: 'bounced' | 'complained'): number => day[kind] / Math.max(1, day.delivered + day.bounced);
