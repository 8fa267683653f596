import { gatewaySchema } from '@leadstream/contracts/events';
import { COUNTING } from '@leadstream/service/exposition';
import type { Alert, Severity } from './alert.ts';
import { attention, canary, stops } from './alerts-of-leads.ts';
import { crm } from './alerts-of-crm.ts';
import { endpoints } from './alerts-of-webhooks.ts';
import { burns } from './objectives.ts';
import type { Scale } from './scale.ts';

const SERVICES = COUNTING;
const GATEWAYS = `"${gatewaySchema.options.join('|')}"`;
const PROJECTOR = 'consumer=~"projector-.*"';

/** Processes and their servers. */
const running = ({ range }: Scale) =>
  ({
    ServiceDown: {
      severity: 'page',
      expr: SERVICES.map((app) => `absent(leadstream_build_info{app="${app}"})`).join(' or '),
      minutes: 2,
      summary: 'No process of {{ $labels.app }} answers a scrape',
      dashboard: 'runtime',
    },
    ServiceRestarts: {
      severity: 'ticket',
      expr: `changes(process_start_time_seconds{app=~"${SERVICES.join('|')}"}[${range(30)}]) > 2`,
      minutes: 0,
      summary: '{{ $labels.app }} was started again three times in half an hour',
      dashboard: 'runtime',
    },
    DependencyDown: {
      severity: 'page',
      expr: 'max by (dependency) (leadstream_watch_up) == 0',
      minutes: 2,
      summary: '{{ $labels.dependency }} does not answer',
      dashboard: 'overview',
    },
    LogHeld: {
      severity: 'page',
      expr: 'max(leadstream_log_held) == 1',
      minutes: 1,
      summary: 'LEADS is not the log that was seen; nothing is sent until an operator confirms it',
      dashboard: 'overview',
    },
    RolloutUnfinished: {
      severity: 'ticket',
      expr: `sum by (consumer) (increase(leadstream_newer_deliveries_total[${range(15)}])) > 0`,
      minutes: 60,
      summary: '{{ $labels.consumer }} hands back messages of a newer build',
      dashboard: 'consumer',
    },
    Watchdog: {
      severity: 'none',
      expr: 'vector(1)',
      minutes: 0,
      summary: 'Always firing; its absence at the receiver means that Prometheus or Alertmanager is down',
      dashboard: 'overview',
    },
  }) satisfies Record<string, Alert>;

/** The age of the oldest message that waits, by consumer. */
const oldestIn = (consumers: string): string =>
  `max by (stream, consumer) (leadstream_consumer_oldest_seconds{${consumers}})`;
const isPaused = (gateways: string): string => `max(leadstream_esp_account_paused{provider${gateways}}) == 1`;

/** Consumers that wait for nothing but Leadstream. A send is looked up for a day, and the message waits as long. */
const PROMPT = 'consumer!~"sender|sms|enricher|lookup|crm|projector-.*"';

const UNLESS_HELD = 'unless on() max(leadstream_log_held) == 1';
/** Consumers that wait until an operator confirms a log that was restored. */
const HELD = 'consumer=~"scheduler|outcomes"';

/** Work that waits for a service, by its age: a depth alone says little. */
const flow = ({ range, seconds }: Scale) =>
  ({
    SchedulerLate: {
      severity: 'page',
      // With NATS away or the projector behind, late leads say nothing of the scheduler; a held log waits on purpose.
      expr:
        `max(leadstream_scheduler_oldest_due_seconds{kind!="watchdog"}) > ${seconds(5)}` +
        ` and on() max(leadstream_consumer_oldest_seconds{${PROJECTOR}}) < ${seconds(1)} ${UNLESS_HELD}`,
      minutes: 2,
      summary: 'A lead has been due for {{ $value | humanizeDuration }}, and the scheduler has not taken it',
      dashboard: 'overview',
    },
    QueueOld: {
      severity: 'page',
      expr:
        `${oldestIn(PROMPT)} > ${seconds(5)}` + ` unless (${oldestIn(HELD)} and on() max(leadstream_log_held) == 1)`,
      minutes: 2,
      summary: 'A message has waited for {{ $labels.consumer }} for {{ $value | humanizeDuration }}',
      dashboard: 'consumer',
    },
    QueueSlow: {
      severity: 'ticket',
      // The provider's pace, or a team's own enricher, may hold these for minutes; a pause has its own alert.
      expr: [
        `${oldestIn('consumer="sender"')} > ${seconds(30)} unless on() ${isPaused(`!~${GATEWAYS}`)}`,
        `${oldestIn('consumer="sms"')} > ${seconds(30)} unless on() ${isPaused(`=~${GATEWAYS}`)}`,
        `${oldestIn('consumer="enricher"')} > ${seconds(30)}`,
      ].join(' or '),
      minutes: 10,
      summary: 'A message has waited for {{ $labels.consumer }} for {{ $value | humanizeDuration }}',
      dashboard: 'consumer',
    },
    ProjectionBehind: {
      severity: 'page',
      expr:
        `max(leadstream_consumer_oldest_seconds{${PROJECTOR}}) > ${seconds(2)}` +
        ' unless on() max(leadstream_watch_up{dependency="mongodb"}) == 0',
      minutes: 5,
      summary: 'The read model is {{ $value | humanizeDuration }} behind the log, and the scheduler as late',
      dashboard: 'overview',
    },
    DocumentsFailed: {
      severity: 'ticket',
      expr: `sum(increase(leadstream_documents_behind_total{outcome="failed"}[${range(60)}])) > 0`,
      minutes: 0,
      summary: 'Documents that lack an event of the log could not be repaired',
      dashboard: 'overview',
    },
  }) satisfies Record<string, Alert>;

/** The mail provider and the gateway of texts, with their accounts. */
const provider = ({ range }: Scale) =>
  ({
    ProviderDown: {
      severity: 'page',
      // Half open counts: the breaker tries one mail now and then, and it is refused.
      expr: 'max by (provider) (leadstream_esp_breaker_state) > 0',
      minutes: 5,
      summary: 'The breaker to {{ $labels.provider }} has not been closed for five minutes',
      dashboard: 'overview',
    },
    AccountPaused: {
      severity: 'page',
      expr: 'max by (provider, by) (leadstream_esp_account_paused{by!="person"}) == 1',
      minutes: 15,
      summary: 'Nothing is sent through {{ $labels.provider }}: {{ $labels.by }} has paused the account',
      dashboard: 'overview',
    },
    AccountPausedByPerson: {
      severity: 'ticket',
      expr: 'max by (provider) (leadstream_esp_account_paused{by="person"}) == 1',
      minutes: 240,
      summary: 'An operator paused the account at {{ $labels.provider }} four hours ago',
      dashboard: 'overview',
    },
    ChannelWaits: {
      severity: 'ticket',
      // A process knows its providers from its start on. A step asks again after six hours at most.
      expr:
        'max by (channel) (leadstream_channel_waits_total) > 0 and' +
        ` sum by (channel) (increase(leadstream_channel_waits_total[${range(420)}])) > 0`,
      minutes: 0,
      summary: 'Steps by {{ $labels.channel }} wait: the sender has no access to a provider of that channel',
      dashboard: 'overview',
    },
    SourcesPaused: {
      severity: 'ticket',
      expr: 'max by (provider) (leadstream_esp_sources_paused) > 0',
      minutes: 5,
      summary: '{{ $value }} sources have too many bounces or complaints; their leads get no mail',
      dashboard: 'overview',
    },
  }) satisfies Record<string, Alert>;

/** The reps' chats. */
const chats = ({ range }: Scale) =>
  ({
    ChatFails: {
      severity: 'ticket',
      // The mail follows each post that fails; one rep's revoked webhook is among the working ones of others.
      expr:
        'sum by (chat) (increase(leadstream_chat_posts_total{class!="accepted",class!="rate-limited"}' +
        `[${range(60)}])) >= 3`,
      minutes: 0,
      summary: 'Posts to {{ $labels.chat }} fail: reps are told by mail',
      dashboard: 'overview',
    },
  }) satisfies Record<string, Alert>;

/** Budgets of the objectives, by the burn rates of the SRE Workbook, chapter 5. */
const budgets = (_: Scale) => {
  const burning = (severity: Severity, expr: string, lost: string) =>
    ({
      severity,
      expr,
      minutes: 0,
      summary: `The objective {{ $labels.slo }} loses its budget of 30 days ${lost}`,
      dashboard: 'overview',
    }) as const;
  return {
    BudgetBurnsFast: burning('page', burns(14.4, '1h', '5m'), 'in two days'),
    BudgetBurnsSlowly: burning('page', burns(6, '6h', '30m'), 'in five days'),
    BudgetBurns: burning('ticket', burns(1, '3d', '6h'), 'before they end'),
  } satisfies Record<string, Alert>;
};

const groupsAt = (scale: Scale) => ({
  running: running(scale),
  flow: flow(scale),
  stops: stops(scale),
  provider: provider(scale),
  chats: chats(scale),
  attention: attention(scale),
  endpoints: endpoints(scale),
  crm,
  canary: canary(scale),
  budgets: budgets(scale),
});
type Groups = ReturnType<typeof groupsAt>;
export type AlertName = { [Group in keyof Groups]: keyof Groups[Group] }[keyof Groups];

/** The groups of alerts, by their names without the prefix `Leadstream`. */
export const alertGroups: (scale: Scale) => Record<string, Record<string, Alert>> = groupsAt;
