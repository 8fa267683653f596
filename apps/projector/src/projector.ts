import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ContractError, NewerEvent, parseRecorded, TRACEPARENT } from '@leadstream/contracts/envelope';
import { catalogue, type Recorded } from '@leadstream/contracts/events';
import { LOG_STREAM } from '@leadstream/contracts/streams';
import { forgetHeaders } from '@leadstream/eventlog/client-patch';
import { batches, eachLogStream } from '@leadstream/eventlog/batches';
import { Broker, isUnavailable } from '@leadstream/eventlog/broker';
import { messageAt } from '@leadstream/eventlog/delivery';
import { describeError, HoleInChain, KeyLost, Poison, Unavailable } from '@leadstream/eventlog/errors';
import { newerDelayMs, NewerMessages } from '@leadstream/eventlog/newer';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { inTrace } from '@leadstream/eventlog/spans';
import { leadFold } from '@leadstream/lead/evolve';
import { view, type LeadState } from '@leadstream/lead/state';
import { PROJECTOR, provisionLeads } from '@leadstream/projection/collections';
import { Projection, type Tail } from '@leadstream/projection/projection';
import { witnessedTail } from '@leadstream/projection/witnessed';
import { RestoreGuard } from '@leadstream/service/guard';
import { LeadLog } from '@leadstream/service/lead-log';
import { Metrics } from '@leadstream/service/metrics';
import { answerRedrives } from '@leadstream/service/redrive';
import { CONFIG, LOGGER } from '@leadstream/service/injected';
import type { JsMsg } from '@nats-io/jetstream';
import { Db } from 'mongodb';
import type { Logger } from 'pino';
import type { Config } from './config.ts';

const AGAIN_MS = 1_000;
const NAMED_MAX = 5;
/** The retry delay for a lost key: only an operator can bring the key or a missing event back. */
const KEY_LOST_MS = 30_000;

/** The only writer of the read model: folds the log in batches and acknowledges what is stored. */
@Injectable()
export class Projector implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly projection: Projection<LeadState>;
  private readonly tail: Tail;
  private readonly newer: NewerMessages;
  private projecting: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly broker: Broker,
    private readonly db: Db,
    private readonly leads: LeadLog,
    private readonly guard: RestoreGuard,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.projection = new Projection(db, leadFold, view);
    this.tail = witnessedTail(leads, guard);
    guard.onChange(() => this.projection.forget());
    this.newer = new NewerMessages(PROJECTOR, log);
    // A rate misses the first increment of a series that begins with it.
    metrics.newer.inc({ consumer: PROJECTOR }, 0);
    for (const type of Object.keys(catalogue)) metrics.quarantined.inc({ consumer: PROJECTOR, type }, 0);
  }

  onApplicationBootstrap(): void {
    const { signal } = this.stopping;
    this.projecting = Promise.all([
      this.run(signal),
      answerRedrives({
        broker: this.broker,
        consumer: PROJECTOR,
        redrive: (stream, seq) => this.redrive(stream, seq),
        signal,
      }),
    ]);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.projecting;
  }

  private async run(signal: AbortSignal): Promise<void> {
    await this.untilDone(signal, () => provisionLeads(this.db));
    await this.untilDone(signal, () => this.refold(signal));
    const { PROJECTION_BATCH_MAX: max, PROJECTION_WAIT_MS: expiresMs, PROJECTION_EVERY_MS: everyMs } = this.config;
    const pace = { max, expiresMs, everyMs, signal };
    await eachLogStream(this.broker, signal, (stream) =>
      this.runOn(batches(this.broker, { stream, durable: PROJECTOR, ...pace }), signal),
    );
  }

  private async runOn(stream: AsyncIterable<JsMsg[]>, signal: AbortSignal): Promise<void> {
    let written: Promise<unknown> = Promise.resolve();
    // One batch is folded while MongoDB stores the one before.
    for await (const batch of stream) {
      const before = written;
      const isOpen = this.guard.openSince();
      written = this.untilDone(signal, () => this.project(batch, isOpen, signal));
      await before;
    }
    await written;
  }

  /**
   * Folds the documents of another fold version again from the log; until then deciders do not use them as a baseline.
   */
  private async refold(signal: AbortSignal): Promise<void> {
    const failed = new Map<string, unknown>();
    let after: string | undefined = '';
    // Only the documents have what a restored log lacks: keep them unchanged until the guard opens.
    while (after !== undefined && (await this.guard.whenOpen(signal)) && !signal.aborted) {
      const isOpen = this.guard.openSince();
      const page = await this.projection.refold(this.config.PROJECTION_BATCH_MAX, this.tail, after);
      if (!isOpen()) continue;
      for (const [leadId, error] of page.failed) failed.set(leadId, error);
      if (page.applied > 0) this.log.info({ events: page.applied }, 'documents refolded');
      after = page.last;
    }
    const [error] = failed.values();
    const leadIds = [...failed.keys()].slice(0, NAMED_MAX);
    if (error)
      this.log.error({ leads: failed.size, leadIds, error: describeError(error) }, 'documents could not be refolded');
    // The other failures last until an operator mends the log: no reason to project nothing.
    const passing = failed.values().find((one) => isUnavailable(one) && !(one instanceof KeyLost));
    if (passing) throw new Unavailable('the log did not respond for documents to refold', { cause: passing });
  }

  /** Without MongoDB the batch is kept: another projector could not store it either. */
  private async untilDone(signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted) {
      try {
        await work();
        return;
      } catch (error) {
        this.log.warn({ err: error, outcome: 'projecting again' }, 'events were not projected');
        await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async project(batch: JsMsg[], isOpen: () => boolean, signal: AbortSignal): Promise<void> {
    if (!isOpen()) {
      await this.guard.whenOpen(signal);
      // The batch may be from a log that was replaced; the current log delivers its own events again.
      for (const message of batch) message.nak();
      return;
    }
    const events = new Map<JsMsg, Recorded>();
    // In parallel: each lead that is new here costs a request for its key.
    const parsed = await Promise.all(batch.map(async (message) => ({ message, event: await this.parse(message) })));
    for (const { message, event } of parsed) if (event) events.set(message, event);
    await this.guard.advance([...events.values()]);
    const { failed } = await this.projection.apply([...events.values()], this.tail, isOpen);
    for (const [leadId, error] of failed) {
      if (error instanceof NewerEvent) continue;
      const { traceparent } = events.values().find((event) => event.leadId === leadId) ?? {};
      inTrace(traceparent, () =>
        this.log.error({ leadId, err: error, outcome: 'delivered again' }, 'an event was not projected'),
      );
    }
    for (const [message, { leadId }] of events) {
      const error = failed.get(leadId);
      if (error instanceof NewerEvent) await this.putOff(message, error);
      else if (failed.has(leadId)) message.nak(AGAIN_MS);
      else this.done(message);
    }
  }

  private done(message: JsMsg): void {
    this.newer.clear(message);
    message.ack();
  }

  private async parse(message: JsMsg): Promise<Recorded | undefined> {
    try {
      const event = parseRecorded(message);
      forgetHeaders(message);
      return await this.leads.open(event);
    } catch (error) {
      if (error instanceof KeyLost || error instanceof HoleInChain) return this.keepWaiting(message, error);
      if (!(error instanceof ContractError)) throw error;
      await (error instanceof NewerEvent ? this.putOff(message, error) : this.setAside(message, error));
      return undefined;
    }
  }

  /** An event that a newer build wrote, or one behind it in its lead's chain, waits for the newer projector. */
  private async putOff(message: JsMsg, error: NewerEvent): Promise<void> {
    if (this.newer.add(message, error.type)) return this.setAside(message, error);
    this.metrics.newer.inc({ consumer: PROJECTOR });
    message.nak(newerDelayMs(message.info.deliveryCount));
  }

  private async setAside(message: JsMsg, error: ContractError): Promise<void> {
    const { subject, headers, data, seq, info } = message;
    const reason = error.message;
    await quarantine(this.broker, {
      consumer: PROJECTOR,
      stream: info.stream,
      seq,
      subject,
      headers,
      data,
      reason,
      attempts: info.deliveryCount,
    });
    this.metrics.quarantined.inc({ consumer: PROJECTOR, type: `lead.${subject.split('.')[2]}` });
    this.newer.clear(message);
    message.term(reason);
  }

  /** A lost key, or a hole behind it, delays its own lead only; the other documents are written. */
  private keepWaiting(message: JsMsg, error: KeyLost | HoleInChain): undefined {
    const { subject, seq, headers } = message;
    const fields = { leadId: subject.split('.')[1], seq, err: error, outcome: 'delivered again' };
    inTrace(headers?.get(TRACEPARENT), () => this.log.error(fields, 'an event could not be read'));
    message.nak(KEY_LOST_MS);
  }

  /** Applies an event again that an earlier build could not read. */
  private async redrive(stream: string, seq: number): Promise<void> {
    if (!LOG_STREAM.test(stream)) throw new Poison(`the projector does not consume ${stream}`);
    const event = parseRecorded(await messageAt(this.broker, stream, seq));
    // The lead's whole history: later events waited for this one. A projection without a cache, because an operator
    // redrives when the state is in doubt.
    const { failed } = await new Projection(this.db, leadFold, view).apply(await this.tail(event.leadId, 0), this.tail);
    if (failed.has(event.leadId)) throw failed.get(event.leadId);
  }
}
