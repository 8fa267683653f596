import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import { TRACEPARENT } from '@leadstream/contracts/envelope';
import { Broker } from '@leadstream/eventlog/broker';
import type { Delivery } from '@leadstream/eventlog/delivery';
import { Poison } from '@leadstream/eventlog/errors';
import { eventId } from '@leadstream/eventlog/ids';
import { PublicStream } from '@leadstream/eventlog/public-stream';
import type { Clock } from '@leadstream/service/clock';
import { CLOCK } from '@leadstream/service/injected';
import { Metrics } from '@leadstream/service/metrics';
import { bodyOf, entryOf } from '@leadstream/service/quarantine-entries';
import { TOLD_MS } from './outcomes.controller.ts';
import { refusalOf } from './refusal.ts';

/** Publishes why a submission became no lead, once for each entry of the consumers that give up on submissions. */
@Controller()
export class RefusalsController {
  private readonly told: PublicStream;

  constructor(
    private readonly broker: Broker,
    private readonly metrics: Metrics,
    @Inject(CLOCK) private readonly now: Clock,
  ) {
    this.told = new PublicStream(broker);
  }

  @EventPattern<readonly string[]>(['quarantine.triage', 'quarantine.ingest'])
  async onEntry(@Ctx() { message }: Delivery): Promise<void> {
    const entry = entryOf(message.data);
    if (!entry) throw new Poison('no entry of ours');
    if (this.now().epochMilliseconds - Date.parse(entry.at) > TOLD_MS) return;
    const id = eventId({ stream: 'QUARANTINE', seq: message.seq }, `refused/${entry.at}`);
    const traceparent = entry.headers[TRACEPARENT]?.[0];
    const cause = { id, at: entry.at, ...(traceparent ? { traceparent } : {}) };
    const stored = await this.told.refuse(cause, refusalOf(entry, await bodyOf(this.broker, entry)));
    if (stored !== undefined) this.metrics.outcomes.inc({ type: 'lead.refused' });
  }
}
