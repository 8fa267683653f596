import type { JsMsg } from '@nats-io/jetstream';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { context, SpanKind } from '@opentelemetry/api';
import { CE, dataVersionOf, NewerEvent } from '@leadstream/contracts/envelope';
import type { StreamName } from '@leadstream/contracts/streams';
import type { Broker, Log } from './broker.ts';
import { Delivery, messageAt, type Message } from './delivery.ts';
import { describeError, framesOf, Poison, Retry } from './errors.ts';
import { exitOf, Failures, NAK_MS_MIN, nakDelayMs, type Exit } from './exits.ts';
import { patternOf, payloadOf, runAll, sourcesOf } from './handlers.ts';
import { newerDelayMs, NewerMessages } from './newer.ts';
import { answer, Pull } from './pull.ts';
import { quarantine, type GAVE_UP } from './quarantine.ts';
import { Room } from './room.ts';
import { causeOf, contextOf, inSpan } from './spans.ts';

/** The exits that end in quarantine in the end, by the reason that its entry has. */
const GAVE_UP_BY: { readonly [K in Exit]?: (typeof GAVE_UP)[number] } = { failed: 'failures', newer: 'newer' };

/**
 * Acks go out together at this interval: a write to the socket costs the process and nats-server more than the message
 * in it, and nobody waits for an ack.
 */
const ACKS_EVERY_MS = 10;

export interface TransportOptions {
  broker: Broker;
  stream: StreamName;
  /** The service's name too. */
  durable: string;
  log: Log;
  /** False: nothing is to be done; a consumer is not created, and one that exists is emptied. Default true. */
  isNeeded?: boolean;
  /** Interval at which one that is not needed and was missing is looked for. Default 60 000. */
  lookAgainMs?: number;
  /**
   * Types that earlier builds handled: a new consumer's filter lacks them, an existing one's is not narrowed, and what
   * it delivers is acknowledged.
   */
  former?: readonly string[];
  /** Most messages in hand at once. Default 32. */
  concurrency?: number;
  /** Time without an ack or a progress report after which the broker delivers again. Default 30 000. */
  ackWaitMs?: number;
  /** Number of failures for no known reason after which a message is quarantined. Default 20. */
  failuresMax?: number;
  /** Maximum wait of a message of a newer build before it is quarantined. Default a day. */
  newerMsMax?: number;
  /** Wraps every delivery, e.g. in tests to deliver twice, or never. */
  deliver?: (handle: () => Promise<void>) => Promise<void>;
  onHandled?: (handled: { type: string; exit: Exit; ms: number }) => void;
}

/**
 * Nest's transport over JetStream: `@EventPattern('lead.step-due')` handlers of one durable consumer.
 *
 * A handler has three exits. It returns: ack. It throws: nak with jitter, delivered again for ever (`Retry` sets the
 * delay, `Unavailable` is not counted), except that the 20th failure for no known reason is quarantined, and
 * `NewerEvent` after a day. It throws `Poison`: quarantined, and terminated only after that is durable. A microservice
 * that uses it needs `PassThroughFilter`.
 */
export class JetStreamTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('jetstream');
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: TransportOptions;
  readonly #handlers = new Map<string, MessageHandler[]>();
  readonly #failures: Failures;
  readonly #newer: NewerMessages;
  readonly #closing = new AbortController();
  readonly #room: Room;
  #pulls: Pull[] = [];
  /** Waiting for their ack. */
  readonly #handled: JsMsg[] = [];

  constructor(options: TransportOptions) {
    super();
    this.#options = options;
    this.#failures = new Failures(options.failuresMax ?? 20);
    this.#newer = new NewerMessages(options.durable, options.log, options.newerMsMax);
    this.#room = new Room(this.#concurrency, this.#closing.signal);
  }

  get durable(): string {
    return this.#options.durable;
  }

  /** The types of the messages that it handles. */
  get types(): readonly string[] {
    return [...this.#handlers.keys()];
  }

  /** Nest chains the handlers of one pattern and stops at the first failure; here each runs to its end. */
  override addHandler(pattern: string, callback: MessageHandler): void {
    this.#handlers.set(pattern, [...(this.#handlers.get(pattern) ?? []), callback]);
  }

  /**
   * Consumes in the background, as soon as NATS and the stream are available. Fails only on a pattern that can't occur.
   */
  listen(callback: (error?: unknown) => void): void {
    try {
      const { broker, log, stream, durable, isNeeded: isMade = true } = this.#options;
      const { ackWaitMs = 30_000, lookAgainMs = 60_000 } = this.#options;
      if (this.#handlers.size === 0) throw new Error(`${durable} has no handlers`);
      this.#pulls = sourcesOf(broker, stream, this.types).map(
        (source) =>
          new Pull({
            broker,
            log,
            durable: { ...source, durable, ackWaitMs },
            isMade,
            lookAgainMs,
            room: this.#room,
            closing: this.#closing.signal,
            take: (message) => this.#handle(message),
          }),
      );
      for (const pull of this.#pulls) pull.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Stops pulling; deliveries in hand go on, undelivered messages are handed back. */
  pause(): void {
    this.#limit(0);
  }

  /** Pulls again, with at most `maxInFlight` in hand: one, to test whether the dependency has recovered. */
  resume(maxInFlight = this.#concurrency): void {
    this.#limit(Math.min(maxInFlight, this.#concurrency));
  }

  /** Stops pulling, hands back undelivered messages, and resolves when all deliveries in hand have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#pulls.map((pull) => pull.ended()));
    this.#ackNow();
  }

  /** Runs the handlers for a message of its streams as at its delivery; their errors are thrown. */
  async redrive(stream: string, seq: number): Promise<void> {
    if (!sourcesOf(this.#options.broker, this.#options.stream, []).some((source) => source.stream === stream))
      throw new Poison(`${this.#options.durable} does not consume ${stream}`);
    const message = await messageAt(this.#options.broker, stream, seq);
    await this.#process(new Delivery(message, stream, 0, this.#closing.signal));
  }

  on(): never {
    throw new Error('a JetStream consumer has no events to listen to');
  }

  unwrap<T>(): T {
    return this.#options.broker as T;
  }

  #limit(limit: number): void {
    const isLess = limit < this.#room.limit;
    this.#room.limit = limit;
    if (isLess) for (const pull of this.#pulls) pull.interrupt();
  }

  get #concurrency(): number {
    return this.#options.concurrency ?? 32;
  }

  /** One delivery from start to answer; never rejects. */
  async #handle(message: JsMsg): Promise<void> {
    const { stream, deliver = (handle) => handle(), onHandled } = this.#options;
    const startedMs = performance.now();
    const delivery = new Delivery(message, message.info.stream, message.info.deliveryCount, this.#closing.signal);
    let exit: Exit = 'ack';
    try {
      await deliver(() => this.#process(delivery));
      this.#clear(message);
      this.#ackSoon(message);
    } catch (error) {
      // In the message's trace, so that the log line of its outcome is found there.
      exit = await context.with(contextOf(message.headers), () => this.#fail(message, error));
    }
    onHandled?.({ type: patternOf(stream, message.subject), exit, ms: performance.now() - startedMs });
  }

  async #process(delivery: Delivery): Promise<void> {
    const { stream, durable, former } = this.#options;
    const { message } = delivery;
    const type = patternOf(stream, message.subject);
    if (former?.includes(type)) return;
    const leadId = this.#leadOf(message);
    const attributes = {
      'messaging.system': 'nats',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': delivery.cause.stream,
      'messaging.consumer.group.name': durable,
      'messaging.message.id': message.headers?.get(CE.id),
      'lead.id': leadId,
    };
    const parent = contextOf(message.headers);
    const cause = causeOf(parent, message.headers);
    const links = cause ? [{ context: cause }] : [];
    await inSpan(
      `process ${type}`,
      { service: durable, kind: SpanKind.CONSUMER, attributes, parent, links, isHop: true },
      async () => {
        const handlers = this.#handlers.get(type);
        // A newer build widens the consumer's filter during a rollout: the message is for its handlers.
        if (!handlers) throw new NewerEvent(type, dataVersionOf(message.headers), 0);
        await runAll(handlers, payloadOf(stream, message), delivery);
      },
    );
  }

  /** A process that dies before it is sent gets the message again, like one that dies a moment earlier. */
  #ackSoon(message: JsMsg): void {
    if (this.#handled.push(message) === 1) setTimeout(() => this.#ackNow(), ACKS_EVERY_MS);
  }

  #ackNow(): void {
    for (const message of this.#handled.splice(0)) answer(() => message.ack());
  }

  /** Decides the fate of a message whose handler threw, and logs it once. */
  async #fail(message: JsMsg, error: unknown): Promise<Exit> {
    const first = exitOf(error);
    let exit = first;
    if (exit === 'failed' && this.#failures.add(message)) exit = 'poison';
    if (error instanceof NewerEvent && this.#newer.add(message, error.type)) exit = 'poison';
    if (exit === 'poison' && !(await this.#quarantine(message, error, GAVE_UP_BY[first] ?? 'refused')))
      exit = 'unavailable';
    if (exit === 'poison') answer(() => message.term(describeError(error).message.slice(0, 100)));
    else answer(() => message.nak(delayMs(error, message.info.deliveryCount)));
    // One line a minute covers all of them.
    if (exit === 'newer') return exit;
    const { stream, log } = this.#options;
    const fields = {
      eventId: message.headers?.get(CE.id),
      leadId: this.#leadOf(message),
      type: patternOf(stream, message.subject),
      attempt: message.info.deliveryCount,
      outcome: exit,
      stream: message.info.stream,
      seq: message.seq,
      error: describeError(error),
      ...(exit === 'failed' ? { stack: framesOf(error) } : {}),
    };
    if (exit === 'retry') log.info(fields, 'message is delivered again later');
    else log[exit === 'unavailable' ? 'warn' : 'error'](fields, `${fields.type} was not handled`);
    return exit;
  }

  /** True once it is durable; only then may the message be terminated. */
  async #quarantine(message: JsMsg, error: unknown, why: (typeof GAVE_UP)[number]): Promise<boolean> {
    const { broker, durable: consumer, log } = this.#options;
    const { subject, seq, headers, data, info } = message;
    const { stream } = info;
    try {
      await quarantine(broker, {
        consumer,
        stream,
        seq,
        subject,
        headers,
        data,
        reason: describeError(error).message,
        attempts: info.deliveryCount,
        why,
      });
      this.#clear(message);
      return true;
    } catch (problem) {
      log.warn(
        { consumer, stream, seq, error: describeError(problem) },
        'message could not be quarantined, trying again',
      );
      return false;
    }
  }

  #clear(message: JsMsg): void {
    this.#failures.clear(message);
    this.#newer.clear(message);
  }

  #leadOf(message: Message): string | undefined {
    return this.#options.stream === 'LEADS' ? message.subject.split('.')[1] : undefined;
  }
}

/** A whole number, because NATS takes a delay with a fraction for none. */
function delayMs(error: unknown, deliveries: number): number {
  if (error instanceof Retry) return Math.ceil(Math.max(NAK_MS_MIN, error.delayMs));
  return error instanceof NewerEvent ? newerDelayMs(deliveries) : nakDelayMs(deliveries);
}
