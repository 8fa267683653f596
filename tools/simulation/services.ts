import type { Db } from 'mongodb';
import type { Logger } from 'pino';
import { parseRecorded } from '@leadstream/contracts/envelope';
import type { Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { Delivery } from '@leadstream/eventlog/delivery';
import { payloadOf } from '@leadstream/eventlog/handlers';
import { eventId } from '@leadstream/eventlog/ids';
import type { Baseline } from '@leadstream/eventlog/log';
import { FeedbackController } from '@leadstream/inbound/feedback.controller';
import type { Reputation } from '@leadstream/inbound/reputation';
import { decideCommand, type Command } from '@leadstream/lead/command';
import { leadFold } from '@leadstream/lead/evolve';
import { view, type LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { Projection } from '@leadstream/projection/projection';
import { Hunter } from '@leadstream/scheduler/hunter';
import { PlanController } from '@leadstream/scheduler/plan.controller';
import { Planner } from '@leadstream/scheduler/planner';
import type { GuardedSend } from '@leadstream/sender/breaker';
import { SenderController } from '@leadstream/sender/sender.controller';
import { LeadLog } from '@leadstream/service/lead-log';
import type { Metrics } from '@leadstream/service/metrics';
import { Transitions } from '@leadstream/service/transitions';
import { TriageController } from '@leadstream/triage/triage.controller';
import { documentFaults } from '../verify/projection.ts';
import { patternFor, type Stored } from './broker.ts';
import { Database } from './database.ts';
import { configs, HANDLINGS, PAYLOAD, sequences, type Controller, type Service } from './deployed.ts';
import type { Project } from './projecting.ts';
import type { Provider } from './provider.ts';
import type { Around, Handle, Hire, Shown, Staff } from './staff.ts';
import { promised, type Process, type World } from './world.ts';

const nothing = () => undefined;
const metrics = { onScrape: nothing, sends: { inc: nothing }, feedback: { inc: nothing }, quarantined: { inc: nothing }, schedulerLag: { observe: nothing }, overdueLeads: { set: nothing }, stuckLeads: { set: nothing } } as unknown as Metrics;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Logger;
const transitions = new Transitions(logger);

/** What a whole account's mails come to is no matter of one lead's life. */
const reputation = { add: nothing } as unknown as Reputation;
const NEVER = new AbortController().signal;
const PROJECTED_AGAIN_MS = 1_000;

/** The services themselves, as their Nest modules would wire them: all that is theirs but what they are connected to. */
export const services: Hire = (world, around, written) => new Services(world, around, written);

class Services implements Staff {
  readonly #world: World;
  readonly #around: Around;
  readonly #database: Database;

  constructor(world: World, around: Around, written: () => void) {
    this.#world = world;
    this.#around = around;
    this.#database = new Database(world, written);
  }

  get dueMs(): number {
    return this.#database.dueMs;
  }

  employ(service: Service, process: Process): ReturnType<Staff['employ']> {
    return employ(service, process, this.#dial(process), this.#world);
  }

  command(operator: Process, leadId: string, command: (send: string) => Command): void {
    this.#world.time.life = operator.life;
    carryOut(operator, this.#dial(operator), leadId, command, (kind) => this.#world.tell(operator.name, kind)).catch(() => undefined);
  }

  eventOf(message: Stored): Recorded {
    return parseRecorded(message);
  }

  shown(events: readonly Recorded[]): readonly Shown[] {
    return [...this.#database.leads.values()].map((document) => ({
      lastSeq: document.lastSeq, status: String(document['status']), isDue: document['nextActionAt'] !== null, faults: documentFaults(document, events).map(({ says }) => says),
    }));
  }

  #dial(process: Process): Outside {
    const { streams, provider } = this.#around;
    return { broker: streams.dial(process), db: this.#database.dial(process), provider };
  }
}

interface Outside { broker: Broker; db: Db; provider: Provider }

function openLog(process: Process, { broker, db }: Outside): { leads: LeadLog; queries: LeadQueries<LeadState> } {
  const queries = new LeadQueries<LeadState>(db);
  const baseline = (leadId: string): Promise<Baseline<LeadState> | undefined> => queries.baseline(leadId);
  return { queries, leads: new LeadLog(broker, leadFold, { source: process.name, now: process.clock, baseline }) };
}

function employ({ name, stream }: Service, process: Process, outside: Outside, world: World): ReturnType<Staff['employ']> {
  const { broker, db, provider } = outside;
  const { leads, queries } = openLog(process, outside);
  const planner = new Planner(configs.scheduler, process.clock, sequences);
  const handles = (controller: Controller, instance: object) => ({ handle: bound(stream, controller, instance) });
  switch (name) {
    case 'triage': return handles(TriageController, new TriageController(configs.triage, leads, sequences, transitions));
    case 'scheduler': {
      const hunter = new Hunter(configs.scheduler, broker, queries, leads, planner, transitions, metrics, logger);
      return { ...handles(PlanController, new PlanController(leads, planner, transitions)), hunt: (ended) => void hunter['hunt']().then(ended, () => ended()) };
    }
    case 'sender': return handles(SenderController, new SenderController(configs.sender, process.clock, leads, sequences, new Guarded(provider, process) as unknown as GuardedSend, transitions, metrics));
    case 'inbound': return handles(FeedbackController, new FeedbackController(configs.inbound, broker, leads, transitions, metrics, reputation, logger));
    case 'projector': return { project: projecting(new Projection(db, leadFold, view), leads, world) };
  }
}

function bound(stream: Service['stream'], controller: Controller, instance: object): Handle {
  const handlings = new Map(HANDLINGS.get(controller)?.map((handling) => [handling.pattern, handling]));
  return (message, deliveries, ended) => {
    const handle = async () => {
      const { method, wants } = handlings.get(patternFor(message.subject)) ?? { method: '', wants: [] };
      const [payload, delivery] = [payloadOf(stream, message), new Delivery(message, stream, deliveries, NEVER)];
      await (Reflect.get(instance, method) as (...given: unknown[]) => Promise<void>).apply(instance, wants.map((kind) => (kind === PAYLOAD ? payload : delivery)));
    };
    handle().then(() => ended(), (error: unknown) => ended({ error }));
  };
}

/** What a sender holds as its provider. GuardedSend has private parts: opossum's, which keeps time of its own. */
class Guarded implements Pick<GuardedSend, 'closed' | 'turn' | 'fire'> {
  readonly #provider: Provider;
  readonly #process: Process;

  constructor(provider: Provider, process: Process) {
    this.#provider = provider;
    this.#process = process;
  }

  get closed(): boolean {
    return this.#provider.closed;
  }

  turn(): Promise<void> {
    return promised(this.#provider.turn(this.#process));
  }

  fire(...[letter, about]: Parameters<GuardedSend['fire']>): ReturnType<GuardedSend['fire']> {
    return promised(this.#provider.take(this.#process, letter, about));
  }
}

/** Until the database takes it; the leads that could not be brought up to date are to be delivered again. */
function projecting(projection: Projection<LeadState>, leads: LeadLog, world: World): Project {
  const project = async (batch: readonly Stored[]) => {
    for (;;) {
      try {
        return (await projection.apply(batch.map((message) => parseRecorded(message)), (leadId, afterSeq) => leads.history(leadId, afterSeq))).failed;
      } catch {
        await world.time.wait(PROJECTED_AGAIN_MS);
      }
    }
  };
  return (batch, ended) => void project(batch).then((failed) => ended(new Set(failed.keys())));
}

async function carryOut(operator: Process, outside: Outside, leadId: string, command: (send: string) => Command, tell: (kind: string) => void): Promise<void> {
  const { leads } = openLog(operator, outside);
  const loaded = await leads.load(leadId, { leader: true });
  const { phase } = loaded.state;
  // Who does not look closely names another send.
  const given = command((phase.kind === 'parked' ? phase.sendId : Object.keys(loaded.state.sends)[0]) ?? '');
  tell(given.kind);
  await leads.decide(leadId, ({ lastSeq }) => eventId({ stream: 'LEADS', seq: lastSeq }, given.kind), (state) => decideCommand(state, given), loaded);
}
