import { Inject, Injectable } from '@nestjs/common';
import { CE } from '@leadstream/contracts/envelope';
import { catalogue, type Recorded } from '@leadstream/contracts/events';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { eventId } from '@leadstream/eventlog/ids';
import type { Loaded, Outcome } from '@leadstream/eventlog/log';
import { countsFor } from '@leadstream/lead/canary';
import { decideFeedback, missesRep, type Feedback } from '@leadstream/lead/feedback';
import { addressHash, leadId } from '@leadstream/lead/identity';
import { originName } from '@leadstream/lead/origin';
import type { LeadState } from '@leadstream/lead/state';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import { Transitions } from '@leadstream/service/transitions';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { ReportFact } from './bounce/facts.ts';
import { withProof, type ByAddress, type Whose } from './matching.ts';
import { Reputation } from './reputation.ts';

/** Begins the natural key of an ESP's event (provider-events.ts). */
const OF_EVENT = 'event/';

/** States of leads from which their chains are read. */
export type Baselines = ReadonlyMap<string, Loaded<LeadState>>;

/**
 * Records feedback in the logs of its leads. The event's id derives from the delivery, so a redelivery adds nothing.
 */
@Injectable()
export class FeedbackRecorder {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly leads: LeadLog,
    private readonly transitions: Transitions,
    private readonly metrics: Metrics,
    private readonly reputation: Reputation,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** By delivery: whether all leads that it was recorded for are erased. */
  private readonly isOfErased = new WeakMap<Delivery, boolean>();

  /** One query for the leads of a batch, instead of several for each. */
  baselines(leadIds: Iterable<string>): Promise<Baselines> {
    return this.leads.baselines(leadIds);
  }

  /** `index` is the part of the delivery; several leads of one mail are distinguished by their position. */
  async record(
    about: Whose,
    feedback: Feedback,
    delivery: Delivery,
    index?: number,
    baselines?: Baselines,
  ): Promise<void> {
    if ('addresses' in about) return this.recordByAddress(about, feedback, delivery, index);
    for (const [place, id] of about.leadIds.entries()) {
      const loaded = await this.leads.load(id, { cached: true, baseline: baselines?.get(id) });
      await this.append(loaded, feedback, delivery, index ?? (place || undefined));
    }
  }

  private async recordByAddress(
    about: ByAddress,
    feedback: Feedback,
    delivery: Delivery,
    index?: number,
  ): Promise<void> {
    const { LEAD_ID_SECRET } = this.config;
    const loaded = await this.first(about.addresses);
    const judged = withProof(feedback, about, (address) => leadId(LEAD_ID_SECRET, address) === loaded.leadId);
    await this.append(loaded, judged, delivery, index, {
      addressHash: addressHash(LEAD_ID_SECRET, about.addresses[0] ?? ''),
    });
  }

  /** Records the failed deliveries that are a lead's or the rep's; false if there is none. */
  async recordReport(failures: readonly ReportFact[], delivery: Delivery): Promise<boolean> {
    let isRecorded = false;
    for (const [place, { leadId, isLeads, feedback }] of failures.entries()) {
      // A follower may lack the claim of a mail to the rep.
      const loaded = await this.leads.load(leadId, { leader: !isLeads });
      if (isLeads || missesRep(loaded.state, feedback)) {
        await this.append(loaded, feedback, delivery, place || undefined);
        isRecorded = true;
        continue;
      }
      // A failed forwarding does not concern the lead.
      const { sendId, kind } = feedback;
      this.log.info(
        { seq: delivery.cause.seq, leadId, sendId, kind },
        'a mail did not reach a recipient other than its lead',
      );
    }
    return isRecorded;
  }

  /** Whether the log has a lead for it. */
  async isKnown(about: Whose): Promise<boolean> {
    return 'leadIds' in about || (await this.first(about.addresses)).state.contact !== null;
  }

  /** Notes a part of the delivery that is about no lead, so the delivery is not only of erased ones. */
  noteOther(delivery: Delivery): void {
    this.noteErased(delivery, false);
  }

  /** Feedback about erased leads only does not stay in the stream. */
  async discardIfErased(delivery: Delivery): Promise<void> {
    if (this.isOfErased.get(delivery)) await this.leads.discard(delivery.cause);
  }

  private noteErased(delivery: Delivery, isErased: boolean): void {
    this.isOfErased.set(delivery, isErased && (this.isOfErased.get(delivery) ?? true));
  }

  /** The first lead that the log has among these addresses; otherwise the first address's empty state. */
  private async first([address = '', ...others]: readonly string[]): Promise<Loaded<LeadState>> {
    const loaded = await this.leads.load(leadId(this.config.LEAD_ID_SECRET, address));
    if (loaded.state.contact || others.length === 0) return loaded;
    const other = await this.first(others);
    return other.state.contact ? other : loaded;
  }

  private async append(
    loaded: Loaded<LeadState>,
    feedback: Feedback,
    delivery: Delivery,
    index: number | undefined,
    about: object = {},
  ): Promise<void> {
    const { seq } = delivery.cause;
    const id = loaded.leadId;
    const event = eventId({ ...delivery.cause, ...(index === undefined ? {} : { index }) }, 'feedback');
    await this.leads.hop(`feedback ${feedback.kind}`, loaded, async () => {
      const decide = (state: LeadState) => decideFeedback(state, { ...feedback, feedbackSeq: seq });
      const outcome = await this.leads.decide(id, event, decide, loaded);
      // In the span, so that the lines have the lead's trace.
      this.report(outcome, feedback, delivery, about);
      return outcome;
    });
  }

  private report(outcome: Outcome<LeadState>, feedback: Feedback, delivery: Delivery, about: object): void {
    const { seq } = delivery.cause;
    const { leadId, state } = outcome.after;
    const { kind, sendId } = feedback;
    this.noteErased(delivery, state.stop?.why === 'erased');
    if ('nothing' in outcome && outcome.nothing === 'unknown-lead') {
      this.log.warn({ kind, leadId, ...about }, 'feedback for an unknown lead');
      return;
    }
    if ('nothing' in outcome && outcome.nothing === 'other-recipient') {
      this.metrics.otherRecipients.inc({ kind });
      this.log.info({ kind, leadId, sendId, seq }, 'a provider event is about another recipient');
      return;
    }
    this.watch(leadId, feedback, state, { seq, isRecorded: 'event' in outcome });
    if ('event' in outcome) this.count(outcome.event, feedback, state, delivery);
    this.transitions.log(outcome);
  }

  /** Logs what needs a person's attention. */
  private watch(
    leadId: string,
    feedback: Feedback,
    state: LeadState,
    { seq, isRecorded }: { seq: number; isRecorded: boolean },
  ): void {
    if (feedback.kind === 'replied' && feedback.authenticated === false) {
      const outcome = isRecorded ? 'recorded' : 'not recorded';
      this.metrics.unprovenAnswers.inc({ outcome });
      this.log.warn({ leadId, class: feedback.class, seq, outcome }, 'the sender of a reply is not proven');
    }
    if (missesRep(state, feedback)) {
      this.log.warn({ kind: feedback.kind, leadId, sendId: feedback.sendId }, 'a mail to the rep did not arrive');
    }
  }

  private count({ type, at }: Recorded, feedback: Feedback, state: LeadState, { message }: Delivery): void {
    const storedAt = message.headers?.get(CE.time);
    if (storedAt)
      this.metrics.feedbackSeconds.observe({
        labels: { event: catalogue[type].token },
        value: (Date.parse(at) - Date.parse(storedAt)) / 1_000,
      });
    const classification = 'classification' in feedback ? feedback.classification : undefined;
    const provider = feedback.key.startsWith(OF_EVENT) ? feedback.provider : undefined;
    // The reputation is that of the account that mails go out by.
    if (feedback.channel === 'sms') return;
    // Mails to our own mailbox say nothing about the account's reputation.
    if (!countsFor('reputation', state)) return;
    this.reputation.add(type, { source: originName(state), sendId: feedback.sendId, provider, classification });
  }
}
