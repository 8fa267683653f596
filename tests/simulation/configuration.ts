import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { PARAM_ARGS_METADATA, PATTERN_METADATA } from '@nestjs/microservices/constants.js';
import type { Route } from '@leadstream/contracts/events';
import type { StreamName } from '@leadstream/contracts/streams';
import { targetsOf, type Migration } from '@leadstream/lead/migrate';
import type { Run } from '@leadstream/lead/state';
import { config as inboundConfig } from '@leadstream/inbound/config';
import { FeedbackController } from '@leadstream/inbound/feedback.controller';
import { OutcomesController } from '@leadstream/projector/outcomes.controller';
import { config as schedulerConfig } from '@leadstream/scheduler/config';
import { PlanController } from '@leadstream/scheduler/plan.controller';
import { config as senderConfig } from '@leadstream/sender/config';
import { LookupController } from '@leadstream/sender/lookup.controller';
import { SenderController } from '@leadstream/sender/sender.controller';
import type { Sequence, Step } from '@leadstream/sequences/definition';
import { parseFolder } from '@leadstream/sequences/folder';
import { drawnFor } from '@leadstream/sequences/variants';
import type { Rep } from '@leadstream/sequences/reps';
import type { TagRule } from '@leadstream/sequences/tag-rules';
import { businessHoursOf, loadConfig } from '@leadstream/service/config';
import { readFolder, type SequenceStore } from '@leadstream/service/sequence-store';
import { config as triageConfig } from '@leadstream/triage/config';
import { EnrichController } from '@leadstream/triage/enrich.controller';
import { TriageController } from '@leadstream/triage/triage.controller';
import { TextFeedbackController } from '@leadstream/inbound/text-feedback.controller';
import { marked } from './marked-mail.ts';
import { TEXTED, TEXTED_ROUTE, texted } from './texted.ts';

const { sequences: ofRepository, routes: ownRoutes } = parseFolder(
  await readFolder(fileURLToPath(new URL('../../sequences', import.meta.url))),
);
const written = [...ofRepository, texted];
const deployedRoutes = ownRoutes && { ...ownRoutes, routes: [...ownRoutes.routes, TEXTED_ROUTE] };
/** Our people; the lead of a run lives in one of several countries. */
export const REPS: readonly Rep[] = [
  { id: 'ana', name: 'Ana', email: 'ana@acme.example', countries: ['DE', 'IN'] },
  { id: 'ben', name: 'Ben', email: 'ben@acme.example' },
];
/** A form that asks for a call gives the tag that operators give and take away, too. */
export const TAG_RULES: readonly TagRule[] = [
  { id: 'wants-a-call', when: { fields: { message: 'please call*' } }, add: ['vip'] },
  {
    id: 'of-a-company',
    when: { enrichment: { domain: { companyDomain: '*' }, http: { industry: 'soft*' } } },
    add: ['found'],
  },
  { id: 'from-germany', when: { country: 'DE', source: ['demo_request', 'trade*'] }, add: ['dach'] },
];
/** Conditions, an exit and rules for reps, which the repository's sequences do not have. */
const CONDITIONS: Readonly<
  Record<string, Pick<Sequence, 'stopWhen' | 'assign'> & Record<'step', string> & Pick<Step, 'when'>>
> = {
  'content-nurture': {
    assign: 'round-robin',
    stopWhen: ['customer'],
    step: 'second',
    when: { notTagged: ['vip'], notHappened: ['clicked'] },
  },
  'sales-demo': {
    assign: 'by-country',
    step: 'confirm',
    when: { notTagged: ['customer'], notHappened: ['clicked'] },
  },
};
const conditioned = (sequence: Sequence): Sequence => {
  const { step, when, ...rest } = CONDITIONS[sequence.id] ?? {};
  const steps = sequence.steps.map((one) => (one.id === step ? { ...one, when } : one));
  return { ...sequence, ...rest, steps };
};
/** The second mail of sequence B has two texts; the lead of the runs gets the other one. */
const withVariants = (sequence: Sequence): Sequence => {
  const { steps, templates } = sequence;
  const template = templates['second-mail'];
  return template
    ? {
        ...sequence,
        steps: steps.map((step) => (step.action === 'second-mail' ? { ...step, variants: ['other-mail'] } : step)),
        templates: { ...templates, 'other-mail': template },
      }
    : sequence;
};
/** The deployed sequences: those of the repository, with conditions, and a line in each mail that identifies it. */
const active = written.map(conditioned).map(withVariants).map(marked);
/**
 * A later version of each, into which and back from which operators move leads: one step more, other templates, and no
 * conditions.
 */
const later = written.map(withVariants).map(({ steps, templates, ...sequence }) => {
  const next = steps.map(({ variants, ...step }) => ({
    ...step,
    action: `${step.action}-later`,
    ...(variants ? { variants: variants.map((variant) => `${variant}-later`) } : {}),
  }));
  const added = next.slice(0, 1).map((step) => ({ ...step, id: 'added' }));
  return marked({
    ...sequence,
    version: sequence.version + 1,
    steps: [...added, ...next],
    templates: Object.fromEntries(Object.entries(templates).map(([name, template]) => [`${name}-later`, template])),
  });
});
const deployed = [...active, ...later];
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const environment = {
  LEAD_ID_SECRET: 'the simulation’s lead ids',
  TOKEN_SECRET: 'the simulation’s tokens',
  INBOUND_SECRET: 'the simulation’s inbound',
  SENDGRID_API_KEY: 'SG.simulation',
  MAILGUN_API_KEY: 'simulation',
  MAILGUN_DOMAIN: 'mg.acme.example',
  SENDGRID_EVENT_PUBLIC_KEYS: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  FROM_EMAIL: 'sales@acme.example',
  FROM_NAME: 'Sam of Acme',
  POSTAL_ADDRESS: '1 Acme Road, Springfield',
  REPLY_DOMAIN: 'reply.acme.example',
  // Short enough that a run has second enrolments of untrusted submissions, both too early and in time.
  TRUSTED_SOURCES: 'crm',
  REENROL_AFTER: 'PT1H',
  CANARY_DOMAIN: 'canary.test',
  // Thanksgiving falls into most runs.
  HOLIDAYS: 'by-country',
  PUBLIC_URL: 'https://acme.example',
  SALES_REP_EMAIL: 'rep@acme.example',
  BOOKING_URL: 'https://book.acme.example/demo',
};
export const configs = {
  triage: loadConfig(triageConfig, environment),
  scheduler: loadConfig(schedulerConfig, environment),
  sender: loadConfig(senderConfig, environment),
  inbound: loadConfig(inboundConfig, environment),
};

/** The sender's settings while the ESP is being changed. */
export const senderConfigs = {
  sendgrid: configs.sender,
  mailgun: loadConfig(senderConfig, { ...environment, ESP: 'mailgun' }),
};

export const hours = businessHoursOf(configs.scheduler);
export const REENROL_AFTER_MS = configs.triage.REENROL_AFTER.total('millisecond');

export const sequenceOf = (id: string, version?: number) =>
  deployed.find((sequence) => sequence.id === id && (version === undefined || sequence.version === version));
/** The sequence store without its bucket: sequences do not change during a run. */
export const sequences = {
  loaded: true,
  sequence: sequenceOf,
  reps: REPS,
  tagRules: TAG_RULES,
  isActive: () => true,
  rep: (id: string | null) => REPS.find((rep) => rep.id === id),
  routing: () => ({ routes: deployedRoutes, sequences: active }),
} as unknown as SequenceStore;
/** The one lead of a run. */
export const EMAIL = 'jane@example.com';
/** It, in runs of the canary. */
export const CANARY_EMAIL = `jane@${environment.CANARY_DOMAIN}`;

/** The routes to which an operator can move a lead; that of the texts in runs that have them. */
export const routes = (texts: boolean): Route[] =>
  active
    .filter(({ id }) => texts || id !== TEXTED)
    .map(({ id, rank, triggers: [tag = id] }) => ({ sequence: id, tag, rank }));
export const triggered = active.map(({ id: sequence, rank, triggers }) => ({ sequence, rank, triggers }));
/** The migration of a run to the other version of its sequence. */
export function migrationOf(run: Run | null, leadId: string): Migration {
  const { id: runId = '', sequence = '', version: from = 0 } = run ?? {};
  const to = active.some(({ id, version }) => id === sequence && version === from) ? from + 1 : from - 1;
  const target = sequenceOf(sequence, to);
  return { runId, sequence, from, to, steps: target ? targetsOf(drawnFor(target, leadId)) : {} };
}
export const stepCount = (id: string): number => sequenceOf(id)?.steps.length ?? 1;
export const stepsOf = (id: string, version: number) => sequenceOf(id, version)?.steps ?? [];

export type Controller = { prototype: object } & (new (...dependencies: never[]) => object);

export interface Service {
  name: keyof typeof configs | 'enricher' | 'sms' | 'lookup' | 'outcomes' | 'projector';
  stream: StreamName;
  /** The patterns that Nest finds on the service's controllers; the durable consumer is filtered by them. */
  patterns: ReadonlySet<string>;
}

export const PAYLOAD = 3;

/** A handler method and its pattern; `wants` lists its arguments in the order of its parameter decorators. */
export interface Handling {
  pattern: string;
  method: string;
  wants: readonly number[];
}

function handlingsOf(controller: Controller): Handling[] {
  const { prototype } = controller;
  return Object.getOwnPropertyNames(prototype).flatMap((method) => {
    const value: unknown = Reflect.get(prototype, method);
    const patterns =
      typeof value === 'function' ? (Reflect.getMetadata(PATTERN_METADATA, value) as string[] | undefined) : undefined;
    return (patterns ?? []).map((pattern) => {
      const parameters = Object.entries(
        (Reflect.getMetadata(PARAM_ARGS_METADATA, controller, method) ?? {}) as Record<string, { index: number }>,
      );
      return {
        pattern,
        method,
        wants: parameters.sort(([, a], [, b]) => a.index - b.index).map(([key]) => Number(key.split(':')[0])),
      };
    });
  });
}

const CONTROLLERS: Readonly<Record<Service['name'], readonly Controller[]>> = {
  triage: [TriageController],
  enricher: [EnrichController],
  scheduler: [PlanController],
  sender: [SenderController],
  sms: [SenderController],
  lookup: [LookupController],
  inbound: [FeedbackController, TextFeedbackController],
  outcomes: [OutcomesController],
  // It takes batches.
  projector: [],
};
/** Read once: a run starts and kills a dozen processes. */
export const HANDLINGS: ReadonlyMap<Controller, Handling[]> = new Map(
  [...new Set(Object.values(CONTROLLERS).flat())].map((controller) => [controller, handlingsOf(controller)]),
);
const service = (name: Service['name'], stream: StreamName): Service => {
  const handlings = CONTROLLERS[name].flatMap((controller) => HANDLINGS.get(controller) ?? []);
  return { name, stream, patterns: new Set(handlings.map(({ pattern }) => pattern)) };
};
/** All services; `sms` is for runs with texts, `outcomes` for runs of the services. */
export const SERVICES: readonly Service[] = [
  service('triage', 'INTAKE'),
  service('enricher', 'LEADS'),
  service('scheduler', 'LEADS'),
  service('sender', 'LEADS'),
  service('sms', 'LEADS'),
  service('lookup', 'LEADS'),
  service('inbound', 'FEEDBACK'),
  service('outcomes', 'LEADS'),
  service('projector', 'LEADS'),
];
