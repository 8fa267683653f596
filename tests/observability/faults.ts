import type { AlertName } from '../../tools/observability/alerts.ts';
import { PARTS, type Part, type System } from './system.ts';

/** An alert with the labels that name the fault. */
export interface Named {
  alert: AlertName;
  labels?: Record<string, string>;
}

export interface Fault {
  /** The minutes of the rules for which it lasts. */
  minutes: number;
  /** Each fires before the fault ends. */
  fires: Named[];
  /** Each may fire, during the fault or after it. */
  may?: Named[];
}

/** A fault, and how it begins and ends. */
export interface FaultRow extends Fault {
  begin: (system: System) => unknown;
  end: (system: System) => unknown;
}

const down = (app: string): Named => ({ alert: 'ServiceDown', labels: { app } });
const old = (stream: string, consumer: string): Named => ({ alert: 'QueueOld', labels: { stream, consumer } });
const away = (dependency: string): Named => ({ alert: 'DependencyDown', labels: { dependency } });
const budget = (slo: string): Named[] =>
  (['BudgetBurnsFast', 'BudgetBurnsSlowly', 'BudgetBurns'] as const).map((alert) => ({ alert, labels: { slo } }));
const downAt = (provider: string): Named => ({ alert: 'ProviderDown', labels: { provider } });

const TEN = 10;
/** Steps that came due meanwhile are late, in the log for ever. */
const LATE_STEPS = budget('steps');

/** The alerts that name a part, when it is killed or frozen. */
const OF_PART: Record<Part, Fault> = {
  ingest: { minutes: TEN, fires: [down('ingest')] },
  // A webhook that was in its hands waits until it is back.
  inbound: { minutes: TEN, fires: [down('inbound')], may: [old('FEEDBACK', 'inbound')] },
  triage: { minutes: TEN, fires: [down('triage'), down('enricher'), old('INTAKE', 'triage')] },
  scheduler: {
    minutes: TEN,
    fires: [down('scheduler'), { alert: 'SchedulerLate' }, old('LEADS', 'scheduler')],
    may: LATE_STEPS,
  },
  sender: { minutes: TEN, fires: [down('sender'), down('sms'), down('lookup')] },
  projector: {
    minutes: TEN,
    fires: [
      down('projector'),
      down('outcomes'),
      down('refusals'),
      { alert: 'ProjectionBehind' },
      old('LEADS', 'outcomes'),
    ],
    may: LATE_STEPS,
  },
  webhooks: { minutes: TEN, fires: [down('webhooks')] },
  crm: { minutes: TEN, fires: [down('crm')] },
  watch: { minutes: TEN, fires: [down('watch')] },
  console: { minutes: TEN, fires: [down('console')] },
  nats: {
    minutes: TEN,
    fires: [away('nats'), { alert: 'BudgetBurnsFast', labels: { slo: 'leads' } }],
    may: [...budget('leads'), ...LATE_STEPS],
  },
  mongodb: { minutes: TEN, fires: [away('mongodb')], may: LATE_STEPS },
  // The breaker counts a minute of real time, in which calls before the fault succeeded.
  provider: { minutes: 16, fires: [downAt('sendgrid')], may: budget('calls') },
  gateway: { minutes: 20, fires: [downAt('twilio')], may: budget('calls') },
};

/** Every answer of the provider, or of the gateway, is this one. */
const answering = (status: number, of: 'esp' | 'gateway' = 'esp') => ({
  begin: (system: System) => system[of].faults({ count: 1_000_000, status }),
  end: (system: System) => system[of].clearFaults(),
});
const CRM = { endpoint: 'crm' };

/** The table of the proof: each fault alone, under load. */
export const FAULTS: Readonly<Record<string, FaultRow>> = {
  none: { minutes: TEN, fires: [], begin: () => undefined, end: () => undefined },
  ...Object.fromEntries(
    PARTS.flatMap((part) => [
      [
        `${part} killed`,
        {
          ...OF_PART[part],
          begin: ({ parts }: System) => parts[part].kill(),
          end: ({ parts }: System) => parts[part].revive(),
        },
      ],
      [
        `${part} frozen`,
        {
          ...OF_PART[part],
          begin: ({ parts }: System) => parts[part].freeze(),
          end: ({ parts }: System) => parts[part].thaw(),
        },
      ],
    ]),
  ),
  'provider fails': { ...OF_PART.provider, ...answering(503) },
  'provider refuses the key': {
    minutes: 18,
    fires: [{ alert: 'AccountPaused', labels: { provider: 'sendgrid', by: 'sender' } }],
    may: budget('calls'),
    ...answering(401),
  },
  'gateway fails': { ...OF_PART.gateway, ...answering(503, 'gateway') },
  'gateway refuses the key': {
    minutes: 18,
    fires: [{ alert: 'AccountPaused', labels: { provider: 'twilio', by: 'sender' } }],
    may: budget('calls'),
    ...answering(401, 'gateway'),
  },
  'endpoint fails': {
    minutes: 75,
    fires: [{ alert: 'EndpointLate', labels: CRM }],
    begin: ({ endpoint }) => endpoint.answers(500),
    end: async ({ endpoint }) => {
      endpoint.answers(200);
      await endpoint.resume();
    },
  },
  'endpoint is gone': {
    minutes: 15,
    fires: [{ alert: 'EndpointPaused', labels: CRM }],
    begin: ({ endpoint }) => endpoint.answers(410),
    end: async ({ endpoint }) => {
      endpoint.answers(200);
      await endpoint.resume();
    },
  },
};
