import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import { CE, ContractError, dataVersionOf, describeIssues, mustBeReadable, NewerEvent } from '@leadstream/contracts/envelope';
import { catalogue, type EventType } from '@leadstream/contracts/events';
import {
  eventBatch, FEEDBACK_EVENTS, FEEDBACK_INBOUND, FEEDBACK_UNSUBSCRIBE, FEEDBACK_VERSION, inboundMail, unsubscribeRequest, type InboundMail,
} from '@leadstream/contracts/feedback';
import { Broker, isUnavailable } from '@leadstream/eventlog/broker';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Poison } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import type { Loaded } from '@leadstream/eventlog/log';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { inSpan, traceOf } from '@leadstream/eventlog/spans';
import { decideFeedback, missesRep, type Feedback } from '@leadstream/lead/feedback';
import { addressHash, leadId } from '@leadstream/lead/identity';
import { originName } from '@leadstream/lead/origin';
import type { LeadState } from '@leadstream/lead/state';
import { readToken } from '@leadstream/lead/tokens';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/tokens';
import { Transitions } from '@leadstream/service/transitions';
import { SpanKind, trace } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { messageKey } from './mail/addresses.ts';
import type { Config } from './config.ts';
import { factsOfReport } from './bounce/facts.ts';
import { provenWriters } from './mail/authentication.ts';
import { aliases, isOurs, whose, type Whose } from './matching.ts';
import { parsedMail } from './mail/mime.ts';
import { classify } from './reply/class.ts';
import type { Classified } from './reply/facts.ts';
import { replyText } from './mail/reply-text.ts';
import { Reputation } from './reputation.ts';
import { parseEventBatch, type EspEvent } from './sendgrid/events.ts';
import { feedbackOf } from './sendgrid/feedback.ts';

const CONSUMER = 'inbound';

/** Turns what was stored into facts of leads, one at a time: an odd one is quarantined by itself. */
@Controller()
export class FeedbackController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly leads: LeadLog,
    private readonly transitions: Transitions,
    private readonly metrics: Metrics,
    private readonly reputation: Reputation,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** By delivery: whether all that it was recorded of is erased leads. */
  private readonly isOfErased = new WeakMap<Delivery, boolean>();

  @EventPattern<string>(FEEDBACK_EVENTS)
  async onEvents(@Ctx() delivery: Delivery): Promise<void> {
    const { events, odd } = parsed(() => parseEventBatch(read(delivery, eventBatch).body));
    const refused = await this.setAside(delivery, odd.map(({ index, reason, raw }) => ({ index, reason, data: Buffer.from(raw) })));
    await this.recordEach(events, delivery);
    if (refused) throw refused;
    await this.discardIfErased(delivery);
  }

  @EventPattern<string>(FEEDBACK_INBOUND)
  async onMail(@Ctx() delivery: Delivery): Promise<void> {
    const mail = await parsedMail(read(delivery, inboundMail));
    // A mail that could not be read whole is set aside for a person, but what was read of it may be somebody's answer.
    const refused = mail.problem && await this.setAside(delivery, [{ index: 0, reason: `inbound mail: ${mail.problem}`, data: delivery.message.data }]);
    const isSomebodys = await this.recordMail(mail, delivery);
    if (refused) throw refused;
    await this.discardIfErased(delivery);
    if (!isSomebodys && !mail.problem) throw new Poison('inbound mail: neither a token of ours nor a sender');
  }

  @EventPattern<string>(FEEDBACK_UNSUBSCRIBE)
  async onUnsubscribe(@Ctx() delivery: Delivery): Promise<void> {
    const { token, via, sequence } = read(delivery, unsubscribeRequest);
    const id = readToken('unsubscribe', token, this.config.TOKEN_SECRET);
    if (!id) throw new Poison('unsubscribe: no secret of ours signed the token');
    // Asking twice is asking once, until somebody has written again.
    await this.record({ leadIds: [id] }, { kind: 'unsubscribed', key: `unsubscribe/${delivery.cause.seq}`, provider: 'leadstream', at: receivedAt(delivery), via, ...(sequence ? { sequence } : {}) }, delivery);
    await this.discardIfErased(delivery);
  }

  /** What is said of an erased lead, and of nobody else, does not stay in the stream. */
  private async discardIfErased(delivery: Delivery): Promise<void> {
    if (this.isOfErased.get(delivery)) await this.leads.discard(delivery.cause);
  }

  private noteErased(delivery: Delivery, isErased: boolean): void {
    this.isOfErased.set(delivery, isErased && (this.isOfErased.get(delivery) ?? true));
  }

  /** Records what each event says. One lead's trouble must not hide the others' stops behind it. */
  private async recordEach(events: readonly { index: number; event: EspEvent }[], delivery: Delivery): Promise<void> {
    const failures: unknown[] = [];
    for (const { index, event } of events) {
      const feedback = feedbackOf(event);
      if (!feedback) {
        this.noteErased(delivery, false);
        const { kind, dropped, status, type, attempt } = event;
        this.log.info({ kind, dropped, status, type, attempt, seq: delivery.cause.seq, index }, 'provider event without effect');
        continue;
      }
      try {
        await this.record(event.leadId ? { leadIds: [event.leadId] } : { addresses: [event.address] }, feedback, delivery, index);
      } catch (error) {
        if (isUnavailable(error)) throw error;
        failures.push(error);
      }
    }
    // What waits for a newer build must not go to quarantine with another event's failure.
    if (failures.length > 0) throw failures.find((failure) => failure instanceof NewerEvent) ?? failures[0];
  }

  /** Records a mail as an answer where it is one; false when nothing says whose it is. */
  private async recordMail(mail: InboundMail, delivery: Delivery): Promise<boolean> {
    const { FROM_EMAIL, TOKEN_SECRET } = this.config;
    const { seq } = delivery.cause;
    if (isOurs(mail, FROM_EMAIL, TOKEN_SECRET)) {
      this.log.info({ seq }, 'our own mail');
      return true;
    }
    const at = receivedAt(delivery);
    const about = whose(mail, TOKEN_SECRET);
    const classified = understood(classify(mail, at), about !== undefined && 'leadIds' in about);
    const fact = { key: `mail/${messageKey(mail)}`, provider: 'sendgrid', at } as const;
    if ('notAReply' in classified) {
      // Whoever forwards a complaint has our mail, or knows the address that only its lead was given.
      if (classified.notAReply === 'complaint' && about && 'leadIds' in about) {
        await this.record(about, { ...fact, kind: 'complained' }, delivery);
        return true;
      }
      if (classified.notAReply === 'bounce' && await this.recordReport(mail, at, delivery)) return true;
      // What follows the header's name is a stranger's text.
      this.log.info({ seq, kind: classified.notAReply, evidence: classified.evidence.split(':', 1)[0] }, 'inbound mail without effect');
      return true;
    }
    if (!about) return false;
    const isTold = (classified.class === 'human' || classified.class === 'left') && await this.isKnown(about);
    const text = isTold ? await replyText(mail) : undefined;
    const proven = new Set(provenWriters(mail).flatMap(aliases));
    await this.record({ ...about, proven }, { ...fact, kind: 'replied', matchedBy: about.matchedBy, ...classified, ...(text ? { text } : {}) }, delivery);
    return true;
  }

  /** Records what a delivery status notification tells of leads; false where that is nothing. */
  private async recordReport(mail: InboundMail, at: string, delivery: Delivery): Promise<boolean> {
    let isTold = false;
    for (const [place, { leadId, isLeads, feedback }] of factsOfReport(mail, this.config, at).entries()) {
      const loaded = await this.leads.load(leadId);
      // Somebody's forwarding that fails says nothing of the lead; a rep's mailbox that does is for people to mend.
      if (isLeads || missesRep(loaded.state, feedback)) {
        await this.append(loaded, feedback, delivery, place || undefined);
        isTold = true;
      } else this.log.info({ seq: delivery.cause.seq, leadId, sendId: feedback.sendId, kind: feedback.kind }, 'a mail did not reach another than its lead');
    }
    return isTold;
  }

  /**
   * Quarantines parts of a message; the message itself goes on. One that was taken out of quarantine has its entries there
   * still, and has to end with what is returned: then they stay.
   */
  private async setAside({ message, cause, deliveries }: Delivery, parts: readonly { index: number; reason: string; data: Uint8Array }[]): Promise<Poison | undefined> {
    if (deliveries === 0) return parts.length > 0 ? new Poison(parts.map(({ index, reason }) => `part ${index}: ${reason}`).join('; ')) : undefined;
    for (const { index, reason, data } of parts) {
      await quarantine(this.broker, { consumer: CONSUMER, ...cause, index, subject: message.subject, headers: message.headers, data, reason, attempts: deliveries });
      this.metrics.quarantined.inc({ consumer: CONSUMER, reason: message.subject });
      this.log.warn({ ...cause, index, outcome: 'quarantined' }, 'odd feedback');
    }
    return undefined;
  }

  private async record(about: Whose, feedback: Feedback, delivery: Delivery, index?: number): Promise<void> {
    if ('addresses' in about) {
      const [address = ''] = about.addresses;
      const loaded = await this.first(about.addresses);
      return this.append(loaded, this.judged(feedback, loaded.leadId, about), delivery, index, { addressHash: addressHash(this.config.LEAD_ID_SECRET, address) });
    }
    // A mail has no parts: where it answers several leads, their places tell its events apart.
    for (const [place, id] of about.leadIds.entries()) await this.append(await this.leads.load(id), feedback, delivery, index ?? (place || undefined));
  }

  /** An answer that was matched by an address alone counts as the lead's where the mail proves that this address wrote it. */
  private judged(feedback: Feedback, id: string, { addresses, proven }: Extract<Whose, { addresses: unknown }>): Feedback {
    if (feedback.kind !== 'replied') return feedback;
    const isOfLead = (address: string): boolean => leadId(this.config.LEAD_ID_SECRET, address) === id;
    const authenticated = addresses.some((address) => proven?.has(address) && isOfLead(address));
    // A stranger who repeats a Message-ID must not make the lead's own mail a known one.
    const key = authenticated ? feedback.key : `unproven/${feedback.key}`;
    return { ...feedback, key, authenticated, matchedBy: isOfLead(addresses[0] ?? '') ? feedback.matchedBy : 'alias' };
  }

  /** Trimming costs, and is not done for whoever writes to us. */
  private async isKnown(about: Whose): Promise<boolean> {
    return 'leadIds' in about || (await this.first(about.addresses)).state.contact !== null;
  }

  /** The lead of the first address that has one, else what there is of the first. */
  private async first([address = '', ...others]: readonly string[]): Promise<Loaded<LeadState>> {
    const loaded = await this.leads.load(leadId(this.config.LEAD_ID_SECRET, address));
    if (loaded.state.contact || others.length === 0) return loaded;
    const other = await this.first(others);
    return other.state.contact ? other : loaded;
  }

  private async append(loaded: Loaded<LeadState>, feedback: Feedback, delivery: Delivery, index: number | undefined, about: object = {}): Promise<void> {
    const { cause } = delivery;
    const id = loaded.leadId;
    const link = trace.getActiveSpan()?.spanContext();
    const outcome = await inSpan(
      `feedback ${feedback.kind}`,
      { kind: SpanKind.INTERNAL, parent: traceOf(loaded.state.trace), attributes: { 'lead.id': id }, ...(link ? { links: [{ context: link }] } : {}) },
      () => this.leads.decide(id, eventId({ ...cause, ...(index === undefined ? {} : { index }) }, 'feedback'), (state) => decideFeedback(state, { ...feedback, feedbackSeq: cause.seq }), loaded),
    );
    this.noteErased(delivery, outcome.after.state.stop?.why === 'erased');
    if ('nothing' in outcome && outcome.nothing === 'unknown lead') {
      this.log.warn({ kind: feedback.kind, leadId: id, ...about }, 'feedback for an unknown lead');
      return;
    }
    if (feedback.kind === 'replied' && feedback.authenticated === false) {
      const became = 'event' in outcome ? 'recorded' : 'not recorded';
      this.metrics.unprovenAnswers.inc({ outcome: became });
      this.log.warn({ leadId: id, class: feedback.class, seq: cause.seq, outcome: became }, 'nothing proves whose answer it is');
    }
    if (missesRep(outcome.after.state, feedback)) this.log.warn({ kind: feedback.kind, leadId: id, sendId: feedback.sendId }, 'a mail to the rep did not arrive');
    if ('event' in outcome) this.count(outcome.event.type, feedback, outcome.after.state);
    this.transitions.log(outcome);
  }

  private count(type: EventType, feedback: Feedback, state: LeadState): void {
    this.metrics.feedback.inc({ event: catalogue[type].token });
    this.reputation.add(type, { source: originName(state), sendId: feedback.sendId, classification: 'classification' in feedback ? feedback.classification : undefined });
  }
}

/** A mail to an address that only one lead was given is no newsletter, whatever marks it bears: in doubt a person. */
const understood = (classified: Classified, hasToken: boolean): Classified =>
  hasToken && 'notAReply' in classified && classified.notAReply === 'bulk' ? { class: 'human', evidence: classified.evidence } : classified;

/** When the webhook was stored, by the clock of the service that took it. */
function receivedAt({ message }: Delivery): string {
  const time = message.headers?.get(CE.time);
  if (!time) throw new Poison(`${CE.time} header is missing`);
  return time;
}

/** Only we write FEEDBACK; what does not read as ours is still somebody's word and goes to quarantine. */
function read<T>({ message }: Delivery, schema: z.ZodType<T>): T {
  mustBeReadable(message.subject, dataVersionOf(message.headers), FEEDBACK_VERSION);
  return parsed(() => {
    const result = schema.safeParse(JSON.parse(new TextDecoder().decode(message.data)));
    if (!result.success) throw new ContractError(describeIssues(result.error));
    return result.data;
  });
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ContractError || error instanceof SyntaxError) throw new Poison(error.message, { cause: error });
    throw error;
  }
}
