import { Readable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { headers } from '@nats-io/transport-node';
import { CE, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { FEEDBACK_EVENTS, FEEDBACK_INBOUND } from '@leadstream/contracts/feedback';
import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { Delivery } from '@leadstream/eventlog/delivery';
import { Poison } from '@leadstream/eventlog/errors';
import { quarantine } from '@leadstream/eventlog/quarantine';
import { FeedbackController } from '@leadstream/inbound/feedback.controller';
import { FeedbackRecorder } from '@leadstream/inbound/feedback-recorder';
import type { Reputation } from '@leadstream/inbound/reputation';
import { ingest } from '@leadstream/ingest/ingest.module';
import { leadFold } from '@leadstream/lead/evolve';
import { receivers } from '@leadstream/providers/receivers';
import { loadConfig } from '@leadstream/service/config';
import { Health } from '@leadstream/service/health';
import { host } from '@leadstream/service/hosted';
import { LeadLog, LeadMemory } from '@leadstream/service/lead-log';
import { logger } from '@leadstream/service/log';
import type { Mailboxes } from '@leadstream/service/mailboxes';
import { Metrics } from '@leadstream/service/metrics';
import { Port } from '@leadstream/service/port';
import { Prefix } from '@leadstream/service/prefix';
import { Refusals } from '@leadstream/service/refusals';
import { Transitions } from '@leadstream/service/transitions';
import { IpCountries } from '@leadstream/triage/ip-country';
import { NewLeads } from '@leadstream/triage/new-leads';
import { Refused } from '@leadstream/triage/refused';
import { Tagger } from '@leadstream/triage/tagger';
import { TriageController } from '@leadstream/triage/triage.controller';
import { configs, sequences } from '../simulation/configuration.ts';
import { Memory, type Stored } from './memory.ts';
import type { Payload } from './payload.ts';

/** The fate of a payload: the door's answer, and the events that it caused. */
export interface Fate {
  outcome: string;
  events: Recorded[];
}

const NOW = Temporal.Instant.from('2026-11-24T10:00:00Z');
const KEY = 'the key of a fuzzed caller';

/** The services' own code from a request's bytes to the log; only NATS and the mailboxes' bucket are in memory. */
export class System {
  readonly #memory = new Memory();
  readonly #broker = this.#memory.broker();
  readonly #lines: string[] = [];
  readonly #log = logger('fuzz', 'info', { write: (line: string) => void this.#lines.push(line) });
  readonly #metrics = new Metrics('fuzz');
  readonly #leads = new LeadLog(this.#broker, leadFold, { source: 'fuzz', now: () => NOW });
  readonly #transitions = new Transitions(this.#log, this.#metrics);
  readonly #triage: TriageController;
  readonly #inbound: FeedbackController;
  readonly #stopping = new AbortController();
  #ingest: NestFastifyApplication | undefined;

  constructor() {
    const noLimit = { take: () => Promise.resolve(undefined) } as unknown as Mailboxes;
    this.#triage = new TriageController(
      configs.triage,
      this.#leads,
      sequences,
      this.#transitions,
      () => NOW,
      new NewLeads(configs.triage, () => NOW, noLimit),
      this.#metrics,
      new Refused(configs.triage, this.#leads, this.#metrics, this.#log),
      new IpCountries(),
      new Tagger(this.#leads, sequences, this.#transitions),
    );
    const reputation = { add: () => undefined } as unknown as Reputation;
    const args = [this.#leads, this.#transitions, this.#metrics, reputation, this.#log] as const;
    const recorder = new FeedbackRecorder(configs.inbound, ...args);
    this.#inbound = new FeedbackController(configs.inbound, this.#broker, recorder, this.#metrics, this.#log);
  }

  /** With the leads that answers and events are about. */
  async start(known: readonly string[]): Promise<void> {
    const env = { NATS_URL: 'nats://127.0.0.1:1', INGEST_API_KEYS: KEY, INGEST_RATE_PER_MINUTE: '0' };
    const port = new Port(new Refusals(this.#log, this.#metrics.httpRefusals));
    const { signal } = this.#stopping;
    const common = {
      db: undefined,
      memory: new LeadMemory(),
      health: new Health(),
      metrics: this.#metrics,
      port,
      signal,
    };
    const { app } = await host(
      { service: ingest, config: loadConfig(ingest.config, env), log: this.#log, overrides: {}, isFirst: true },
      { ...common, broker: this.#broker },
    );
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    this.#ingest = app;
    for (const email of known) {
      const body = Buffer.from(JSON.stringify({ email, leadData: { source: 'whitepaper' } }));
      const { events } = await this.take({ door: 'leads', url: '/v1/leads', contentType: 'application/json', body });
      if (events.length !== 1) throw new Error('a known lead is not in the log');
    }
    this.#memory.keep();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#ingest?.close();
  }

  /** Throws for a payload that is lost, or that ends in an error of ours. */
  async take(payload: Payload): Promise<Fate> {
    this.#lines.length = 0;
    const before = this.#memory.of('LEADS').length;
    const outcome = await this.#through(payload);
    const events = this.#memory.of('LEADS').slice(before);
    return { outcome, events: events.map((event) => parseRecorded(event)) };
  }

  /** Forgets what the last payload has stored. */
  reset(): void {
    this.#memory.back();
  }

  #through({ door, ...request }: Payload): Promise<string> {
    switch (door) {
      case 'leads':
        return this.#posted(request);
      case 'bus':
        return this.#handled(this.#memory.store(LEAD_CREATED, request.body));
      case 'mail':
        return this.#mailed(request);
      case 'events':
        return this.#fedBack(FEEDBACK_EVENTS, { body: request.body.toString() });
    }
  }

  async #posted({ url, contentType, body }: Omit<Payload, 'door'>): Promise<string> {
    const before = this.#memory.of('INTAKE').length;
    const { statusCode, body: answer } = (await this.#ingest?.inject({
      method: 'POST',
      url,
      headers: { 'x-api-key': KEY, ...(contentType === undefined ? {} : { 'content-type': contentType }) },
      payload: body,
    })) ?? { statusCode: 0, body: '' };
    const stored = this.#memory.of('INTAKE').slice(before);
    const fates: string[] = [];
    for (const message of stored) fates.push(await this.#handled(message));
    if (statusCode >= 500) throw new Error(`answered ${statusCode}: ${answer}`);
    if (statusCode === 200 || statusCode === 202) {
      const { ids } = { ids: undefined, ...(JSON.parse(answer) as { ids?: string[] }) };
      if (stored.length !== (ids?.length ?? 1))
        throw new Error(`${statusCode} for ${stored.length} stored of ${answer}`);
      return fates.length > 0 ? [...new Set(fates)].sort().join(' + ') : 'ignored: another event of its service';
    }
    const [reason] = /(?<="reason":")[^"]+/.exec(this.#lines.join('') + this.#refusalOf(answer)) ?? [];
    if (reason === undefined) throw new Error(`refused with ${statusCode} without a reason`);
    return `refused: ${reason}`;
  }

  /** Of a reason that was logged a moment ago only the count is logged again. */
  #refusalOf(answer: string): string {
    const { detail } = JSON.parse(answer) as { detail?: string };
    return detail ? `"reason":"${detail.replace(/\d+/g, 'n')}"` : '';
  }

  async #mailed({ contentType, body }: Omit<Payload, 'door'>): Promise<string> {
    const mail = await receivers.sendgrid.mail.read(
      Readable.from([body]),
      contentType,
      (max, mayHold) => new Prefix(max, mayHold),
    );
    return this.#fedBack(FEEDBACK_INBOUND, mail);
  }

  #fedBack(subject: string, body: object): Promise<string> {
    const head = headers();
    head.set(CE.time, NOW.toString());
    return this.#handled(this.#memory.store(subject, JSON.stringify(body), head));
  }

  /** As the transport does: what is poison goes to quarantine; every other error is a fault. */
  async #handled(message: Stored): Promise<string> {
    const { subject, seq, headers: head, data } = message;
    const stream = subject === LEAD_CREATED ? 'INTAKE' : 'FEEDBACK';
    const [events, parts] = [this.#memory.of('LEADS').length, this.#memory.of('QUARANTINE').length];
    const delivery = new Delivery(message, stream, 1, this.#stopping.signal);
    try {
      if (stream === 'INTAKE') await this.#triage.onLeadCreated(delivery);
      else if (subject === FEEDBACK_EVENTS) await this.#inbound.onEvents(delivery);
      else await this.#inbound.onMail(delivery);
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
      const entry = { consumer: 'fuzz', stream, seq, subject, headers: head, data, reason: error.message, attempts: 1 };
      await quarantine(this.#broker, entry);
    }
    const [entry] = this.#memory.of('QUARANTINE').slice(parts);
    if (this.#memory.of('LEADS').length > events) return entry ? 'recorded, and a part in quarantine' : 'recorded';
    if (entry) return `quarantined: ${reasonOf(entry)}`;
    const said = /(?<="msg":")[^"]+/.exec(this.#lines.at(-1) ?? '')?.[0];
    if (stream === 'INTAKE' && said === undefined) throw new Error('neither a lead nor a quarantine entry');
    if (stream === 'FEEDBACK' && said === undefined && subject === FEEDBACK_INBOUND)
      throw new Error('a mail without an effect, an entry or a line');
    return `nothing: ${said ?? 'no event that is recorded'}`;
  }
}

/** The beginning of the reason, which names the rule; what follows may be the payload's own. */
const reasonOf = ({ data }: Stored): string =>
  /(?<="reason":")[^":]+(?:: [^":;,(]+)?/.exec(Buffer.from(data).toString())?.[0].replace(/\d+/g, 'n').slice(0, 80) ??
  '';
