import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { espSchema, type Esp, type Recorded } from '@leadstream/contracts/events';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Retry } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import { decideFeedback } from '@leadstream/lead/feedback';
import { signToken } from '@leadstream/lead/signed-token';
import type { Send } from '@leadstream/lead/state';
import type { Lookups } from '@leadstream/providers/lookups';
import type { Found } from '@leadstream/providers/port';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics, type LookupResult } from '@leadstream/service/metrics';
import { Transitions } from '@leadstream/service/transitions';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { messageId } from './mail.ts';

/** Each ESP's `Lookup`. */
export const LOOKUPS = Symbol('LOOKUPS');

/** A provider's search lags its sending, by minutes at most; the later ones are for its outages. */
const EVERY_MS = [10_000, 60_000, 600_000, 3_600_000, 6 * 3_600_000];
/** After it a search without a record is the last one. */
const AGE_MS_MAX = 24 * 3_600_000;
/** After it a provider that cannot be asked is left. Mailgun keeps its events for three days. */
const UNASKED_MS_MAX = 3 * AGE_MS_MAX;

/**
 * Asks the provider that the claim names for a send whose outcome is unknown. Its record is evidence of acceptance; its
 * lack proves nothing, so the send stays unknown, for an operator or the provider's event.
 */
@Controller()
export class LookupController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_SECRET' | 'REPLY_DOMAIN'>,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(LOOKUPS) private readonly lookups: Lookups,
    private readonly leads: LeadLog,
    private readonly transitions: Transitions,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @EventPattern<string>('lead.send-unknown')
  async onUnknown(@Payload() event: Recorded<'lead.send-unknown'>, @Ctx() { cause }: Delivery): Promise<void> {
    const { leadId, data, at: since } = event;
    // A follower may lack the very outcome that asks, and nothing would ask again.
    const loaded = await this.leads.load(leadId, { leader: true });
    const send = loaded.state.sends[data.sendId];
    if (send?.outcome !== 'unknown') return;
    const provider = espSchema.safeParse(send.provider ?? 'sendgrid').data;
    const ageMs = this.now().epochMilliseconds - Date.parse(since);
    const found = await this.ask(provider, event, send);
    this.logger.info({ leadId, sendId: data.sendId, provider, result: found.result, ageMs }, 'send looked up');
    if (provider) this.metrics.lookups.inc({ provider, result: found.result });
    if (found.result === 'failed' && ageMs <= UNASKED_MS_MAX)
      throw new Retry('the provider cannot be asked for a send', waitMs(ageMs), { cause: found.cause });
    if (found.result === 'absent' && ageMs <= AGE_MS_MAX)
      throw new Retry('the provider knows no such send yet', waitMs(ageMs));
    if (!provider || !found.record) return;
    const { at, providerMessageId } = found.record;
    const key = `lookup/${data.sendId}`;
    const fact = { kind: 'accepted', key, provider, sendId: data.sendId, at, foundAt: at } as const;
    const decide = (state: typeof loaded.state) =>
      decideFeedback(state, { ...fact, ...(providerMessageId ? { providerMessageId } : {}) });
    this.transitions.log(await this.leads.decide(leadId, eventId(cause, 'lookup'), decide, loaded));
  }

  private async ask(
    provider: Esp | undefined,
    { leadId, data: { sendId } }: Recorded<'lead.send-unknown'>,
    { startedAt }: Send,
  ): Promise<{ result: LookupResult; record?: Found; cause?: unknown }> {
    const lookup = provider && this.lookups[provider];
    if (!lookup) return { result: 'not asked' };
    try {
      const token = signToken('reply', leadId, this.config.TOKEN_SECRET);
      const record = await lookup({ sendId, messageId: messageId(sendId, token, this.config), at: startedAt });
      return record ? { result: 'found', record } : { result: 'absent' };
    } catch (cause) {
      return { result: 'failed', cause };
    }
  }
}

/** The next wait grows with the age of the outcome. */
const waitMs = (ageMs: number): number => EVERY_MS.find((ms) => ageMs < 3 * ms) ?? EVERY_MS.at(-1) ?? 0;
