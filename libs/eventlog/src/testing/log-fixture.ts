import { jetstreamManager, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream';
import type { MessageHandler } from '@nestjs/microservices';
import type { Recorded } from '@leadstream/contracts/events';
import { eventually } from '@leadstream/testing/eventually';
import type { Broker } from '../broker.ts';
import type { Delivery } from '../delivery.ts';
import { eventId } from '../ids.ts';
import { EventLog } from '../log.ts';
import { provision } from '../provision.ts';
import { JetStreamTransport, type TransportOptions } from '../transport.ts';
import { onOneServer, type Ground, type OpenGround } from './grounds.ts';
import { aLead, memoryLog, now, openBroker, smallFold, stepDue, type SmallLead } from './small-lead.ts';

type Handlers = Record<string, (event: Recorded, delivery: Delivery) => unknown>;
const STREAMS = ['INTAKE', 'LEADS', 'QUARANTINE'] as const;

/** A broker of the suite's own with the streams, and the consumer `sender` on LEADS. */
export class LogFixture {
  log = memoryLog();
  readonly events: EventLog<SmallLead>;
  readonly #transports: JetStreamTransport[] = [];

  private constructor(
    readonly ground: Ground,
    readonly broker: Broker,
    readonly jsm: JetStreamManager,
  ) {
    this.events = new EventLog(broker, smallFold, { source: 'test', now });
  }

  static async open(openGround: OpenGround = onOneServer, partitions = 1): Promise<LogFixture> {
    const ground = await openGround();
    const broker = await openBroker(ground.url, { partitions });
    return new LogFixture(ground, broker, await jetstreamManager(broker.connection(), { timeout: 10_000 }));
  }

  /** Empty streams, no consumers. */
  async begin(): Promise<void> {
    this.log = memoryLog();
    await eventually(async () => {
      for await (const { config } of this.jsm.streams.list()) await this.jsm.streams.delete(config.name);
      return true;
    });
    await this.provision();
  }

  /** Repeats until success, as services do. */
  async provision(): Promise<void> {
    const { partitions } = this.broker;
    await eventually(() =>
      provision(this.broker, { replicas: this.ground.replicas, streams: [...STREAMS], partitions }).then(() => true),
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.#transports.splice(0).map((transport) => transport.close()));
  }

  async close(): Promise<void> {
    await this.broker.close();
    await this.ground.stop();
  }

  transport(options: Partial<TransportOptions> = {}): JetStreamTransport {
    const transport = new JetStreamTransport({
      broker: this.broker,
      stream: 'LEADS',
      durable: 'sender',
      log: this.log,
      ...options,
    });
    this.#transports.push(transport);
    return transport;
  }

  consume(handlers: Handlers, options: Partial<TransportOptions> = {}): JetStreamTransport {
    const transport = this.transport(options);
    for (const [pattern, handle] of Object.entries(handlers)) {
      const handler: MessageHandler = async (event: Recorded, delivery: Delivery) => {
        await handle(event, delivery);
      };
      transport.addHandler(pattern, handler);
    }
    transport.listen((error) => {
      if (error) throw error as Error;
    });
    return transport;
  }

  /** A lead whose step is due. */
  async due(leadId = aLead()): Promise<Recorded> {
    const outcome = await eventually(() =>
      this.events.decide(leadId, eventId({ stream: 'TEST', seq: 1 }, leadId), () => stepDue),
    );
    if (!('event' in outcome)) throw new Error(outcome.nothing);
    return outcome.event;
  }

  consumer(): Promise<ConsumerInfo> {
    return this.jsm.consumers.info('LEADS', 'sender');
  }

  allAcked(): Promise<boolean> {
    return eventually(async () => {
      const { num_pending, num_ack_pending, delivered } = await this.consumer();
      return num_pending === 0 && num_ack_pending === 0 && delivered.stream_seq > 0;
    });
  }

  async quarantined(): Promise<number> {
    return (await this.jsm.streams.info('QUARANTINE')).state.messages;
  }

  /** The last quarantine of the consumer. */
  async entry(): Promise<unknown> {
    return (await this.jsm.streams.getMessage('QUARANTINE', { last_by_subj: 'quarantine.sender' }))?.json();
  }
}

/** A gate that a handler awaits until the test opens it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
