import { setTimeout as delay } from 'node:timers/promises';
import { silentLog, type Broker } from '@leadstream/eventlog/broker';
import { Keyring } from '@leadstream/eventlog/keyring';
import { EventLog } from '@leadstream/eventlog/log';
import { leadFold } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { giveCommand } from '@leadstream/service/commands';
import { dialBroker } from '@leadstream/service/dependencies';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { chance } from './chance.ts';
import type { Person } from './crowd.ts';
import type { Victim } from './fleet.ts';
import { drawOrders, lastResume, type Order, type Told } from './orders.ts';

/** An operator with less patience than the longest freeze asks again while the first call still runs. */
const PATIENCE_MS = 8_000;
const AGAIN_MS = 200;
const AT_ONCE = 64;

/** One operator's connection. A kill drops it with all calls under way, some of which reach the log all the same. */
class Operator implements Victim {
  readonly kind = 'operator';
  readonly #url: string;
  readonly #dataKey: string;
  #gone = new AbortController();
  #broker!: Broker;
  #log!: EventLog<LeadState>;

  constructor(url: string, dataKey: string) {
    this.#url = url;
    this.#dataKey = dataKey;
    this.#dial();
  }

  async kill(): Promise<void> {
    this.#gone.abort(new Error('killed'));
    await this.#broker.close();
  }

  revive(): Promise<void> {
    this.#dial();
    return Promise.resolve();
  }

  /** Its process is this one. */
  freeze(): void {
    void this.kill();
  }

  thaw(): void {
    this.#dial();
  }

  /** Its answer; throws once it is killed, or has waited for too long. */
  async give(order: Order): Promise<Told> {
    const [log, gone] = [this.#log, AbortSignal.any([this.#gone.signal, AbortSignal.timeout(PATIENCE_MS)])];
    gone.throwIfAborted();
    const { promise: end, reject } = Promise.withResolvers<never>();
    gone.addEventListener('abort', () => reject(new Error('no answer', { cause: gone.reason })));
    return Promise.race([answered(log, order), end]);
  }

  #dial(): void {
    this.#gone = new AbortController();
    this.#broker = dialBroker({ NATS_URL: this.#url }, 'operator', silentLog);
    this.#log = new EventLog<LeadState>(this.#broker, leadFold, {
      source: 'leadctl',
      now: () => Temporal.Now.instant(),
      keys: new Keyring(this.#broker, [this.#dataKey]),
      signal: this.#gone.signal,
    });
  }
}

async function answered(log: EventLog<LeadState>, order: Order): Promise<Told> {
  const { leadId, command, key, isForVersion } = order;
  if (isForVersion && order.expectVersion === undefined) {
    const { version } = await log.load(leadId, { leader: true });
    // The other operator may have taken the order over while this one was frozen.
    order.expectVersion ??= version;
  }
  const { expectVersion } = order;
  const given = await giveCommand(log, leadId, command, {
    key,
    ...(expectVersion === undefined ? {} : { expectVersion }),
  });
  if ('event' in given) return { as: 'accepted', version: given.event.version, id: given.event.id };
  const why = given.refused === 'decided' ? given.nothing : given.refused;
  return { as: 'refused', version: given.after.version, why };
}

/** Two operators, who carry out orders; one that gets no answer is given again under its key, by either of them. */
export class Operators {
  readonly orders: Order[];
  readonly victims: readonly [Operator, Operator];
  #turn = 0;

  private constructor(orders: Order[], victims: readonly [Operator, Operator]) {
    this.orders = orders;
    this.victims = victims;
  }

  /** The orders need the deployed sequences. */
  static async start(
    url: string,
    { DATA_KEYS, LEAD_ID_SECRET }: { DATA_KEYS: string; LEAD_ID_SECRET: string },
    { seed, crowd }: { seed: number; crowd: readonly Person[] },
    started: AsyncDisposableStack,
  ): Promise<Operators> {
    const broker = dialBroker({ NATS_URL: url }, 'operators', silentLog);
    try {
      await broker.ready();
      const store = await new SequenceStore(broker, 1).read();
      const victims = [new Operator(url, DATA_KEYS), new Operator(url, DATA_KEYS)] as const;
      for (const operator of victims) started.defer(() => operator.kill());
      return new Operators(drawOrders(seed, crowd, LEAD_ID_SECRET, store), victims);
    } finally {
      await broker.close();
    }
  }

  /** Each order at its time, until each is accepted or refused. */
  work(signal: AbortSignal): Promise<void> {
    return this.#carryOut(this.orders, signal);
  }

  /** Ends most of the pauses that are left; the others last. */
  async endPauses(seed: number, signal: AbortSignal): Promise<void> {
    const { pick } = chance(seed, 'last resumes');
    const paused = this.orders.filter(
      ({ command, told }) => command.kind === 'pause' && told.some(({ as }) => as === 'accepted'),
    );
    const resumes = [...new Set(paused.map(({ leadId }) => leadId))]
      .filter(() =>
        pick([
          [true, 4],
          [false, 1],
        ]),
      )
      .map(lastResume);
    this.orders.push(...resumes);
    await this.#carryOut(resumes, signal);
  }

  async #carryOut(orders: readonly Order[], signal: AbortSignal): Promise<void> {
    const startedMs = performance.now();
    const left = orders.toSorted((a, b) => a.atMs - b.atMs).values();
    const worker = async () => {
      for (const order of left) {
        await delay(Math.max(0, startedMs + order.atMs - performance.now()), undefined, { signal });
        await Promise.all(Array.from({ length: order.isGivenTwice ? 2 : 1 }, () => this.#give(order, signal)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #give(order: Order, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const operator = this.victims[this.#turn++ % 2 === 0 ? 0 : 1];
      const told = await operator.give(order).catch((): Told => ({ as: 'unknown' }));
      order.told.push(told);
      if (told.as !== 'unknown') return;
      await delay(AGAIN_MS, undefined, { signal });
    }
  }
}
