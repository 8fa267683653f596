import { randomUUID } from 'node:crypto';
import type { Draft, Recorded } from '@leadstream/contracts/events';
import { logOf } from '@leadstream/contracts/streams';
import { Broker, silentLog } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog, type Claim, type Loaded } from '@leadstream/eventlog/log';
import { startLossyProxy, type LossyProxy } from '@leadstream/eventlog/testing/lossy-proxy';
import { decideClaim, recheckClaim } from '@leadstream/lead/claim';
import type { Command } from '@leadstream/lead/command';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { sender } from '@leadstream/sender/sender.module';
import { giveCommand, type Given } from '@leadstream/service/commands';
import { redriveReply, redriveSubject } from '@leadstream/service/redrive';
import { start, type Running } from '@leadstream/service/start';
import { eventually } from '@leadstream/testing/eventually';
import type { SandboxMessage } from '@leadstream/sandbox-esp/client';
import { freshEmail, lead, mailsTo, startStack, TRUSTED, trustedCaller, type Stack } from '../stack.ts';
import { startLine, type Line } from './line.ts';

/** Deliveries by JetStream itself are ignored. */
const withheld = async () => undefined;
const CLAIM_MS = 90_000;

/**
 * All services on real servers, but only the test delivers messages, and the clock stands still until it says so: a
 * trace of the model happens in its order, every time. Only the hunter and the projector go by themselves.
 */
export class ByHand {
  /** All submitted addresses. */
  readonly emails: string[] = [];
  readonly clock: { now: Temporal.Instant };
  readonly stack: Stack;
  /** Events that the test appends as one more process, on the same clock. */
  readonly log: EventLog<LeadState>;
  readonly line: Line;
  readonly lossy: LossyProxy;
  readonly #broker: Broker;
  /** Work for the next calls of the sender's clock. */
  #atSenderClock: (() => void)[] = [];
  #sender: Running | undefined;

  private constructor(clock: { now: Temporal.Instant }, stack: Stack, line: Line, lossy: LossyProxy) {
    this.clock = clock;
    this.stack = stack;
    this.line = line;
    this.lossy = lossy;
    const { partitions } = stack.broker;
    this.#broker = Broker.open({ servers: stack.nats.url, name: 'by hand', partitions }, silentLog);
    this.log = new EventLog(this.#broker, leadFold, {
      source: 'by hand',
      now: () => clock.now,
      keys: new Keyring(this.#broker, [stack.settings['DATA_KEYS'] ?? '']),
    });
  }

  static async start(): Promise<ByHand> {
    const clock = { now: Temporal.Now.instant() };
    const stack = await startStack({
      clock: () => clock.now,
      deliver: withheld,
      without: ['sender'],
      env: trustedCaller,
    });
    const byHand = new ByHand(
      clock,
      stack,
      await startLine(stack.sandbox.port),
      await startLossyProxy(stack.nats.port),
    );
    await byHand.#broker.ready();
    await byHand.#startSender();
    return byHand;
  }

  /** The sender has a line to the provider and one to NATS that the test can disturb. */
  async #startSender(): Promise<void> {
    const clock = () => {
      const [first, ...later] = this.#atSenderClock;
      this.#atSenderClock = later;
      first?.();
      return this.clock.now;
    };
    this.#sender = await start(
      sender,
      { ...this.stack.settings, SENDGRID_BASE_URL: this.line.url, NATS_URL: this.lossy.url },
      { deliver: withheld, clock },
    );
    await this.#sender.ready;
    // All have their subscriptions, and know what is deployed, once a first lead got through.
    await eventually(async () => this.mailed(await this.planned()));
  }

  async stop(): Promise<void> {
    this.line.free();
    await Promise.all([this.#sender?.stop(), this.#broker.close()]);
    await this.stack.stop();
    await Promise.all([this.line.stop(), this.lossy.stop()]);
  }

  later(duration: Temporal.DurationLike): void {
    this.clock.now = this.clock.now.add(duration);
  }

  /** Runs after the sender's next decision and before its append. */
  whenSenderDecides(happen: () => void): void {
    // It asks its clock for the event's age first, then for that of the event before, then for the draft, then whether
    // a guard holds the mail, then for its decision.
    this.#atSenderClock = [() => undefined, () => undefined, () => undefined, () => undefined, happen];
  }

  /** Hands a stored message to its consumer, for the first time or once more. Throws what the handler threw. */
  async handTo(consumer: string, stream: string, seq: number): Promise<void> {
    const answer = await this.stack.nc.request(redriveSubject(consumer), JSON.stringify({ stream, seq }), {
      timeout: 20_000,
    });
    const reply = redriveReply.parse(answer.json());
    if ('error' in reply) throw new Error(reply.error);
  }

  hand({ leadId, type, seq }: Recorded): Promise<void> {
    const { stream } = logOf(leadId, this.#broker.partitions);
    return this.handTo(type === 'lead.step-due' ? 'sender' : 'scheduler', stream, seq);
  }

  /** The submission's sequence in INTAKE. */
  async submit(email: string, source: string): Promise<number> {
    this.emails.push(email);
    // Of a trusted caller: then the sender's first question to NATS is its claim, which the traces are about.
    await this.stack.post(lead(email, source), TRUSTED);
    return (await this.stack.jsm.streams.info('INTAKE')).state.last_seq;
  }

  /** A lead whose first step is planned. */
  async planned(): Promise<string> {
    const email = freshEmail();
    await this.handTo('triage', 'INTAKE', await this.submit(email, 'whitepaper'));
    await this.hand(await this.last(email, 'lead.triaged'));
    await this.last(email, 'lead.enrolled');
    return email;
  }

  /** The hunter's event after the planned step's time. */
  due(email: string, wait: Temporal.DurationLike = { seconds: 1 }): Promise<Recorded<'lead.step-due'>> {
    this.later(wait);
    return this.last(email, 'lead.step-due');
  }

  async mailed(email: string): Promise<Recorded<'lead.sent'>> {
    await this.hand(await this.due(email));
    return this.last(email, 'lead.sent');
  }

  /** A sender in the middle of its call: whatever the provider says is on its way until `answered`. */
  async calling(email: string) {
    const step = await this.due(email);
    this.line.hold();
    const handled = this.hand(step);
    return {
      step,
      claim: await this.last(email, 'lead.send-started'),
      answered: () => {
        this.line.free();
        return handled;
      },
    };
  }

  /** A sender that claims, from what it knew, and is not heard of again. */
  claim(from: Loaded<LeadState>): Promise<Claim<LeadState>> {
    const { run, phase } = from.state;
    const written = { runId: run?.id ?? '', step: phase.kind === 'due' ? phase.step.index : -1 };
    let mine = '';
    return this.log.claim(
      from.leadId,
      (state, sendId) => {
        mine = sendId;
        return decideClaim(state, { now: this.clock.now, sendId, deadlineMs: CLAIM_MS }, written);
      },
      (state) => recheckClaim(state, mine, this.clock.now),
      from,
    );
  }

  command(email: string, command: Command): Promise<Given> {
    return giveCommand(this.log, this.stack.idOf(email), command);
  }

  /** Appends at once, on what is there. */
  async write(email: string, draft: Draft): Promise<void> {
    await this.log.append(await this.load(email), draft, randomUUID());
  }

  load(email: string): Promise<Loaded<LeadState>> {
    return this.log.load(this.stack.idOf(email));
  }

  /** The lead's last event, once it is of this type. */
  last<T extends Recorded['type']>(email: string, type: T): Promise<Recorded<T>> {
    return eventually(async () => {
      const history = await this.log.history(this.stack.idOf(email));
      const event = history.at(-1);
      if (event?.type !== type) throw new Error(`the lead's events are ${history.map((each) => each.type).join()}`);
      return event as Recorded<T>;
    });
  }

  /** The tokens of what has happened to the lead since. */
  async since({ leadId, seq }: Recorded): Promise<string[]> {
    return (await this.log.history(leadId))
      .filter((event) => event.seq > seq)
      .map(({ type }) => type.replace('lead.', ''));
  }

  mails(email: string): readonly SandboxMessage[] {
    return mailsTo(this.stack.sandbox, email);
  }

  mail(email: string): Promise<SandboxMessage> {
    return eventually(() => this.mails(email).at(-1));
  }

  /** The provider's word about a mail, stored by inbound; where in FEEDBACK. */
  async webhook(message: SandboxMessage, event: string, fields: object = {}): Promise<number> {
    const mark = randomUUID();
    await this.stack.client.event({ messageId: message.id, event, ...fields, mark });
    return this.#feedbackWith(mark);
  }

  /** The lead's answer to a mail, stored by inbound; where in FEEDBACK. */
  async reply(message: SandboxMessage): Promise<number> {
    const text = `Call me and mention ${randomUUID()}.`;
    await this.stack.client.reply({ messageId: message.id, text });
    return this.#feedbackWith(text);
  }

  async #feedbackWith(text: string): Promise<number> {
    for (
      let {
        state: { last_seq: seq },
      } = await this.stack.jsm.streams.info('FEEDBACK');
      seq > 0;
      seq--
    ) {
      if ((await this.stack.jsm.streams.getMessage('FEEDBACK', { seq }))?.string().includes(text)) return seq;
    }
    throw new Error(`${text} is not in FEEDBACK`);
  }
}
