import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import { gatewaySchema, type Gateway } from '@leadstream/contracts/events';
import { gatewayPost, WEBHOOKS } from '@leadstream/contracts/feedback';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Poison, Retry, Unavailable } from '@leadstream/eventlog/errors';
import type { Feedback } from '@leadstream/lead/feedback';
import { numberHash } from '@leadstream/lead/mailbox';
import type { LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { gateways } from '@leadstream/providers/gateways';
import type { TextEvent, TextReceived } from '@leadstream/providers/port';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK, CONFIG, LOGGER } from '@leadstream/service/injected';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { FeedbackRecorder } from './feedback-recorder.ts';
import { parsed, read, receivedAt } from './stored-webhook.ts';

/**
 * The read model lags the log by moments; a number that it does not know after this time is no lead's. Until the alert
 * of an old queue, so that a stranger's text fires none.
 */
const UNKNOWN_MS_MAX = 5 * 60_000;
const UNKNOWN_EVERY_MS = 5_000;
const TEXT_LENGTH_MAX = 2_000;

/** Turns the stored posts of SMS gateways into facts about leads. */
@Controller()
export class TextFeedbackController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly leads: LeadQueries<LeadState>,
    private readonly recorder: FeedbackRecorder,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string[]>(gatewaySchema.options.map((gateway) => WEBHOOKS[gateway].events))
  async onEvent(@Ctx() delivery: Delivery): Promise<void> {
    const gateway = gatewayOf(delivery);
    const { body, query } = read(delivery, gatewayPost);
    const event = parsed(() => gateways[gateway].parseStatus(body, query));
    const feedback = factOf(event, { provider: gateway, at: receivedAt(delivery) });
    if (!feedback || event.leadId === undefined) {
      const { kind, code } = event;
      return this.log.info({ kind, code, seq: delivery.cause.seq }, 'a report of a text without effect');
    }
    await this.recorder.record({ leadIds: [event.leadId] }, feedback, delivery);
    await this.recorder.discardIfErased(delivery);
  }

  @EventPattern<string[]>(gatewaySchema.options.map((gateway) => WEBHOOKS[gateway].inbound))
  async onText(@Ctx() delivery: Delivery): Promise<void> {
    const gateway = gatewayOf(delivery);
    const text = parsed(() => gateways[gateway].parseText(read(delivery, gatewayPost).body));
    const { seq } = delivery.cause;
    if (text.kind === 'keyword') return this.log.info({ seq }, 'a text that the gateway answers itself');
    const leadIds = await this.leadsOf(text.from);
    if (leadIds.length === 0) return this.unknown(text, delivery);
    // Several leads may have one phone: whoever holds it speaks for all of them.
    await this.recorder.record({ leadIds }, answerOf(text, { provider: gateway, at: receivedAt(delivery) }), delivery);
    await this.recorder.discardIfErased(delivery);
  }

  /** Throws Unavailable without the read model: an outage is no failure of the text, which would end in quarantine. */
  private async leadsOf(number: string): Promise<string[]> {
    try {
      return await this.leads.leadsOfNumber(numberHash(this.config.LEAD_ID_SECRET, number));
    } catch (cause) {
      throw new Unavailable('the read model gave no answer', { cause });
    }
  }

  /** A stop is not dropped while the read model may be behind: a person looks at it. */
  private unknown({ kind }: TextReceived, delivery: Delivery): void {
    const { seq } = delivery.cause;
    const ageMs = this.now().epochMilliseconds - Date.parse(receivedAt(delivery));
    if (ageMs < UNKNOWN_MS_MAX) throw new Retry('no lead has this number yet', UNKNOWN_EVERY_MS);
    if (kind === 'stop') throw new Poison('a text says stop, and no lead has its number');
    this.log.warn({ seq, kind }, 'a text from a number that no lead has');
  }
}

function gatewayOf({ message: { subject } }: Delivery): Gateway {
  const gateway = gatewaySchema.options.find((one) => Object.values<string>(WEBHOOKS[one]).includes(subject));
  if (!gateway) throw new Poison(`${subject} is no gateway’s webhook`);
  return gateway;
}

type About = Pick<Feedback, 'provider' | 'at'>;

/** The fact that a report of a text is; undefined: none. Its time is that of the post, which has no other. */
function factOf({ kind, key, sendId, code, reason, providerMessageId }: TextEvent, about: About): Feedback | undefined {
  const fact = { ...about, key, channel: 'sms', ...(sendId === undefined ? {} : { sendId }) } as const;
  const why = { ...(code === undefined ? {} : { status: code }), ...(reason === undefined ? {} : { reason }) };
  switch (kind) {
    case 'accepted':
      return { ...fact, kind, ...(providerMessageId === undefined ? {} : { providerMessageId }) };
    case 'delivered':
      return { ...fact, kind };
    case 'undelivered':
      return { ...fact, kind, ...why };
    case 'dead-number':
      return { ...fact, kind: 'undelivered', classification: 'dead-number', closed: true, ...why };
    // The owner told our number to stop, and the post that said so may be lost: it counts for all channels.
    case 'opted-out':
      return { ...fact, kind: 'unsubscribed', via: 'provider' };
    case 'ignored':
      return undefined;
  }
}

/** What a person's text says: a word that stops, or an answer for the rep. */
function answerOf({ kind, key, text }: TextReceived, about: About): Feedback {
  const fact = { ...about, key, channel: 'sms' } as const;
  return kind === 'stop'
    ? { ...fact, kind: 'unsubscribed', via: 'reply' }
    : {
        ...fact,
        kind: 'replied',
        class: 'human',
        matchedBy: 'number',
        ...(text.trim() === '' ? {} : { text: text.trim().slice(0, TEXT_LENGTH_MAX).toWellFormed() }),
      };
}
