import { createHash, randomUUID } from 'node:crypto';
import { headers } from '@nats-io/transport-node';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { Broker, reachable } from '@leadstream/eventlog/broker';
import { Poison } from '@leadstream/eventlog/errors';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { LOGGER, STOPPING } from '@leadstream/service/injected';
import { Metrics } from '@leadstream/service/metrics';
import { Problem } from '@leadstream/service/problem';
import { answerRedrives } from '@leadstream/service/redrive';
import type { Reason } from '@leadstream/service/refusals';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Leads, type Submission } from './leads.ts';
import { Rate } from '@leadstream/service/rate';

const CONSUMER = 'ingest';
const STREAM = 'QUARANTINE';
/** Refusals that a change of the mapping or of this service can mend. */
const MENDABLE: ReadonlySet<Reason> = new Set<Reason>(['media-type', 'json', 'form', 'fields', 'contract', 'depth']);
/** A form that is broken for good must not fill the disk; further refusals of its key are only logged. */
const COPIES_PER_MINUTE = 60;

const entrySchema = z.object({
  consumer: z.literal(CONSUMER),
  body: z.base64(),
  headers: z.record(z.string(), z.array(z.string())),
});

interface Request {
  /** Without a token: the log has it. */
  route: string;
  caller: string | undefined;
  submission: Submission;
}

const fieldsSchema = z.array(z.tuple([z.string(), z.string()]));

/**
 * Keeps what known callers posted in vain in QUARANTINE, for 30 days: a form service posts once and does not tell its
 * owner of a refusal. `leadctl quarantine redrive` hands a copy in again.
 */
@Injectable()
export class RefusedLeads implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #copies = new Rate(COPIES_PER_MINUTE);
  #redriving: Promise<void> | undefined;

  constructor(
    private readonly broker: Broker,
    private readonly leads: Leads,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  /** Does `work`; keeps what it refuses of a known caller. */
  async keeping<T>({ route, caller, submission }: Request, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Problem && caller !== undefined) await this.#keep(route, caller, submission, error);
      throw error;
    }
  }

  /**
   * Stores a copy and logs the refusal. A copy of the same request within ten minutes is not stored again. Throws
   * Unavailable: the caller then sends the lead again.
   */
  async #keep(route: string, caller: string, submission: Submission, problem: Problem): Promise<void> {
    if (!MENDABLE.has(problem.reason)) return;
    const isKept = this.#copies.secondsToWait(caller, performance.now()) === 0;
    if (isKept) await this.#store(route, submission, problem);
    const { reason, fields } = problem;
    const outcome = isKept ? 'a copy is in quarantine' : 'no copy: too many in a minute';
    this.log.warn({ caller, route, reason, fields, outcome }, 'lead refused');
  }

  async #store(route: string, submission: Submission, problem: Problem): Promise<void> {
    const { bytes, contentType = '', source, via, query = [] } = submission;
    // A form service's submission has an id of its own.
    const id = submission.id ?? (via === undefined ? randomUUID() : '');
    const head = headers();
    const kept = { 'content-type': contentType, 'ce-source': source, 'ce-id': id, via, query: JSON.stringify(query) };
    for (const [name, value] of Object.entries(kept)) if (value) head.set(name, value);
    const hash = createHash('sha256')
      .update(JSON.stringify([route, source, contentType]))
      .update(bytes);
    await quarantine(this.broker, {
      consumer: CONSUMER,
      stream: STREAM,
      seq: 0,
      id: hash.digest('hex'),
      subject: route,
      headers: head,
      data: bytes,
      reason: inWords(problem),
      attempts: 1,
    });
    this.metrics.quarantined.inc({ consumer: CONSUMER, type: LEAD_CREATED });
  }

  onApplicationBootstrap(): void {
    // A rate misses the first increment of a series that begins with it.
    this.metrics.quarantined.inc({ consumer: CONSUMER, type: LEAD_CREATED }, 0);
    this.#redriving = answerRedrives({
      broker: this.broker,
      consumer: CONSUMER,
      redrive: (stream, seq) => this.#redrive(stream, seq),
      signal: this.stopping,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.#redriving;
  }

  /** The copy's own id makes it one lead, however often it is redriven. */
  async #redrive(stream: string, seq: number): Promise<void> {
    if (stream !== STREAM) throw new Poison(`${CONSUMER} does not consume ${stream}`);
    const { streams } = await this.broker.jsm();
    const stored = await reachable(() => streams.getMessage(STREAM, { seq }));
    const entry = entrySchema.safeParse(stored?.json());
    if (!entry.success) throw new Poison(`${STREAM} ${seq} is no copy of a refused lead`);
    const { body, headers: head } = entry.data;
    const one = (name: string): string => head[name]?.[0] ?? '';
    const copy: Submission = {
      contentType: one('content-type'),
      bytes: Buffer.from(body, 'base64'),
      source: one('ce-source'),
      id: one('ce-id') || undefined,
      via: one('via') || undefined,
      query: fieldsSchema.parse(JSON.parse(one('query') || '[]')),
    };
    await this.leads.publish(copy).catch((error: unknown) => {
      throw error instanceof Problem ? new Poison(inWords(error), { cause: error }) : error;
    });
  }
}

/** The reason and the fields, without a value. */
const inWords = ({ reason, detail, fields }: Problem): string =>
  `${reason}: ${fields.length > 0 ? fields.join(', ') : detail}`;
