import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker, Log } from './broker.ts';
import { durableConsumer, isThere, type Durable } from './consumer.ts';
import { describeError } from './errors.ts';
import { nakDelayMs } from './exits.ts';

const PULL_MS = 5_000;
const RETRY_MS = 1_000;

/**
 * Takes a limited number of a consumer's messages into hand. It pulls exactly as many as it has room for: messages in a
 * buffer would time out there and be delivered twice. Waits for ever while a dependency is unavailable.
 */
export class Pull {
  /** The consumer's own setting: an operator may have tuned it. */
  ackWaitMs: number;
  readonly #broker: Broker;
  readonly #durable: Durable;
  readonly #isMade: boolean;
  readonly #log: Log;
  readonly #take: (message: JsMsg) => Promise<void>;
  readonly #inHand = new Set<Promise<void>>();
  readonly #closing: AbortSignal;
  #limit: number;
  #pulled: ConsumerMessages | undefined;
  #loop: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #said = '';

  /**
   * `take` answers the message and never rejects; `closing` ends the pull. `isMade: false`: a consumer that is missing is
   * not created, and looked for again after a reconnect.
   */
  constructor(it: {
    broker: Broker;
    log: Log;
    durable: Durable & { ackWaitMs: number };
    isMade: boolean;
    limit: number;
    closing: AbortSignal;
    take: (message: JsMsg) => Promise<void>;
  }) {
    const { broker, log, durable, isMade, limit, closing, take } = it;
    this.#broker = broker;
    this.#log = log;
    this.#durable = durable;
    this.#isMade = isMade;
    this.ackWaitMs = durable.ackWaitMs;
    this.#limit = limit;
    this.#closing = closing;
    this.#take = take;
    closing.addEventListener('abort', () => this.#interrupt(), { once: true });
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** From now on at most `limit` in hand; 0 pauses. */
  limit(limit: number): void {
    const less = limit < this.#limit;
    this.#limit = limit;
    if (less) this.#interrupt();
    else this.#wake();
  }

  /** Resolves, once closing, when all deliveries in hand have ended. */
  async ended(): Promise<void> {
    await this.#loop;
    await Promise.all(this.#inHand);
  }

  async #run(): Promise<void> {
    // The client would repeat the old pull in full, beside the deliveries in hand.
    const stop = this.#broker.onReady(() => this.#interrupt());
    while (!this.#closing.aborted) {
      try {
        await this.#broker.ready(this.#closing);
        if (!this.#isMade && !(await isThere(this.#broker, this.#durable))) {
          this.#say('not needed');
          if (!this.#closing.aborted) await this.#woken();
          continue;
        }
        const consumer = await durableConsumer(this.#broker, this.#durable);
        const { config } = await consumer.info(true);
        this.ackWaitMs = config.ack_wait ? config.ack_wait / 1e6 : this.ackWaitMs;
        this.#say('consuming');
        for (let room = await this.#room(); room > 0; room = await this.#room()) {
          this.#pulled = await consumer.fetch({ max_messages: room, expires: PULL_MS });
          if (this.#stopped) this.#interrupt();
          for await (const message of this.#pulled) this.#begin(message);
        }
      } catch (error) {
        if (!this.#closing.aborted) this.#say('waiting', error);
      }
      await delay(RETRY_MS / 2 + (Math.random() * RETRY_MS) / 2, undefined, { signal: this.#closing }).catch(
        () => undefined,
      );
    }
    stop();
  }

  get #stopped(): boolean {
    return this.#closing.aborted || this.#limit === 0;
  }

  #interrupt(): void {
    this.#pulled?.stop();
    this.#wake();
  }

  /** The number of messages that may be taken into hand, waiting until it is above 0; 0 when closing. */
  async #room(): Promise<number> {
    while (!this.#closing.aborted) {
      const room = this.#limit - this.#inHand.size;
      if (room > 0) return room;
      await this.#woken();
    }
    return 0;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #begin(message: JsMsg): void {
    // Closing: another process can take it at once. Paused: all processes are, soon, so it is redelivered later.
    if (this.#stopped) return message.nak(this.#closing.aborted ? undefined : nakDelayMs(Infinity));
    const work = this.#take(message).finally(() => {
      this.#inHand.delete(work);
      this.#wake();
    });
    this.#inHand.add(work);
  }

  #say(state: string, error?: unknown): void {
    const about = error === undefined ? {} : { error: describeError(error) };
    const said = `${state} ${JSON.stringify(about)}`;
    if (said !== this.#said)
      this.#log.info(
        { consumer: this.#durable.durable, stream: this.#durable.stream, ...about },
        `consumer is ${state}`,
      );
    this.#said = said;
  }
}
