import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { millis, nanos } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker, Log } from './broker.ts';
import { durableConsumer, isThere, type Durable } from './consumer.ts';
import { describeError } from './errors.ts';
import { nakDelayMs } from './exits.ts';
import type { Room } from './room.ts';

const PULL_MS = 5_000;
const RETRY_MS = 1_000;

/**
 * Takes a limited number of a consumer's messages of one stream into hand. It pulls exactly as many as it has room for:
 * messages in a buffer would time out there and be delivered twice. Waits for ever while a dependency is unavailable.
 */
export class Pull {
  readonly #broker: Broker;
  readonly #durable: Durable & { ackWaitMs: number };
  readonly #isMade: boolean;
  readonly #lookAgainMs: number;
  readonly #log: Log;
  readonly #take: (message: JsMsg) => Promise<void>;
  readonly #inHand = new Map<JsMsg, Promise<void>>();
  #heartbeat: NodeJS.Timeout | undefined;
  readonly #closing: AbortSignal;
  readonly #room: Room;
  #pulled: ConsumerMessages | undefined;
  #loop: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #said = '';

  /**
   * `take` answers the message and never rejects; `closing` ends the pull. `isMade: false`: a consumer that is missing
   * is not created, and looked for again after a reconnect and every `lookAgainMs`: another process may have made it,
   * and may be gone.
   */
  constructor(it: {
    broker: Broker;
    log: Log;
    durable: Durable & { ackWaitMs: number };
    isMade: boolean;
    lookAgainMs: number;
    room: Room;
    closing: AbortSignal;
    take: (message: JsMsg) => Promise<void>;
  }) {
    const { broker, log, durable, isMade, lookAgainMs, room, closing, take } = it;
    this.#broker = broker;
    this.#log = log;
    this.#durable = durable;
    this.#isMade = isMade;
    this.#lookAgainMs = lookAgainMs;
    this.#room = room;
    room.join();
    this.#closing = closing;
    this.#take = take;
    closing.addEventListener('abort', () => this.interrupt(), { once: true });
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Hands back what was asked for and is not in hand yet. */
  interrupt(): void {
    this.#pulled?.stop();
    this.#wake();
  }

  /** Resolves, once closing, when all deliveries in hand have ended. */
  async ended(): Promise<void> {
    await this.#loop;
    await Promise.all(this.#inHand.values());
    clearInterval(this.#heartbeat);
  }

  async #run(): Promise<void> {
    // The client would repeat the old pull in full, beside the deliveries in hand.
    const stop = this.#broker.onReady(() => this.interrupt());
    while (!this.#closing.aborted) {
      try {
        await this.#broker.ready(this.#closing);
        if (!this.#isMade && !(await isThere(this.#broker, this.#durable))) {
          this.#say('not needed');
          if (!this.#closing.aborted) await this.#woken();
          continue;
        }
        const consumer = await durableConsumer(this.#broker, this.#durable);
        this.#beat((await consumer.info(true)).config.ack_wait);
        this.#say('consuming');
        for (let room = await this.#room.take(); room > 0; room = await this.#room.take())
          await this.#fill(consumer, room);
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
    return this.#closing.aborted || this.#room.limit === 0;
  }

  /** Takes as many into hand as there is room for, and gives back the room of those that did not come. */
  async #fill(consumer: Consumer, room: number): Promise<void> {
    let left = room;
    try {
      this.#pulled = await consumer.fetch({ max_messages: room, expires: PULL_MS });
      if (this.#stopped) this.interrupt();
      for await (const message of this.#pulled) if (this.#begin(message)) left--;
    } finally {
      this.#room.give(left);
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#lookAgainMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** False: it was handed back. */
  #begin(message: JsMsg): boolean {
    if (this.#stopped) {
      // Closing: another process can take it at once. Paused: all processes are, soon, so it is redelivered later.
      message.nak(this.#closing.aborted ? undefined : nakDelayMs(Infinity));
      return false;
    }
    const work = this.#take(message).finally(() => {
      this.#inHand.delete(message);
      this.#room.give(1);
    });
    this.#inHand.set(message, work);
    return true;
  }

  /**
   * Reports the messages in hand as in progress, now and three times in the consumer's own ack wait, which an operator
   * may have tuned. By one timer, because one for each message cost a tenth of a delivery.
   */
  #beat(ackWaitNanos = nanos(this.#durable.ackWaitMs)): void {
    const report = () => this.#inHand.forEach((_, message) => answer(() => message.working()));
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(report, millis(ackWaitNanos) / 3).unref();
    report();
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

/** Answers a delivery. On a closed connection no answer is possible, and it is delivered again. */
export function answer(say: () => void): void {
  try {
    say();
  } catch {
    // The ack wait runs out, and the next delivery finds the state unchanged.
  }
}
