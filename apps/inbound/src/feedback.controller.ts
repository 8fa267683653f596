import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import { NewerEvent } from '@leadstream/contracts/envelope';
import {
  eventBatch,
  FEEDBACK_UNSUBSCRIBE,
  inboundMail,
  unsubscribeRequest,
  WEBHOOKS,
} from '@leadstream/contracts/feedback';
import { espSchema, type Esp } from '@leadstream/contracts/events';
import { Broker, isUnavailable } from '@leadstream/eventlog/broker';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Poison } from '@leadstream/eventlog/errors';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { canonicalAddress } from '@leadstream/lead/address';
import type { Feedback } from '@leadstream/lead/feedback';
import { leadId } from '@leadstream/lead/identity';
import { readToken } from '@leadstream/lead/signed-token';
import type { ProviderEvents } from '@leadstream/providers/port';
import { ESP_OF, isPosting, receivers } from '@leadstream/providers/receivers';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { FeedbackRecorder, type Baselines } from './feedback-recorder.ts';
import { interpret, type Meaning } from './interpret.ts';
import { inLanes } from './lanes.ts';
import { readMail, type Mail } from './mail/mail.ts';
import { parsedMail } from './mail/mime.ts';
import { replyText } from './mail/reply-text.ts';
import { feedbackOf } from './provider-events.ts';
import { parsed, read, receivedAt } from './stored-webhook.ts';

const CONSUMER = 'inbound';

/** A provider event, its place in the batch, and the fact that it reports. */
type Placed = ProviderEvents['events'][number] & { feedback: Feedback | undefined };

interface Part {
  index: number;
  reason: string;
  data: Uint8Array;
}

/** Turns the stored webhooks into facts about leads. A part that can't be read is quarantined alone. */
@Controller()
export class FeedbackController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly recorder: FeedbackRecorder,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string[]>(espSchema.options.filter(isPosting).map((esp) => WEBHOOKS[esp].events))
  async onEvents(@Ctx() delivery: Delivery): Promise<void> {
    const esp = espOf(delivery);
    if (!isPosting(esp)) throw new Poison(`${esp} has no events`);
    const { events, odd } = parsed(() => receivers[esp].events.parse(read(delivery, eventBatch).body));
    const parts = odd.map(({ index, reason, raw }) => ({ index, reason, data: Buffer.from(raw) }));
    const refused = await this.setAside(delivery, parts);
    await this.recordEach(events, esp, delivery);
    if (refused) throw refused;
    await this.recorder.discardIfErased(delivery);
  }

  @EventPattern<string[]>(espSchema.options.map((esp) => WEBHOOKS[esp].inbound))
  async onMail(@Ctx() delivery: Delivery): Promise<void> {
    const posted = await parsedMail(read(delivery, inboundMail));
    const { problem } = posted;
    // A mail that could not be read whole goes to quarantine for a person; its readable part may still be a reply.
    const parts = problem ? [{ index: 0, reason: `inbound mail: ${problem}`, data: delivery.message.data }] : [];
    const refused = await this.setAside(delivery, parts);
    const mail = readMail(posted);
    const meaning = interpret(mail, this.config, { provider: espOf(delivery), at: receivedAt(delivery) });
    await this.carryOut(meaning, mail, delivery);
    if (refused) throw refused;
    await this.recorder.discardIfErased(delivery);
    if (meaning.kind === 'unattributed' && !problem)
      throw new Poison('inbound mail: neither a token of ours nor a sender');
  }

  @EventPattern<string>(FEEDBACK_UNSUBSCRIBE)
  async onUnsubscribe(@Ctx() delivery: Delivery): Promise<void> {
    const { token, via, sequence } = read(delivery, unsubscribeRequest);
    const id = readToken('unsubscribe', token, this.config.TOKEN_SECRET);
    if (!id) throw new Poison('unsubscribe: no secret of ours signed the token');
    // A second request is a new fact only if the lead was restarted in between.
    const key = `unsubscribe/${delivery.cause.seq}`;
    const fact = { kind: 'unsubscribed', key, provider: 'leadstream', at: receivedAt(delivery), via } as const;
    await this.recorder.record({ leadIds: [id] }, { ...fact, ...(sequence ? { sequence } : {}) }, delivery);
    await this.recorder.discardIfErased(delivery);
  }

  private async carryOut(meaning: Meaning, mail: Mail, delivery: Delivery): Promise<void> {
    switch (meaning.kind) {
      case 'own-mail':
        return this.log.info({ seq: delivery.cause.seq }, 'own mail ignored');
      case 'reply':
        return this.recordReply(meaning, mail, delivery);
      case 'complaint':
        return this.recorder.record(meaning.about, meaning.feedback, delivery);
      case 'delivery-report': {
        const isRecorded = await this.recorder.recordReport(meaning.failures, delivery);
        return isRecorded ? undefined : this.logNoEffect('bounce', meaning.evidence, delivery);
      }
      case 'no-effect':
        return this.logNoEffect(meaning.what, meaning.evidence, delivery);
      case 'unattributed':
        return undefined;
    }
  }

  private async recordReply(reply: Extract<Meaning, { kind: 'reply' }>, mail: Mail, delivery: Delivery): Promise<void> {
    // Trimming is expensive: not for mail from strangers.
    const text = reply.isForRep && (await this.recorder.isKnown(reply.about)) ? await replyText(mail) : undefined;
    await this.recorder.record(reply.about, { ...reply.feedback, ...(text ? { text } : {}) }, delivery);
  }

  private logNoEffect(kind: string, evidence: string, { cause: { seq } }: Delivery): void {
    // The text after the header's name is a stranger's.
    this.log.info({ seq, kind, evidence: evidence.split(':', 1)[0] }, 'inbound mail without effect');
  }

  /**
   * Records the provider events of each lead in order, those of several leads side by side. One lead's failure does not
   * keep the others' stops waiting.
   */
  private async recordEach(events: ProviderEvents['events'], esp: Esp, delivery: Delivery): Promise<void> {
    const { LEAD_ID_SECRET } = this.config;
    const placed = events.map((one): Placed => {
      const at = one.event.at || receivedAt(delivery);
      return { ...one, feedback: feedbackOf({ ...one.event, at }, esp) };
    });
    const named = placed.flatMap(({ event, feedback }) => (feedback && event.leadId ? [event.leadId] : []));
    const baselines = await this.recorder.baselines(named);
    const failures = await inLanes(
      placed,
      ({ event }) => event.leadId ?? leadId(LEAD_ID_SECRET, event.address),
      (one) => this.recordOne(one, delivery, baselines),
    );
    if (failures.length === 0) return;
    // An event that only waits must not go to quarantine with another event's failure.
    throw failures.find(isUnavailable) ?? failures.find((failure) => failure instanceof NewerEvent) ?? failures[0];
  }

  private async recordOne({ index, event, feedback }: Placed, delivery: Delivery, baselines: Baselines): Promise<void> {
    if (feedback) {
      const about = event.leadId ? { leadIds: [event.leadId] } : { addresses: [event.address] };
      const recipient = recipientOf(event, this.config.LEAD_ID_SECRET);
      const fact = { ...feedback, ...(recipient === undefined ? {} : { recipient }) };
      return this.recorder.record(about, fact, delivery, index, baselines);
    }
    this.recorder.noteOther(delivery);
    const { kind, dropped, status, type, attempt } = event;
    const { seq } = delivery.cause;
    this.log.info({ kind, dropped, status, type, attempt, seq, index }, 'provider event without effect');
  }

  /**
   * Quarantines parts of a message; the rest of it is processed. A message that an operator took out of quarantine
   * still
   * has its entries there: then the returned error has to end its handling, so that they stay.
   */
  private async setAside(
    { message, cause, deliveries }: Delivery,
    parts: readonly Part[],
  ): Promise<Poison | undefined> {
    if (parts.length === 0) return undefined;
    if (deliveries === 0) return new Poison(parts.map(({ index, reason }) => `part ${index}: ${reason}`).join('; '));
    const { subject, headers } = message;
    for (const { index, reason, data } of parts) {
      const entry = { consumer: CONSUMER, ...cause, index, subject, headers, data, reason, attempts: deliveries };
      await quarantine(this.broker, entry);
      this.metrics.quarantined.inc({ consumer: CONSUMER, type: message.subject });
      this.log.warn({ ...cause, index, outcome: 'quarantined' }, 'invalid provider event');
    }
    return undefined;
  }
}

/**
 * The lead id that the event's address makes. An unreadable one makes none and counts as the lead's: it may be a stop.
 */
function recipientOf({ address }: Placed['event'], secret: string): string | undefined {
  const recipient = canonicalAddress(address);
  return recipient === undefined ? undefined : leadId(secret, recipient);
}

/** The ESP that posted the webhook. */
function espOf({ message: { subject } }: Delivery): Esp {
  const esp = ESP_OF.get(subject);
  if (!esp) throw new Poison(`${subject} is no ESP’s webhook`);
  return esp;
}
