import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Inject, Optional } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { Audience, Decision, PlannedStep, Recorded, StepChannel } from '@leadstream/contracts/events';
import { Unavailable } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import type { Loaded, Outcome } from '@leadstream/eventlog/log';
import type { Delivery } from '@leadstream/eventlog/delivery';
import {
  ATTEMPTS_MAX,
  decideClaim,
  decideGiveBack,
  decideOutcome,
  decideRetry,
  decideUnrenderable,
  decideWait,
  guard,
  isPast,
  isStrangers,
  MAILS_A_DAY_MAX,
  recheckClaim,
  writtenFor,
  type ProviderResponse,
  type Claimant,
  type Written,
} from '@leadstream/lead/claim';
import { originName } from '@leadstream/lead/origin';
import type { LeadState } from '@leadstream/lead/state';
import type { MailHash } from '@leadstream/sequences/mail-hash';
import { Unrenderable } from '@leadstream/sequences/render';
import type { Clock } from '@leadstream/service/clock';
import { LeadLog } from '@leadstream/service/lead-log';
import { Mailboxes } from '@leadstream/service/mailboxes';
import { Metrics } from '@leadstream/service/metrics';
import { CLOCK, CONFIG } from '@leadstream/service/injected';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { Transitions } from '@leadstream/service/transitions';
import { GuardedSend } from './breaker.ts';
import type { Config } from './config.ts';
import { CHANNEL, composers, type ChannelOf, type Draft } from './channels.ts';
import { RepChat } from './rep-chat.ts';
import type { ChatAddress } from '@leadstream/service/rep-chats';

/** The longest hint that is waited out here; after a longer one the scheduler plans the step again. */
const HINT_MS_MAX = 30_000;
/** The age from which an event counts as one of a queue that has waited. */
const FRESH_MS_MAX = 10_000;
/** A claim's deadline beyond the call's timeout: the wait before the next attempt, and a slow log. */
const CLAIM_SLACK_MS = 75_000;

type Held = { event: Recorded<'lead.send-started'>; after: Loaded<LeadState>; claimedAtMs: number };
type Decide = (state: LeadState, claimant: Claimant) => Decision;
type By = Pick<Claimant, 'provider' | 'channel'>;

/** The way of a message from its claim on: by the step's own channel, or a notice's by the rep's chat. */
interface Way {
  by: By;
  fire: (about: { leadId: string; sendId: string; attempt: number }) => Promise<ProviderResponse>;
  /** The delay before the next attempt; undefined: no further attempt here. */
  retryDelayMs: (answer: ProviderResponse, attempt: number) => number | undefined;
  /** The wait and the turn; false: the refusal is the outcome. */
  waitForTurn: (waitMs: number, audience: Audience, signal: AbortSignal) => Promise<boolean>;
}

/** True once a wait has ended; false when a shutdown, or a refused turn, ended it. */
const SETTLED = [() => true, () => false] as const;

/**
 * Claims a due step, calls the provider, records the outcome. One claim, one call; each retry is a claim of its own.
 */
@Controller()
export class SenderController<C extends StepChannel = StepChannel> {
  private readonly deadlineMs: number;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly leads: LeadLog,
    private readonly sequences: SequenceStore,
    @Inject(CHANNEL) private readonly by: ChannelOf<C>,
    private readonly esp: GuardedSend<C>,
    private readonly transitions: Transitions,
    private readonly metrics: Metrics,
    private readonly mailboxes: Mailboxes,
    @Optional() private readonly chats?: RepChat,
  ) {
    this.deadlineMs = config.ESP_TIMEOUT_MS + CLAIM_SLACK_MS;
  }

  @EventPattern<string>('lead.step-due')
  async onStepDue(@Payload() event: Recorded<'lead.step-due'>, @Ctx() { cause, signal }: Delivery): Promise<void> {
    // A lead with steps of both channels has an event for each: for a mail's nothing is loaded by the sender of texts.
    if (event.data.channel !== this.by.channel && this.by.channel !== 'email') return;
    const loaded = await this.load(event);
    const { leadId } = loaded;
    const { phase } = loaded.state;
    if (phase.kind !== 'due')
      return this.transitions.log({ nothing: 'wrong-phase', detail: phase.kind, after: loaded });
    const written = writtenFor(loaded.state, phase.step);
    const waits = this.waitsFor(loaded.state, phase.step);
    if (waits === 'other-sender') return;
    // A step that stays due: the hunter appends step-due again, each time after twice the interval, until an operator
    // resumes the source or configures the provider.
    if (waits) {
      const id = eventId(cause, `${waits}/${this.by.channel}`);
      const decide = (state: LeadState) => decideWait(state, this.now(), written, waits);
      const outcome = await this.leads.decide(leadId, id, decide, loaded);
      // A step that its guard leaves out does not wait.
      const isWaiting = waits === 'no-provider' && 'nothing' in outcome;
      if (isWaiting) this.metrics.channelWaits.inc({ channel: phase.step.channel });
      return this.record(outcome);
    }
    const mail = this.write(loaded, phase.step);
    if (mail instanceof Unrenderable) {
      const { message } = mail;
      return this.record(
        await this.leads.decide(
          leadId,
          eventId(cause, 'unrenderable'),
          (state) => decideUnrenderable(state, message, written),
          loaded,
        ),
      );
    }
    const chat = this.chatFor(loaded.state, phase.step);
    if (chat) return this.tell(chat, mail, written, loaded, signal);
    // A mail that a guard holds uses up no call of the day: the queue of a day's cap would never end.
    const needsCall = guard(loaded.state, phase.step, this.now()) === undefined;
    await this.esp.turn(signal, phase.step.audience, needsCall);
    const mailboxUntil = await this.mailboxUntil(loaded.state, phase.step);
    const decide: Decide = (state, claimant) => decideClaim(state, { ...claimant, mailboxUntil }, written);
    const way = this.wayOf(mail);
    const held = await this.claim(decide, loaded, mail.hash, way.by);
    const waitedMs = held ? Date.parse(held.event.at) - Date.parse(phase.since) : 0;
    if (held) this.metrics.sendWait.observe({ value: waitedMs / 1_000 });
    await this.deliver(way, mail.hash, held, signal);
  }

  /** The rep's chat, if it takes the notice now; a hold of all sending is the mail's to say. */
  private chatFor(state: LeadState, step: PlannedStep): ChatAddress | undefined {
    if (step.audience === 'staff') this.chats?.compare(this.sequences.reps);
    return this.esp.mayCall ? this.chats?.for(state, step, this.sequences.rep(state.rep)?.id) : undefined;
  }

  /** Tells the rep in a chat. What the chat does not take is planned again at once, and goes by mail. */
  private async tell(
    to: ChatAddress,
    draft: Draft<C>,
    written: Written,
    loaded: Loaded<LeadState>,
    signal: AbortSignal,
  ): Promise<void> {
    const { chats } = this;
    // To and From are the mail's: a chat has neither.
    const { words, whole } = draft.hash;
    const hash = { words, whole };
    const notice = composers[this.by.channel].notice(draft);
    if (!chats || !notice) throw new Error('no chat takes this message');
    const way: Way = {
      by: { provider: to.chat, channel: 'chat' },
      fire: ({ leadId, sendId, attempt }) => chats.fire({ ...notice, to, leadId, sendId }, attempt),
      retryDelayMs: (answer, attempt) => chats.retryDelayMs(answer, attempt),
      waitForTurn: (waitMs) => delay(waitMs, undefined, { signal }).then(...SETTLED),
    };
    await chats.hold(async () => {
      const held = await this.claim((state, by) => decideClaim(state, by, written), loaded, hash, way.by);
      await this.deliver(way, hash, held, signal);
    });
  }

  private wayOf(mail: Draft<C>): Way {
    const { addressed } = composers[this.by.channel];
    return {
      by: this.by.provider ? { provider: this.by.provider } : {},
      fire: (about) => this.esp.fire(addressed(mail, about.leadId, about.sendId, this.config, this.now()), about),
      retryDelayMs: (answer, attempt) => this.retryDelayMs(answer, attempt),
      waitForTurn: (waitMs, audience, signal) => this.waitForTurn(waitMs, audience, signal),
    };
  }

  /**
   * Why this consumer makes no claim for the step. The other channel's steps are another consumer's, with a breaker of
   * its own.
   */
  private waitsFor(state: LeadState, step: PlannedStep): 'source-paused' | 'no-provider' | 'other-sender' | undefined {
    const { channel, audience } = step;
    if (channel !== this.by.channel) return this.isFreed(state, step) ? 'no-provider' : 'other-sender';
    if (this.by.provider === null) return 'no-provider';
    if (audience !== 'lead' || !this.esp.holds(originName(state))) return undefined;
    this.metrics.sourceWaits.inc();
    return 'source-paused';
  }

  /**
   * Whether the sender of mails moves a text: its own sender may pull nothing, because the gateway is out of reach. A
   * notice to the rep does not wait behind it, nor does a mail once the text is late. A paused source's text is left
   * for the operator who resumes it. Without a gateway there is no sender of texts.
   */
  private isFreed(state: LeadState, step: PlannedStep): boolean {
    if (this.by.channel !== 'email') return false;
    if (this.by.isAlone) return true;
    return state.untold.length > 0 || (isPast(state, step, this.now()) && !this.esp.holds(originName(state)));
  }

  /**
   * The state of a fresh event, verified by the claim's expectation. After an outage a lead may have many `step-due`
   * events, the mail of any of them may be sent already, and its data may be newer: then the leader's newest state.
   */
  private async load(event: Recorded<'lead.step-due'>): Promise<Loaded<LeadState>> {
    const ageMs = this.now().epochMilliseconds - Date.parse(event.at);
    const loaded = ageMs < FRESH_MS_MAX ? await this.leads.asOf(event) : undefined;
    return loaded?.state.phase.kind === 'due' ? loaded : this.leads.load(event.leadId, { leader: true });
  }

  /**
   * Takes one of the mailbox's mails of the day, for a mail that an untrusted submission requested; otherwise returns
   * the time of the next free one.
   */
  private async mailboxUntil(state: LeadState, step: PlannedStep): Promise<Temporal.Instant | undefined> {
    const { mailbox, run } = state;
    if (!mailbox || !run || !isStrangers(state, step) || guard(state, step, this.now())) return undefined;
    const id = `${run.id}/${step.index}`;
    return this.mailboxes.take({ key: `mails.${mailbox}`, id, max: MAILS_A_DAY_MAX, now: this.now() });
  }

  /** The claim's call and its outcome: from here every path records an outcome. */
  private async deliver(way: Way, hash: MailHash, first: Held | undefined, signal: AbortSignal): Promise<void> {
    let held = first;
    while (held) {
      const { event, after }: Held = held;
      if (this.isStale(held) || !this.esp.mayCall) return this.giveBack(event, after);
      const { leadId, data } = event;
      const answer = await way.fire({ leadId, sendId: data.sendId, attempt: data.attempt });
      const waitMs = way.retryDelayMs(answer, data.attempt);
      const settle = async (from?: Loaded<LeadState>) =>
        this.record(
          await this.leads.decide(
            leadId,
            this.outcomeId(event),
            (state) => decideOutcome(state, data, answer, this.now()),
            from,
          ),
        );
      if (waitMs === undefined || answer.kind !== 'refused' || !(await way.waitForTurn(waitMs, data.audience, signal)))
        return settle(after);
      const previous = {
        sendId: data.sendId,
        class: answer.class,
        ...(answer.reason ? { reason: answer.reason } : {}),
      };
      held = await this.claim((state, claimant) => decideRetry(state, previous, claimant), after, hash, way.by);
      // The sweep may have recorded `unknown` during the wait; this outcome is certain and replaces it.
      if (!held) return settle();
    }
  }

  private write({ leadId, state }: Loaded<LeadState>, step: PlannedStep): Draft<C> | Unrenderable {
    const sequence = state.run && this.sequences.sequence(state.run.sequence, state.run.version);
    if (!sequence)
      throw new Unavailable(`sequence ${state.run?.sequence} version ${state.run?.version} is not deployed here yet`);
    try {
      const { compose } = composers[this.by.channel];
      return compose(leadId, state, step, sequence, this.config, this.sequences.rep(state.rep), this.now());
    } catch (error) {
      if (error instanceof Unrenderable) return error;
      throw error;
    }
  }

  private async claim(decide: Decide, from: Loaded<LeadState>, mailHash: MailHash, by: By): Promise<Held | undefined> {
    let mine = '';
    const claim = await this.leads.claim(
      from.leadId,
      (state, sendId) => {
        mine = sendId;
        const { deadlineMs } = this;
        return decide(state, { now: this.now(), sendId, deadlineMs, mailHash, ...by });
      },
      (state) => recheckClaim(state, mine, this.now()),
      from,
    );
    if (claim.held) {
      const { event, after, claimedAtMs } = claim;
      this.record(claim);
      return event.type === 'lead.send-started' ? { event, after, claimedAtMs } : undefined;
    }
    this.transitions.log(claim);
    if (claim.orphan?.type === 'lead.send-started') await this.giveBack(claim.orphan, claim.after);
    return undefined;
  }

  /** A process that was suspended must not act on an old claim: the sweep may have ended it. */
  private isStale({ claimedAtMs }: Held): boolean {
    return performance.now() - claimedAtMs > CLAIM_SLACK_MS / 2;
  }

  /** Includes the claim's id: after a restore another claim may have its sequence in the log. */
  private outcomeId({ leadId, seq: lastSeq, id }: Held['event']): string {
    return this.leads.idAt({ leadId, lastSeq }, `outcome/${id}`);
  }

  /** Decides from the state at hand: a load could fail, and would leave the claim to the sweep. */
  private async giveBack(event: Held['event'], from: Loaded<LeadState>): Promise<void> {
    const { leadId, data } = event;
    this.record(
      await this.leads.decide(
        leadId,
        this.outcomeId(event),
        (state) => decideGiveBack(state, data.sendId, this.now()),
        from,
      ),
    );
  }

  private retryDelayMs(answer: ProviderResponse, attempt: number): number | undefined {
    if (answer.kind !== 'refused' || answer.class === 'account' || answer.class === 'breaker-open') return undefined;
    if (attempt >= ATTEMPTS_MAX || !this.esp.closed || (answer.retryAfterMs ?? 0) > HINT_MS_MAX) return undefined;
    const base = this.config.RETRY_BASE_MS;
    return Math.max(answer.retryAfterMs ?? 0, base * 2 ** (attempt - 1)) + Math.random() * base;
  }

  private record(outcome: Outcome<LeadState>): void {
    this.transitions.log(outcome);
  }

  /**
   * Waits `waitMs`, then for the pace. False when the pace is refused or a shutdown ends the wait: the refusal is then
   * the outcome, and the scheduler plans the step again.
   */
  private waitForTurn(waitMs: number, audience: Audience, signal: AbortSignal): Promise<boolean> {
    return delay(waitMs, undefined, { signal })
      .then(() => this.esp.turn(signal, audience))
      .then(...SETTLED);
  }
}
