import { Inject, Injectable } from '@nestjs/common';
import { CE } from '@leadstream/contracts/envelope';
import { FEEDBACK_VERSION } from '@leadstream/contracts/feedback';
import { PAYLOAD_BYTES_MAX } from '@leadstream/contracts/streams';
import { Broker, reachable } from '@leadstream/eventlog/broker';
import { headerSetter, inSpan } from '@leadstream/eventlog/spans';
import type { Clock } from '@leadstream/service/clock';
import { Metrics, WEBHOOK_KINDS } from '@leadstream/service/metrics';
import { Problem } from '@leadstream/service/problem';
import type { RequestBody } from '@leadstream/service/request-body';
import { CLOCK } from '@leadstream/service/injected';
import { headers } from '@nats-io/transport-node';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';

/**
 * The rest of a message's size is for its headers. JSON at most doubles the 2 MiB of an event batch, and broken UTF-8
 * triples them; only control characters, which no JSON contains, take more.
 */
const BODY_BYTES_MAX = PAYLOAD_BYTES_MAX - 1024 * 1024;

/** Stores a webhook before it is acknowledged: 2xx is sent once the broker has it on disk. */
@Injectable()
export class FeedbackStream {
  constructor(
    private readonly broker: Broker,
    @Inject(CLOCK) private readonly now: Clock,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Resolves after the durable ack. Throws Unavailable, or an error when `held` has no room; HTTP responds 503 to both,
   * and SendGrid retries. Throws a 413 when the message would exceed the broker's limit.
   * A second message with the same `msgID` within the stream's window is left out.
   */
  async store(subject: string, body: object, held: Pick<RequestBody, 'require'>, msgID?: string): Promise<void> {
    const [, provider = ''] = subject.split('.');
    const kind = WEBHOOK_KINDS.find((one) => subject.endsWith(`.${one}`)) ?? 'events';
    const bytes = Buffer.from(JSON.stringify(body));
    if (bytes.length > BODY_BYTES_MAX) throw new Problem('too-large', 'The body is too large once it is encoded');
    // The broker's client copies them into its own buffer.
    held.require(2 * bytes.length);
    const attributes = {
      'messaging.system': 'nats',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': subject,
    };
    const caller = trace.getSpanContext(context.active());
    // A trace of its own: a stranger's request must not choose its id or its sampling.
    const apart = { parent: ROOT_CONTEXT, ...(caller ? { links: [{ context: caller }] } : {}) };
    await inSpan(
      `publish ${subject}`,
      { service: 'inbound', kind: SpanKind.PRODUCER, attributes, ...apart },
      async () => {
        const head = headers();
        const event = {
          [CE.specversion]: '1.0',
          [CE.id]: crypto.randomUUID(),
          [CE.type]: subject,
          [CE.source]: 'inbound',
          [CE.time]: this.now().toString(),
          [CE.dataVersion]: String(FEEDBACK_VERSION),
        };
        for (const [name, value] of Object.entries(event)) head.set(name, value);
        propagation.inject(context.active(), head, headerSetter);
        await reachable(() =>
          this.broker.js().publish(subject, bytes, { headers: head, ...(msgID === undefined ? {} : { msgID }) }),
        );
      },
    ).catch((error: unknown) => {
      this.metrics.publishFailures.inc();
      this.metrics.webhooks.inc({ provider, kind, result: 'unavailable' });
      throw error;
    });
    this.metrics.webhooks.inc({ provider, kind, result: 'stored' });
    this.metrics.webhookLastStored.set({ kind }, Date.now() / 1_000);
  }
}
