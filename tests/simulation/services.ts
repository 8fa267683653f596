import type { Db } from 'mongodb';
import type { Logger } from 'pino';
import { CE, NewerEvent, opened, parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import { keySubject } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import { Delivery } from '@leadstream/eventlog/delivery';
import { payloadOf } from '@leadstream/eventlog/handlers';
import { destroyKey, Keyring } from '@leadstream/eventlog/keyring';
import type { Keys } from '@leadstream/eventlog/sealing';
import { unseal, unwrap, wrappingKey } from '@leadstream/eventlog/seal';
import { FeedbackController } from '@leadstream/inbound/feedback.controller';
import { FeedbackRecorder } from '@leadstream/inbound/feedback-recorder';
import { TextFeedbackController } from '@leadstream/inbound/text-feedback.controller';
import type { Reputation } from '@leadstream/inbound/reputation';
import { leadFold } from '@leadstream/lead/evolve';
import { view, type LeadState } from '@leadstream/lead/state';
import { Comparison, wantedBy } from '@leadstream/projection/comparison';
import { LeadQueries } from '@leadstream/projection/queries';
import { Projection, type Tail } from '@leadstream/projection/projection';
import { witnessedTail } from '@leadstream/projection/witnessed';
import { OutcomesController } from '@leadstream/projector/outcomes.controller';
import { Hunter } from '@leadstream/scheduler/hunter';
import { PlanController } from '@leadstream/scheduler/plan.controller';
import { Planner } from '@leadstream/scheduler/planner';
import type { Lookup } from '@leadstream/providers/port';
import { LookupController } from '@leadstream/sender/lookup.controller';
import { SenderController } from '@leadstream/sender/sender.controller';
import { giveCommand } from '@leadstream/service/commands';
import { appendErasure, forget } from '@leadstream/service/erase';
import type { RestoreGuard } from '@leadstream/service/guard';
import { LeadLog } from '@leadstream/service/lead-log';
import type { Mailboxes } from '@leadstream/service/mailboxes';
import type { Metrics } from '@leadstream/service/metrics';
import { Transitions } from '@leadstream/service/transitions';
import { NewLeads } from '@leadstream/triage/new-leads';
import { Refused } from '@leadstream/triage/refused';
import { Tagger } from '@leadstream/triage/tagger';
import { IpCountries } from '@leadstream/triage/ip-country';
import { EnrichController } from '@leadstream/triage/enrich.controller';
import type { Enrichers } from '@leadstream/triage/enrichers';
import { TriageController } from '@leadstream/triage/triage.controller';
import { documentFaults } from '@leadstream/verify/projection';
import { patternFor, type Stored, type Streams } from './broker.ts';
import { enrichersOf } from './enrichers.ts';
import { Database } from './database.ts';
import {
  configs,
  HANDLINGS,
  PAYLOAD,
  senderConfigs,
  sequences,
  type Controller,
  type Service,
} from './configuration.ts';
import { SharedMailboxes } from './mailboxes.ts';
import { senderOf, texterOf, UNGUARDED } from './senders.ts';
import { resolvedCommand, type Attempt, type CommandRequest } from './operator-commands.ts';
import type { Compare, Project } from './projecting.ts';
import type { Esp } from './esp.ts';
import { Restoring } from './restoring.ts';
import type { Backends, Handle, StartRuntime, RuntimeListener, Shown, Runtime } from './runtime.ts';
import { promised, type Process, type SimulatedRun } from './faults.ts';

const nothing = () => undefined;
const decoder = new TextDecoder();
const metric = { inc: nothing, set: nothing, observe: nothing, reset: nothing, remove: nothing };
const metrics = new Proxy({}, { get: () => metric }) as unknown as Metrics;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Logger;
const transitions = new Transitions(logger, metrics);
const ipCountries = new IpCountries();

/** Account-wide reputation has no part in the run of one lead, but for what counts. */
const reputationOf = (run: SimulatedRun) => ({ add: () => void run.reported++ }) as unknown as Reputation;
const NEVER = new AbortController().signal;
const PROJECTED_AGAIN_MS = 1_000;
/** The interval after which the operator checks that an erasure is complete. */
const ERASED_AGAIN_MS = 3_600_000;
const IN_CLEAR = 0.15;

const DATA_KEY = 'the simulation’s secret that wraps its leads’ keys';
const wrapping = [wrappingKey(DATA_KEY)];

/** The services' own classes, wired as in their Nest modules, but connected to the simulation. */
export const services: StartRuntime = (run, backends, on) => new Services(run, backends, on);

class Services implements Runtime {
  readonly #run: SimulatedRun;
  readonly #backends: Backends;
  readonly #database: Database;
  readonly #mailboxes: SharedMailboxes;
  readonly restoring: Restoring;
  /** An installation without DATA_KEYS. */
  readonly #isInClear: boolean;

  constructor(run: SimulatedRun, backends: Backends, on: RuntimeListener) {
    this.#run = run;
    this.#backends = backends;
    this.#database = new Database(run, on);
    this.#mailboxes = new SharedMailboxes(run);
    this.restoring = new Restoring(
      run,
      backends.streams,
      this.#database,
      on,
      (operator) => openLog(operator, this.#dial(operator)).leads,
    );
    this.#isInClear = run.choices.happens('no data keys', IN_CLEAR);
  }

  get dueMs(): number {
    return this.#database.dueMs;
  }

  /** A document of a lost log does not count for this one. */
  get shownSeq(): number {
    const shown = new Map([...this.#database.leads.values()].map((document) => [document.lastSeq, document]));
    const isShown = ({ seq, headers }: Stored) =>
      shown.get(seq)?.lastId === headers.get(CE.id) &&
      shown.get(seq)?.updatedAt.getTime() === Date.parse(headers.get(CE.time));
    return Math.max(
      0,
      ...this.#backends.streams
        .of('LEADS')
        .filter(isShown)
        .map(({ seq }) => seq),
    );
  }

  startProcess(service: Service, process: Process): ReturnType<Runtime['startProcess']> {
    const outside = this.#dial(process);
    const guard = this.restoring.guard(process, outside.db);
    return startProcess(
      service,
      process,
      { ...outside, ...(guard ? { guard } : {}) },
      this.#run,
      this.#backends.streams,
    );
  }

  pulls(process: Process): boolean {
    return this.restoring.isOpen(process);
  }

  command(operator: Process, leadId: string, request: CommandRequest): void {
    const { incarnation } = operator;
    this.#run.time.incarnation = incarnation;
    let isOver = false;
    const isUnderWay = () => !isOver && !incarnation.ended;
    carryOut(operator, this.#dial(operator), leadId, request, this.#run)
      .catch(() => undefined)
      .finally(() => (isOver = true));
    if (request.make('', null).kind === 'erase') this.#eraseOnLater(operator, leadId, request, isUnderWay);
  }

  #eraseOnLater(operator: Process, leadId: string, request: CommandRequest, isUnderWay: () => boolean): void {
    this.#run.time.after(ERASED_AGAIN_MS, () => this.#eraseOn(operator, leadId, request, isUnderWay), null);
  }

  /** Data of an erased lead is left, because the command died or got no answer: it is given again. */
  #eraseOn(operator: Process, leadId: string, request: CommandRequest, isUnderWay: () => boolean): void {
    if (isUnderWay()) return this.#eraseOnLater(operator, leadId, request, isUnderWay);
    const log = this.#backends.streams.of('LEADS').map((message) => parseRecorded(message));
    const erasures = log.filter((event) => event.type === 'lead.erased');
    const isLeft =
      this.#keyOf(leadId) !== undefined ||
      erasures.some(({ data: { forgets = [] } }) => log.some(({ seq }) => forgets.includes(seq)));
    if (erasures.length > 0 && isLeft) this.command(operator, leadId, request);
  }

  /** The key exists when the event is stored. */
  eventOf(message: Stored): Recorded {
    const event = parseRecorded(message);
    const key = event.sealed ? this.#keyOf(event.leadId) : undefined;
    return key ? opened(event, unseal(key, event.sealed ?? '', event)) : event;
  }

  readable(words: readonly string[]): readonly string[] {
    const { streams } = this.#backends;
    const texts = [
      ...streams.of('LEADS').map((message) => ({
        where: `LEADS ${message.seq}`,
        text: JSON.stringify([decoder.decode(message.data), this.eventOf(message).data]),
      })),
      ...[...this.#database.leads.values()].map((document) => ({
        where: 'the document',
        text: JSON.stringify(document),
      })),
    ];
    return texts.filter(({ text }) => words.some((word) => text.includes(word))).map(({ where }) => where);
  }

  inClear(words: readonly string[]): readonly string[] {
    if (this.#isInClear) return [];
    return this.#backends.streams
      .of('LEADS')
      .map(({ seq, data }) => ({ seq, text: decoder.decode(data) }))
      .filter(({ text }) => words.some((word) => text.includes(word)))
      .map(({ seq }) => `LEADS ${seq}`);
  }

  #keyOf(leadId: string): Buffer | undefined {
    const entry = this.#backends.streams.of('KV_keys').findLast(({ subject }) => subject === keySubject(leadId));
    return entry && entry.data.length > 0 ? unwrap(wrapping, entry.data, leadId) : undefined;
  }

  shown(events: readonly Recorded[]): readonly Shown[] {
    return [...this.#database.leads.values()].map((document) => ({
      lastSeq: document.lastSeq,
      status: String(document['status']),
      isDue: document['nextActionAt'] !== null,
      faults: documentFaults(document, events).map(({ says }) => says),
    }));
  }

  #dial(process: Process): Outside {
    const { streams, esp } = this.#backends;
    const broker = streams.dial(process);
    const keyring = this.#isInClear ? undefined : new Keyring(broker, [DATA_KEY]);
    const keys =
      process.service === 'scheduler' || process.service === 'lookup'
        ? 'blind'
        : keyring && process.service === 'inbound'
          ? { writes: keyring }
          : keyring;
    return { broker, db: this.#database.dial(process), esp, mailboxes: this.#mailboxes.dial(process), keys };
  }
}

const leadOf = ({ subject }: Stored): string => subject.split('.')[1] ?? '';

interface Outside {
  broker: Broker;
  db: Db;
  esp: Esp;
  mailboxes: Mailboxes;
  keys: Keys;
  guard?: RestoreGuard;
}

function openLog(
  process: Process,
  { broker, db, keys, guard }: Outside,
): { leads: LeadLog; queries: LeadQueries<LeadState> } {
  const queries = new LeadQueries<LeadState>(db);
  return {
    queries,
    leads: new LeadLog(broker, leadFold, {
      source: process.name,
      now: process.clock,
      baseline: (leadId) => queries.baseline(leadId),
      baselines: (leadIds) => queries.baselines(leadIds),
      keys,
      ...(guard ? { watch: guard } : {}),
    }),
  };
}

function triageOf({ clock }: Process, leads: LeadLog, mailboxes: Mailboxes): TriageController {
  const newLeads = new NewLeads(configs.triage, clock, mailboxes);
  const refused = new Refused(configs.triage, leads, metrics, logger);
  return new TriageController(
    configs.triage,
    leads,
    sequences,
    transitions,
    clock,
    newLeads,
    metrics,
    refused,
    ipCountries,
    new Tagger(leads, sequences, transitions),
  );
}

function enricherOf({ clock }: Process, leads: LeadLog, run: SimulatedRun): EnrichController {
  const enrichers: Pick<Enrichers, 'configured'> = {
    configured: enrichersOf(run).map(({ name, find }) => [name, { find: (state: LeadState) => promised(find(state)) }]),
  };
  const tagger = new Tagger(leads, sequences, transitions);
  return new EnrichController(leads, enrichers as Enrichers, tagger, transitions, metrics, clock);
}

/** As `lookupsOf` with the access to the second provider: the first one cannot be asked. */
function lookupOf(process: Process, leads: LeadLog, { esp }: Outside): LookupController {
  const mailgun: Lookup = ({ sendId }) => promised(esp.search(process, 'mailgun', sendId));
  const lookups = { sendgrid: null, postmark: null, ses: null, smtp: null, mailgun };
  const config = senderConfigs[esp.providerOf(process)];
  return new LookupController(config, process.clock, lookups, leads, transitions, metrics, logger);
}

function startProcess(
  { name, stream }: Service,
  process: Process,
  outside: Outside,
  run: SimulatedRun,
  streams: Streams,
): ReturnType<Runtime['startProcess']> {
  const { broker, db, mailboxes, guard = UNGUARDED } = outside;
  const sending = { ...outside, transitions, metrics };
  const { leads, queries } = openLog(process, outside);
  const planner = new Planner(configs.scheduler, process.clock, sequences);
  const handles = (...controllers: Bound[]) => ({ handle: bound(stream, controllers, streams) });
  switch (name) {
    case 'triage':
      return handles([TriageController, triageOf(process, leads, mailboxes)]);
    case 'enricher':
      return handles([EnrichController, enricherOf(process, leads, run)]);
    case 'scheduler': {
      const args = [queries, leads, planner, transitions, guard, metrics, logger] as const;
      const hunter = new Hunter(configs.scheduler, broker, ...args);
      return {
        ...handles([PlanController, new PlanController(leads, planner, transitions, guard, hunter)]),
        hunt: (ended) => void hunter['hunt']().then(ended, () => ended()),
      };
    }
    case 'sender':
      return handles([SenderController, senderOf(process, leads, sending)]);
    case 'sms':
      return handles([SenderController, texterOf(process, leads, sending)]);
    case 'lookup':
      return handles([LookupController, lookupOf(process, leads, outside)]);
    case 'inbound': {
      const recorder = new FeedbackRecorder(configs.inbound, leads, transitions, metrics, reputationOf(run), logger);
      return handles(
        [FeedbackController, new FeedbackController(configs.inbound, broker, recorder, metrics, logger)],
        [TextFeedbackController, new TextFeedbackController(configs.inbound, process.clock, queries, recorder, logger)],
      );
    }
    case 'outcomes':
      return handles([OutcomesController, new OutcomesController(broker, outside.keys, metrics, process.clock)]);
    case 'projector':
      return projectorOf(leads, db, guard, run, streams);
  }
}

function projectorOf(
  leads: LeadLog,
  db: Db,
  guard: RestoreGuard,
  run: SimulatedRun,
  streams: Streams,
): { project: Project; compare: Compare } {
  const tail = witnessedTail(leads, guard);
  const comparison = new Comparison(db, leadFold, view, tail);
  const projection = new Projection(db, leadFold, view);
  guard.onChange(() => projection.forget());
  return {
    project: projecting(projection, leads, tail, run, guard),
    compare: comparing(comparison, streams, guard),
  };
}

type Bound = readonly [Controller, object];

function bound(stream: Service['stream'], controllers: readonly Bound[], streams: Streams): Handle {
  const handlings = new Map(
    controllers.flatMap(([controller, instance]) =>
      (HANDLINGS.get(controller) ?? []).map((handling) => [handling.pattern, { ...handling, instance }] as const),
    ),
  );
  return (message, deliveries, ended) => {
    const handle = async () => {
      const handling = handlings.get(patternFor(message.subject));
      if (!handling) throw new Error(`no handler of ${message.subject}`);
      const { method, wants, instance } = handling;
      const [payload, delivery] = [
        payloadOf(stream, message),
        new Delivery(message, streams.nameOf(message.subject), deliveries, NEVER),
      ];
      await (Reflect.get(instance, method) as (...given: unknown[]) => Promise<void>).apply(
        instance,
        wants.map((kind) => (kind === PAYLOAD ? payload : delivery)),
      );
    };
    handle().then(
      () => ended(),
      (error: unknown) => ended({ error }),
    );
  };
}

/** Retries until the database accepts the write; returns the leads that are to be delivered again. */
function projecting(
  projection: Projection<LeadState>,
  leads: LeadLog,
  tail: Tail,
  run: SimulatedRun,
  guard: RestoreGuard,
): Project {
  const project = async (batch: readonly Stored[]) => {
    const isOpen = guard.openSince();
    for (;;) {
      try {
        if (!isOpen()) {
          await guard.whenOpen(new AbortController().signal);
          return batch.map(leadOf);
        }
        const { events, newer } = readable(batch);
        await guard.advance(events);
        const opened = await Promise.all(events.map((event) => leads.open(event)));
        const { failed } = await projection.apply(opened, tail, isOpen);
        return [...newer, ...failed.keys()];
      } catch {
        await run.time.wait(PROJECTED_AGAIN_MS);
      }
    }
  };
  return (batch, ended) => void project(batch).then((failed) => ended(new Set(failed)));
}

/** The events of a batch, and the leads with an event of a newer build. */
function readable(batch: readonly Stored[]) {
  const newer: string[] = [];
  const events = batch.flatMap((message) => {
    try {
      return [parseRecorded(message)];
    } catch (error) {
      if (!(error instanceof NewerEvent)) throw error;
      newer.push(message.subject.split('.')[1] ?? '');
      return [];
    }
  });
  return { events, newer };
}

/** The newest event that was given, by lead, as the projector reads it from the log. */
function comparing(comparison: Comparison<LeadState>, streams: Streams, guard: RestoreGuard): Compare {
  return (upTo, ended) => {
    if (!guard.open) return ended();
    comparison.look(wantedBy(streams.of('LEADS').filter(({ seq }) => seq <= upTo))).then(ended, ended);
  };
}

async function erase(broker: Broker, operator: Process, leadId: string, who: { by: string }): Promise<void> {
  const outcome = await appendErasure(broker, operator.clock, leadId, { by: who.by });
  if (!('erasure' in outcome)) return;
  await destroyKey(broker, leadId);
  await forget(broker, outcome.erasure);
}

async function carryOut(
  operator: Process,
  outside: Outside,
  leadId: string,
  request: CommandRequest,
  run: SimulatedRun,
): Promise<void> {
  const { leads } = openLog(operator, outside);
  const {
    state: { phase, sends, run: seen },
    version,
    lastSeq,
  } = await leads.load(leadId, { leader: true });
  // Outside of `parked` the command names the first send, as a careless operator would.
  const send = (phase.kind === 'parked' ? phase.sendId : Object.keys(sends)[0]) ?? '';
  const { command, safeguards } = resolvedCommand(request, { send, run: seen, version });
  run.trace(operator.name, command.kind);
  if (command.kind === 'erase') return erase(outside.broker, operator, leadId, command);
  if (request.thinksMs) await run.time.wait(request.thinksMs);
  const attempt: Attempt = { afterSeq: lastSeq };
  request.attempts.push(attempt);
  const given = await giveCommand(leads, leadId, command, safeguards);
  attempt.what = 'refused' in given ? 'refused' : given.isNew ? 'done' : 'done before';
}
