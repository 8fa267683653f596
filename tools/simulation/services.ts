import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { PARAM_ARGS_METADATA, PATTERN_METADATA } from '@nestjs/microservices/constants.js';
import type { Db } from 'mongodb';
import type { Logger } from 'pino';
import type { Route } from '@leadstream/contracts/events';
import type { StreamName } from '@leadstream/contracts/streams';
import type { Broker } from '@leadstream/eventlog/broker';
import type { Delivery } from '@leadstream/eventlog/delivery';
import type { Baseline } from '@leadstream/eventlog/log';
import { config as inboundConfig } from '@leadstream/inbound/config';
import { FeedbackController } from '@leadstream/inbound/feedback.controller';
import type { Reputation } from '@leadstream/inbound/reputation';
import { leadFold } from '@leadstream/lead/evolve';
import { view, type LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { Projection } from '@leadstream/projection/projection';
import { config as schedulerConfig } from '@leadstream/scheduler/config';
import { Hunter } from '@leadstream/scheduler/hunter';
import { PlanController } from '@leadstream/scheduler/plan.controller';
import { Planner } from '@leadstream/scheduler/planner';
import { config as senderConfig } from '@leadstream/sender/config';
import { SenderController } from '@leadstream/sender/sender.controller';
import { parseFolder } from '@leadstream/sequences/folder';
import { loadConfig } from '@leadstream/service/config';
import { LeadLog } from '@leadstream/service/lead-log';
import type { Metrics } from '@leadstream/service/metrics';
import { readFolder, type SequenceStore } from '@leadstream/service/sequence-store';
import { Transitions } from '@leadstream/service/transitions';
import { config as triageConfig } from '@leadstream/triage/config';
import { TriageController } from '@leadstream/triage/triage.controller';
import { marked } from './letters.ts';
import type { Projector } from './projecting.ts';
import type { Provider } from './provider.ts';
import type { Process } from './world.ts';

const { sequences: written, routes: deployedRoutes } = parseFolder(await readFolder(fileURLToPath(new URL('../../sequences', import.meta.url))));
/** What is deployed: the sequences of the repository, as they are but for a line in each letter that tells it from all others. */
const deployed = written.map(marked);
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const environment = {
  LEAD_ID_SECRET: 'the simulation’s lead ids', TOKEN_SECRET: 'the simulation’s tokens', INBOUND_SECRET: 'the simulation’s inbound',
  SENDGRID_API_KEY: 'SG.simulation', SENDGRID_EVENT_PUBLIC_KEYS: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  FROM_EMAIL: 'sales@acme.example', FROM_NAME: 'Sam of Acme', POSTAL_ADDRESS: '1 Acme Road, Springfield', REPLY_DOMAIN: 'reply.acme.example',
  PUBLIC_URL: 'https://acme.example', SALES_REP_EMAIL: 'rep@acme.example', BOOKING_URL: 'https://book.acme.example/demo',
};
const configs = {
  triage: loadConfig(triageConfig, environment), scheduler: loadConfig(schedulerConfig, environment), sender: loadConfig(senderConfig, environment),
  inbound: loadConfig(inboundConfig, environment),
};

const sequenceOf = (id: string, version?: number) => deployed.find((sequence) => sequence.id === id && (version === undefined || sequence.version === version));
/** The store without its bucket, which nothing changes during a life. */
const sequences = { loaded: true, sequence: sequenceOf, routing: () => ({ routes: deployedRoutes, sequences: deployed }) } as unknown as SequenceStore;
const nothing = () => undefined;
const metrics = { onScrape: nothing, sends: { inc: nothing }, feedback: { inc: nothing }, quarantined: { inc: nothing }, schedulerLag: { observe: nothing }, overdueLeads: { set: nothing }, stuckLeads: { set: nothing } } as unknown as Metrics;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Logger;
const transitions = new Transitions(logger);

/** Where an operator can send a lead. */
export const routes = (): Route[] => deployed.map(({ id, rank, triggers: [tag = id] }) => ({ sequence: id, tag, rank }));
export const stepsOf = (id: string, version: number) => sequenceOf(id, version)?.steps ?? [];

type Handler = (payload: unknown, delivery: Delivery) => Promise<void>;
export type Handlers = ReadonlyMap<string, Handler>;
type Controller = { prototype: object } & (new (...dependencies: never[]) => object);

export interface Service {
  name: keyof typeof configs | 'projector';
  stream: StreamName;
  /** What Nest finds on its controllers, and the durable consumer is filtered by. */
  patterns: ReadonlySet<string>;
}

const PAYLOAD = 3;

/** A method, by the pattern that it handles; `wants` is what it is given, in the order that its parameters' decorators say. */
interface Handling { pattern: string; method: string; wants: readonly number[] }

function handlingsOf(controller: Controller): Handling[] {
  const { prototype } = controller;
  return Object.getOwnPropertyNames(prototype).flatMap((method) => {
    const value: unknown = Reflect.get(prototype, method);
    const patterns = typeof value === 'function' ? (Reflect.getMetadata(PATTERN_METADATA, value) as string[] | undefined) : undefined;
    return (patterns ?? []).map((pattern) => {
      const parameters = Object.entries(Reflect.getMetadata(PARAM_ARGS_METADATA, controller, method) as Record<string, { index: number }>);
      return { pattern, method, wants: parameters.sort(([, a], [, b]) => a.index - b.index).map(([key]) => Number(key.split(':')[0])) };
    });
  });
}

/** What a whole account's mails come to is no matter of one lead's life. */
const reputation = { add: nothing } as unknown as Reputation;
const CONTROLLERS: Partial<Record<Service['name'], Controller>> = { triage: TriageController, scheduler: PlanController, sender: SenderController, inbound: FeedbackController };
/** Read once: a life starts and kills a dozen processes. */
const HANDLINGS: ReadonlyMap<Controller, Handling[]> = new Map(Object.values(CONTROLLERS).map((controller) => [controller, handlingsOf(controller)]));
const service = (name: Service['name'], stream: StreamName): Service => {
  const controller = CONTROLLERS[name];
  return { name, stream, patterns: new Set(controller && HANDLINGS.get(controller)?.map(({ pattern }) => pattern)) };
};
/** The projector has no controller: it takes batches. */
export const SERVICES: readonly Service[] = [service('triage', 'INTAKE'), service('scheduler', 'LEADS'), service('sender', 'LEADS'), service('inbound', 'FEEDBACK'), service('projector', 'LEADS')];

export const openLog = (process: Process, broker: Broker, baseline?: (leadId: string) => Promise<Baseline<LeadState> | undefined>): LeadLog =>
  new LeadLog(broker, leadFold, { source: process.name, now: process.clock, ...(baseline ? { baseline } : {}) });

interface Outside { broker: Broker; db: Db; provider: Provider }
interface Employed { handlers: Handlers; hunter?: Hunter; projector?: Projector }

/** One process of a service as its Nest module would wire it, as it is right after its start. */
export function employ({ name }: Service, process: Process, { broker, db, provider }: Outside): Employed {
  const queries = new LeadQueries<LeadState>(db);
  const leads = openLog(process, broker, (leadId) => queries.baseline(leadId));
  const planner = new Planner(configs.scheduler, process.clock, sequences);
  switch (name) {
    case 'triage': return { handlers: bound(TriageController, new TriageController(configs.triage, leads, sequences, transitions)) };
    case 'scheduler': return {
      handlers: bound(PlanController, new PlanController(leads, planner, transitions)),
      hunter: new Hunter(configs.scheduler, broker, queries, leads, planner, transitions, metrics, logger),
    };
    case 'sender': return { handlers: bound(SenderController, new SenderController(configs.sender, process.clock, leads, sequences, provider.dial(process), transitions, metrics)) };
    case 'inbound': return { handlers: bound(FeedbackController, new FeedbackController(configs.inbound, broker, leads, transitions, metrics, reputation, logger)) };
    case 'projector': return { handlers: new Map(), projector: { projection: new Projection(db, leadFold, view), leads } };
  }
}

function bound(controller: Controller, instance: object): Handlers {
  return new Map(HANDLINGS.get(controller)?.map(({ pattern, method, wants }) => {
    const handle = Reflect.get(instance, method) as (...given: unknown[]) => Promise<void>;
    return [pattern, (payload: unknown, delivery: Delivery) => handle.apply(instance, wants.map((kind) => (kind === PAYLOAD ? payload : delivery)))];
  }));
}
