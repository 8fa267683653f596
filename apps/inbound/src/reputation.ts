import { setTimeout as delay } from 'node:timers/promises';
import type { EventType } from '@leadstream/contracts/events';
import { describeError } from '@leadstream/eventlog/errors';
import { parseJson, type AccountStore } from '@leadstream/service/account';
import type { Metrics } from '@leadstream/service/metrics';
import { Tries, TRIES_NEEDED } from '@leadstream/service/tries';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { DSN } from './bounce/facts.ts';
import {
  added,
  newDay,
  NOTHING,
  OTHERS,
  readDay,
  verdictOf,
  withCounts,
  type Counts,
  type Day,
  type Limits,
} from '@leadstream/service/reputation-day';

const FLUSH_MS = 5_000;
const RACE_MS = 20;
const KINDS = {
  'lead.delivered': 'delivered',
  'lead.bounced': 'bounced',
  'lead.complained': 'complained',
} as const satisfies Partial<Record<EventType, keyof Counts>>;
/** Whether an event means that a try of a paused account arrived. */
const ARRIVED: ReadonlyMap<EventType, boolean> = new Map([
  ['lead.delivered', true],
  ['lead.bounced', false],
  ['lead.undelivered', false],
  ['lead.complained', false],
]);
/** The limit of one flush; a try whose outcome is beyond it is repeated. */
const OUTCOMES_MAX = 10_000;

/** A fact that was new to the log: the lead's source (`originName`) and the mail. */
export interface Counted {
  source: string;
  sendId?: string | undefined;
  /** The ESP whose own event it is; undefined for a mail. */
  provider?: string | undefined;
  classification?: string | undefined;
}

/**
 * The bounces and complaints of an account's mails, by UTC day, summed over all inbound processes. Above a limit the
 * source of the bounces is paused, or the account when they come from several; once a day each, until an operator
 * resumes it. A paused account is tried with one mail now and then, and resumes when enough tries in a row have
 * arrived. Counts are written every 5 s; a killed process loses its unwritten counts, which affects only the rate.
 */
export class Reputation {
  private counted = new Map<string, Counts>();
  private outcomes = new Map<string, boolean>();
  /** At the start too: a process may have been killed between a try's record and the account's resume. */
  private mayResume = true;
  private readonly tries: Tries;
  private readonly limits: Limits;
  private readonly flushing: NodeJS.Timeout;

  constructor(
    private readonly account: AccountStore,
    { BOUNCE_RATE_MAX, COMPLAINT_RATE_MAX }: Pick<Config, 'BOUNCE_RATE_MAX' | 'COMPLAINT_RATE_MAX'>,
    private readonly metrics: Metrics,
    private readonly log: Logger,
  ) {
    this.limits = { bounced: BOUNCE_RATE_MAX, complained: COMPLAINT_RATE_MAX };
    this.tries = new Tries(account);
    this.flushing = setInterval(
      () =>
        void this.flush().catch((error: unknown) => {
          log.warn({ error: describeError(error) }, 'reputation counts could not be stored or judged, trying again');
        }),
      FLUSH_MS,
    ).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.flushing);
    await this.flush().catch((error: unknown) => {
      this.log.warn({ error: describeError(error) }, 'the last reputation counts are lost');
    });
  }

  /**
   * Counts a fact, but not one from a delivery status notification: the provider reports the same bounce, and a
   * stranger who has a mail of ours can forge a notification. The events of an ESP that sent before are not this
   * account's.
   */
  add(type: EventType, { source, sendId, provider, classification }: Counted): void {
    if (classification === DSN) return;
    if (provider !== undefined && provider !== this.account.account) return;
    if (Object.hasOwn(KINDS, type)) {
      const kind = KINDS[type as keyof typeof KINDS];
      const counts = this.counted.get(source) ?? NOTHING;
      this.counted.set(source, { ...counts, [kind]: counts[kind] + 1 });
    }
    const hasArrived = ARRIVED.get(type);
    if (hasArrived === undefined || sendId === undefined || this.outcomes.size >= OUTCOMES_MAX) return;
    this.outcomes.set(sendId, hasArrived && this.outcomes.get(sendId) !== false);
  }

  /** Adds the new counts to the account's day, and applies its limits. Throws Unavailable; no count is lost then. */
  async flush(now = new Date()): Promise<void> {
    const today = now.toISOString().slice(0, 10);
    await this.count(today);
    await this.settle();
    if (this.mayResume) await this.goOn(today);
  }

  private async count(today: string): Promise<void> {
    const mine = this.counted;
    if (mine.size === 0) return;
    this.counted = new Map();
    try {
      await this.merge(mine, today);
    } catch (error) {
      for (const [source, counts] of mine) this.counted.set(source, added(counts, this.counted.get(source) ?? NOTHING));
      throw error;
    }
  }

  /** Records the outcome of a paused account's try. */
  private async settle(): Promise<void> {
    const outcomes = this.outcomes;
    if (outcomes.size === 0) return;
    this.outcomes = new Map();
    try {
      const settled = await this.tries.settle(outcomes);
      if (!settled) return;
      const { arrived } = settled;
      this.metrics.espTries.inc({ provider: this.account.account, outcome: arrived > 0 ? 'arrived' : 'not arrived' });
      this.log.warn({ provider: this.account.account, arrived, needed: TRIES_NEEDED }, 'the account’s try has ended');
      this.mayResume = arrived >= TRIES_NEEDED;
    } catch (error) {
      this.outcomes = new Map([...outcomes, ...this.outcomes]);
      throw error;
    }
  }

  /**
   * Begins the day anew, then resumes, if enough tries of the account's pause have arrived: the same mails must not
   * pause the account again, and later ones must be able to pause it, or each of its sources. In the other order a
   * crash in between would leave the old counts.
   */
  private async goOn(today: string): Promise<void> {
    const last = await this.tries.last();
    if (last && last.arrived >= TRIES_NEEDED && (await this.account.paused())?.at === last.pausedAt) {
      const { pausedAt } = last;
      // Once: another process may have resumed the account meanwhile, and have counted since.
      await this.change(today, (day) => (day.resumed === pausedAt ? day : { ...newDay(today), resumed: pausedAt }));
      const why = `${TRIES_NEEDED} tries in a row have arrived`;
      if (await this.account.resume({ by: 'inbound', why }, pausedAt))
        this.log.warn({ provider: this.account.account, outcome: 'sending resumed' }, 'the account was resumed');
    }
    this.mayResume = false;
  }

  private merge(mine: ReadonlyMap<string, Counts>, today: string): Promise<Day> {
    return this.change(today, async (before) => {
      const day = [...mine].reduce((sum, [source, counts]) => withCounts(sum, source, counts), before);
      const { account, above } = verdictOf(day, this.limits);
      // Before the day is marked as paused: after a crash in between the pause is repeated.
      const why = account ?? (await this.pauseSources(day, above));
      if (why) await this.pause(why);
      const judged = new Set(above.map(({ name }) => name));
      const sources = Object.entries(day.sources).map(
        ([name, counts]) => [name, { ...counts, paused: counts.paused || judged.has(name) }] as const,
      );
      return { ...day, paused: day.paused || why !== undefined, sources: Object.fromEntries(sources) };
    });
  }

  /** Pauses the sources; returns a reason to pause the account instead when the list of paused sources is full. */
  private async pauseSources(
    { paused }: Day,
    above: readonly { name: string; why: string }[],
  ): Promise<string | undefined> {
    for (const { name, why } of above.filter((source) => source.name !== OTHERS)) {
      this.log.error(
        { provider: this.account.account, source: name, why, outcome: 'source paused' },
        'a source is above a limit',
      );
      if (!(await this.account.pauseSource(name, { why, by: 'inbound' })) && !paused)
        return `too many sources are paused; ${why}`;
    }
    return undefined;
  }

  private async change(today: string, decide: (day: Day) => Day | Promise<Day>): Promise<Day> {
    for (;;) {
      const was = await this.account.entry('reputation');
      const stored = was && readDay(parseJson(was.string()));
      const before = stored?.day === today ? stored : newDay(today);
      const after = await decide(before);
      if (after === before || (await this.account.write('reputation', JSON.stringify(after), was))) return after;
      await delay(Math.random() * RACE_MS);
    }
  }

  private async pause(why: string): Promise<void> {
    this.log.error({ provider: this.account.account, why, outcome: 'sending paused' }, 'the account is above a limit');
    await this.account.pause({ why, by: 'inbound', kind: 'reputation' });
  }
}
