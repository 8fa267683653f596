import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { batches, eachLogStream } from '@leadstream/eventlog/batches';
import { Broker } from '@leadstream/eventlog/broker';
import { describeError } from '@leadstream/eventlog/errors';
import { BATCH_MAX } from '@leadstream/providers/hubspot/contacts';
import { dayEndsMs, hubspotCall, HubSpotTrouble, type HubSpotCall } from '@leadstream/providers/hubspot/access';
import { missingProperties } from '@leadstream/providers/hubspot/properties';
import type { Clock } from '@leadstream/service/clock';
import { ToldLeads } from '@leadstream/service/crm/told';
import { RestoreGuard } from '@leadstream/service/guard';
import type { Answered } from '@leadstream/service/crm/words';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import type { JsMsg } from '@nats-io/jetstream';
import type { Logger } from 'pino';
import { ACK_WAIT_MS, type Config } from './config.ts';
import { Paced } from './paced.ts';
import { CALL_MS, Sync } from './sync.ts';

export const CRM = 'crm';
const EVENTS_MAX = 1_000;
const ACCOUNT_MS = 300_000;
/** A `Retry-After` of 0 would be a hot loop. */
const WAIT_MS_MIN = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Reads the log, and writes the state of each lead of which it has an event to its contact at HubSpot. The event itself
 * counts for nothing: a late or repeated one leads to the same state.
 */
@Injectable()
export class Updates implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private updating: Promise<void> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly leads: LeadLog,
    private readonly guard: RestoreGuard,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { HUBSPOT_TOKEN, HUBSPOT_BASE_URL } = this.config;
    this.metrics.crmHeld.set(0);
    if (HUBSPOT_TOKEN === undefined) return void this.log.info('HUBSPOT_TOKEN is not set: no contact is written');
    const counted = (answer: Answered) => {
      this.metrics.crmCalls.inc({ answer });
      if (answer === 'ok') this.metrics.crmHeld.set(0);
    };
    const paced = new Paced(hubspotCall({ HUBSPOT_TOKEN, HUBSPOT_BASE_URL }, CALL_MS), counted);
    this.updating = this.run(paced.call).finally(() => paced.close());
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.updating;
  }

  private async run(call: HubSpotCall): Promise<void> {
    const { signal } = this.stopping;
    const told = new ToldLeads(this.broker, this.config.STREAM_REPLICAS);
    await this.untilDone(call, async () => {
      const missing = await missingProperties(call);
      if (missing.length > 0) throw new HubSpotTrouble('account', `no property ${missing.join(', ')}`);
      await this.broker.ready(signal);
      await told.open();
    });
    await eachLogStream(this.broker, signal, (stream) => this.follow(stream, told, call));
  }

  private async follow(stream: string, told: ToldLeads, call: HubSpotCall): Promise<void> {
    const { signal } = this.stopping;
    const sync = new Sync({
      load: async (leadId) => (await this.leads.load(leadId, { leader: true })).state,
      told,
      call,
      create: this.config.HUBSPOT_CREATE,
      log: this.log,
      counted: (outcome) => this.metrics.crmContacts.inc({ outcome }),
    });
    const pace = {
      max: EVENTS_MAX,
      expiresMs: 1_000,
      everyMs: this.config.HUBSPOT_EVERY_MS,
      // A lead that is owed later is told without another event, too.
      idleMs: this.config.HUBSPOT_EVERY_MS,
      ackWaitMs: ACK_WAIT_MS,
      signal,
    };
    for await (const batch of batches(this.broker, { stream, durable: CRM, ...pace })) {
      // What is read of a log that may be another one must not be the last word.
      if (!this.guard.open && (await this.guard.whenOpen(signal))) for (const message of batch) message.nak();
      else await this.take(sync, call, batch);
      await this.payOwed(sync, call, signal);
    }
  }

  private async take(sync: Sync, call: HubSpotCall, batch: readonly JsMsg[]): Promise<void> {
    const isSameLog = this.guard.openSince();
    const ofLead = Map.groupBy(batch, ({ subject }) => subject.split('.')[1] ?? '');
    const leadIds = [...ofLead.keys()];
    const giveBack = (some: readonly string[], ms: number) => {
      // NATS takes a delay with a fraction for none.
      for (const leadId of some) for (const message of ofLead.get(leadId) ?? []) message.nak(Math.ceil(ms));
    };
    for (let from = 0; from < leadIds.length; from += BATCH_MAX) {
      if (this.stopping.signal.aborted || !isSameLog()) return giveBack(leadIds.slice(from), 0);
      const some = leadIds.slice(from, from + BATCH_MAX);
      try {
        const again = await sync.tell(some);
        // An acknowledgement would count for the message of that number in the other log.
        if (!isSameLog()) return giveBack(leadIds.slice(from), 0);
        for (const [leadId, ms] of again) giveBack([leadId], ms);
        for (const leadId of some)
          if (!again.has(leadId)) for (const message of ofLead.get(leadId) ?? []) message.ack();
      } catch (error) {
        const waitMs = await this.waitMs(call, error);
        giveBack(leadIds.slice(from), waitMs);
        return this.hold(waitMs);
      }
    }
  }

  /**
   * Before another batch, and once more at a stop: nothing else brings back a lead whose message another process has
   * acknowledged.
   */
  private async payOwed(sync: Sync, call: HubSpotCall, signal: AbortSignal): Promise<void> {
    while (sync.owes) {
      if (signal.aborted) return void (await sync.tellOwed().catch((error: unknown) => this.waitMs(call, error)));
      await this.untilDone(call, () => sync.tellOwed());
      if (sync.owes) await delay(this.config.HUBSPOT_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async untilDone(call: HubSpotCall, work: () => Promise<void>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        return await work();
      } catch (error) {
        await this.hold(await this.waitMs(call, error));
      }
    }
  }

  /** How long nobody is asked; also a log line. */
  private async waitMs(call: HubSpotCall, error: unknown): Promise<number> {
    if (!(error instanceof HubSpotTrouble)) {
      this.log.warn({ error: describeError(error) }, 'HubSpot is told later');
      return this.config.HUBSPOT_EVERY_MS;
    }
    const { kind, message: why, isDaily } = error;
    const waitMs = Math.min(DAY_MS, Math.max(WAIT_MS_MIN, await this.waitOf(call, error)));
    // Until HubSpot's next answer of its own: a call without one may last as long as the wait.
    this.metrics.crmHeld.set(1);
    const fields = { kind, why, seconds: Math.round(waitMs / 1_000) };
    if (kind === 'account' || isDaily) this.log.error(fields, 'HubSpot takes no update');
    else this.log.warn(fields, 'HubSpot is told later');
    return waitMs;
  }

  private async waitOf(call: HubSpotCall, { kind, waitMs, isDaily }: HubSpotTrouble): Promise<number> {
    if (waitMs !== undefined) return waitMs;
    if (kind === 'account') return ACCOUNT_MS;
    if (!isDaily) return this.config.HUBSPOT_EVERY_MS;
    const endsMs = (await dayEndsMs(call)) ?? 0;
    const leftMs = endsMs - this.now().epochMilliseconds;
    return leftMs > 0 ? leftMs : HOUR_MS;
  }

  private async hold(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
