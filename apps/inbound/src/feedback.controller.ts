import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import { CE, ContractError, describeIssues } from '@leadstream/contracts/envelope';
import { eventBatch, FEEDBACK_EVENTS, FEEDBACK_INBOUND, FEEDBACK_UNSUBSCRIBE, inboundMail, unsubscribeRequest } from '@leadstream/contracts/feedback';
import { Broker, isUnavailable } from '@leadstream/eventlog/broker';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Poison } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { inSpan, traceOf } from '@leadstream/eventlog/spans';
import { canonicalAddress } from '@leadstream/lead/address';
import { decideFeedback, type Feedback } from '@leadstream/lead/feedback';
import { addressHash, leadId } from '@leadstream/lead/identity';
import { readToken, tokenFromAddress } from '@leadstream/lead/tokens';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/tokens';
import { Transitions } from '@leadstream/service/transitions';
import { SpanKind, trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { messageKey, recipients, sender } from './address.ts';
import type { Config } from './config.ts';
import { classify, type Classified } from './reply-class.ts';
import { parseEventBatch, type EspEvent } from './sendgrid-events.ts';

const CONSUMER = 'inbound';

/** Whose feedback it is: by id where something of ours says so, by address otherwise. */
type Whose = { leadId: string } | { address: string };

/** Turns what was stored into facts of leads, one at a time: an odd one is quarantined by itself. */
@Controller()
export class FeedbackController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly leads: LeadLog,
    private readonly transitions: Transitions,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string>(FEEDBACK_EVENTS)
  async onEvents(@Ctx() delivery: Delivery): Promise<void> {
    const { events, odd } = parsed(() => parseEventBatch(read(delivery, eventBatch).body));
    const { cause } = delivery;
    for (const { index, reason, raw } of odd) await this.setAside(delivery, reason, Buffer.from(raw), index);
    const failures: unknown[] = [];
    for (const { index, event } of events) {
      const feedback = feedbackOf(event);
      if (!feedback) {
        this.log.info({ kind: event.kind, seq: cause.seq, index, status: event.status }, 'provider event without effect');
        continue;
      }
      try {
        await this.record(event.leadId ? { leadId: event.leadId } : { address: event.address }, feedback, delivery, index);
      } catch (error) {
        if (isUnavailable(error)) throw error;
        // One lead's trouble must not hide the others' stops behind it.
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  @EventPattern<string>(FEEDBACK_INBOUND)
  async onMail(@Ctx() delivery: Delivery): Promise<void> {
    const mail = read(delivery, inboundMail);
    // A mail that could not be read whole is set aside for a person, but what was read of it may be somebody's answer.
    if (mail.problem) await this.setAside(delivery, `inbound mail: ${mail.problem}`, delivery.message.data, 0);
    const { from, envelopeFrom } = sender(mail);
    if (from && from === canonicalAddress(this.config.FROM_EMAIL)) return this.log.info({ seq: delivery.cause.seq }, 'our own mail');
    const at = receivedAt(delivery);
    const byToken = recipients(mail).map(tokenFromAddress).map((token) => token && readToken('reply', token, this.config.TOKEN_SECRET)).find(Boolean);
    const classified = understood(classify(mail, at), byToken !== undefined);
    if ('notAReply' in classified) {
      // What follows the header's name is a stranger's text.
      this.log.info({ seq: delivery.cause.seq, kind: classified.notAReply, evidence: classified.evidence.split(':', 1)[0] }, 'inbound mail without effect');
      return;
    }
    const address = from ?? envelopeFrom;
    if (!byToken && !address) {
      if (mail.problem) return;
      throw new Poison('inbound mail: neither a token of ours nor a sender');
    }
    await this.record(byToken ? { leadId: byToken } : { address: address ?? '' }, {
      kind: 'replied', key: `mail/${messageKey(mail)}`, provider: 'sendgrid', at, matchedBy: byToken ? 'token' : 'address', ...classified,
    }, delivery);
  }

  @EventPattern<string>(FEEDBACK_UNSUBSCRIBE)
  async onUnsubscribe(@Ctx() delivery: Delivery): Promise<void> {
    const { token, via } = read(delivery, unsubscribeRequest);
    const id = readToken('unsubscribe', token, this.config.TOKEN_SECRET);
    if (!id) throw new Poison('unsubscribe: no secret of ours signed the token');
    // Asking twice is asking once, until somebody has written again.
    await this.record({ leadId: id }, { kind: 'unsubscribed', key: `unsubscribe/${delivery.cause.seq}`, provider: 'leadstream', at: receivedAt(delivery), via }, delivery);
  }

  /** Quarantines a part of a message; the message itself goes on. */
  private async setAside({ message, cause, deliveries }: Delivery, reason: string, data: Uint8Array, index: number): Promise<void> {
    await quarantine(this.broker, { consumer: CONSUMER, ...cause, index, subject: message.subject, headers: message.headers, data, reason, attempts: deliveries });
    this.metrics.quarantined.inc({ consumer: CONSUMER, reason: message.subject });
    this.log.warn({ ...cause, index, outcome: 'quarantined' }, 'odd feedback');
  }

  private async record(whose: Whose, feedback: Feedback, { cause }: Delivery, index?: number): Promise<void> {
    const id = 'leadId' in whose ? whose.leadId : leadId(this.config.LEAD_ID_SECRET, whose.address);
    const loaded = await this.leads.load(id);
    const link = trace.getActiveSpan()?.spanContext();
    const outcome = await inSpan(
      `feedback ${feedback.kind}`,
      { kind: SpanKind.INTERNAL, parent: traceOf(loaded.state.trace), attributes: { 'lead.id': id }, ...(link ? { links: [{ context: link }] } : {}) },
      () => this.leads.decide(id, eventId({ ...cause, ...(index === undefined ? {} : { index }) }, 'feedback'), (state) => decideFeedback(state, { ...feedback, feedbackSeq: cause.seq }), loaded),
    );
    if ('nothing' in outcome && outcome.nothing === 'unknown lead') {
      this.log.warn({ kind: feedback.kind, leadId: id, ...('address' in whose ? { addressHash: addressHash(this.config.LEAD_ID_SECRET, whose.address) } : {}) }, 'feedback for an unknown lead');
      return;
    }
    this.transitions.log(outcome);
  }
}

/** A mail to an address that only one lead was given is no newsletter, whatever marks it bears: in doubt a person. */
const understood = (classified: Classified, hasToken: boolean): Classified =>
  hasToken && 'notAReply' in classified && classified.notAReply === 'bulk' ? { class: 'human', evidence: classified.evidence } : classified;

/** What an ESP event says of a lead; undefined where it changes nothing yet (soft bounces, deferrals, unknown names). */
function feedbackOf(event: EspEvent): Feedback | undefined {
  const { key, at, sendId } = event;
  const fact = { key: `event/${key}`, at, provider: 'sendgrid', ...(sendId ? { sendId } : {}) };
  switch (event.kind) {
    case 'accepted': return { ...fact, kind: 'accepted', ...(event.providerMessageId ? { providerMessageId: event.providerMessageId } : {}) };
    case 'delivered': return { ...fact, kind: 'delivered' };
    case 'opened': return { ...fact, kind: 'opened', machine: event.machine ?? false };
    case 'clicked': return { ...fact, kind: 'clicked', ...(event.url ? { url: event.url } : {}) };
    case 'hard-bounce': {
      const { reason, status, classification } = event;
      return { ...fact, kind: 'bounced', ...(reason ? { reason } : {}), ...(status ? { status } : {}), ...(classification ? { classification } : {}) };
    }
    case 'complained': return { ...fact, kind: 'complained' };
    case 'unsubscribed': return { ...fact, kind: 'unsubscribed', via: 'provider' };
    case 'deferred': case 'soft-bounce': case 'dropped': case 'ignored': return undefined;
  }
}

/** When the webhook was stored, by the clock of the service that took it. */
function receivedAt({ message }: Delivery): string {
  const time = message.headers?.get(CE.time);
  if (!time) throw new Poison(`${CE.time} header is missing`);
  return time;
}

/** Only we write FEEDBACK; what does not read as ours is still somebody's word and goes to quarantine. */
const read = <T>({ message }: Delivery, schema: z.ZodType<T>): T => parsed(() => {
  const result = schema.safeParse(JSON.parse(new TextDecoder().decode(message.data)));
  if (!result.success) throw new ContractError(describeIssues(result.error));
  return result.data;
});

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ContractError || error instanceof SyntaxError) throw new Poison(error.message, { cause: error });
    throw error;
  }
}
