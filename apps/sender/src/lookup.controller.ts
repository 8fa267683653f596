import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { Recorded } from '@leadstream/contracts/events';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Retry } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import { decideFeedback } from '@leadstream/lead/feedback';
import type { Lookup } from '@leadstream/providers/port';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, CONFIG } from '@leadstream/service/injected';
import { LeadLog } from '@leadstream/service/lead-log';
import { Transitions } from '@leadstream/service/transitions';
import type { Config } from './config.ts';

/** The provider's `Lookup`, null without one. */
export const LOOKUP = Symbol('LOOKUP');

/** A provider's search lags its sending, by minutes at most; the later ones are for its outages. */
const EVERY_MS = [10_000, 60_000, 600_000, 3_600_000, 6 * 3_600_000];
const AGE_MS_MAX = 24 * 3_600_000;

/**
 * Asks the provider for a send whose outcome is unknown, where it can be asked. Its record is evidence of acceptance;
 * its lack proves nothing, so the send stays unknown, for an operator or the provider's event.
 */
@Controller()
export class LookupController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(LOOKUP) private readonly lookup: Lookup | null,
    private readonly leads: LeadLog,
    private readonly transitions: Transitions,
  ) {}

  @EventPattern<string>('lead.send-unknown')
  async onUnknown(@Payload() event: Recorded<'lead.send-unknown'>, @Ctx() { cause }: Delivery): Promise<void> {
    if (!this.lookup) return;
    const { leadId, data, at } = event;
    const { sendId } = data;
    const loaded = await this.leads.load(leadId);
    const outcome = loaded.state.sends[sendId]?.outcome;
    if (outcome !== 'unknown') return;
    const ageMs = this.now().epochMilliseconds - Date.parse(at);
    const found = await this.lookup(sendId).catch((error: unknown) => {
      throw new Retry('the provider cannot be asked for a send', waitMs(ageMs), { cause: error });
    });
    if (!found) {
      if (ageMs > AGE_MS_MAX) return;
      throw new Retry('the provider knows no such send yet', waitMs(ageMs));
    }
    const fact = { kind: 'accepted', key: `lookup/${sendId}`, provider: this.config.ESP, sendId, ...found } as const;
    this.transitions.log(
      await this.leads.decide(leadId, eventId(cause, 'lookup'), (state) => decideFeedback(state, fact), loaded),
    );
  }
}

/** The next wait grows with the age of the outcome. */
const waitMs = (ageMs: number): number => EVERY_MS.find((ms) => ageMs < 3 * ms) ?? EVERY_MS.at(-1) ?? 0;
