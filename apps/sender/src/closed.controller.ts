import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { espSchema, gatewaySchema, type Recorded } from '@leadstream/contracts/events';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Retry } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import { decideFeedback, type Feedback } from '@leadstream/lead/feedback';
import type { ClosedLookups } from '@leadstream/providers/lookups';
import type { Closed } from '@leadstream/providers/port';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK } from '@leadstream/service/injected';
import { LeadLog } from '@leadstream/service/lead-log';
import { Transitions } from '@leadstream/service/transitions';

/** Each ESP's `ClosedLookup`. */
export const CLOSED_LOOKUPS = Symbol('CLOSED_LOOKUPS');

const EVERY_MS = 600_000;
const AGE_MS_MAX = 3 * 24 * 3_600_000;

/**
 * Asks the provider why it has closed the lead's address: it posts no event about a refused mail, and the reason is the
 * lead's own fact. Without an answer the send stays parked, for an operator.
 */
@Controller()
export class ClosedController {
  constructor(
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(CLOSED_LOOKUPS) private readonly lookups: ClosedLookups,
    private readonly leads: LeadLog,
    private readonly transitions: Transitions,
  ) {}

  @EventPattern<string>('lead.send-failed')
  async onFailed(@Payload() event: Recorded<'lead.send-failed'>, @Ctx() { cause }: Delivery): Promise<void> {
    const { leadId, data, at: since } = event;
    if (data.optedOut) return this.optedOut(event, cause);
    if (!data.closed || data.audience !== 'lead') return;
    // A follower may lack the claim, which names the provider.
    const loaded = await this.leads.load(leadId, { leader: true });
    const { contact, sends } = loaded.state;
    const provider = espSchema.safeParse(sends[data.sendId]?.provider ?? 'sendgrid').data;
    const lookup = provider && this.lookups[provider];
    if (!lookup || !contact?.address) return;
    const closed = await lookup(contact.address).catch((cause: unknown) => {
      if (this.now().epochMilliseconds - Date.parse(since) > AGE_MS_MAX) return undefined;
      throw new Retry('the provider cannot be asked about an address', EVERY_MS, { cause });
    });
    if (!closed) return;
    const fact = factOf(closed, { key: `closed/${data.sendId}`, provider, at: closed.at });
    const id = eventId(cause, 'closed');
    this.transitions.log(await this.leads.decide(leadId, id, (state) => decideFeedback(state, fact), loaded));
  }

  /** The gateway has a stop that may never have reached inbound: it counts as one, for all channels. */
  private async optedOut({ leadId, data, at }: Recorded<'lead.send-failed'>, cause: Delivery['cause']): Promise<void> {
    const loaded = await this.leads.load(leadId, { leader: true });
    const provider = gatewaySchema.safeParse(loaded.state.sends[data.sendId]?.provider).data;
    if (!provider) return;
    const fact = { kind: 'unsubscribed', via: 'provider', channel: 'sms', key: `closed/${data.sendId}` } as const;
    const decide = (state: typeof loaded.state) => decideFeedback(state, { ...fact, provider, at });
    this.transitions.log(await this.leads.decide(leadId, eventId(cause, 'closed'), decide, loaded));
  }
}

/** Without the send's id, which would show the refused mail as accepted. */
function factOf({ why }: Closed, fact: Pick<Feedback, 'key' | 'provider' | 'at'>): Feedback {
  switch (why) {
    case 'bounced':
      return { ...fact, kind: 'bounced', classification: 'inactive' };
    case 'complained':
      return { ...fact, kind: 'complained' };
    case 'unsubscribed':
      return { ...fact, kind: 'unsubscribed', via: 'provider' };
  }
}
