import { espSchema, gatewaySchema } from '@leadstream/contracts/events';
import type { Phase } from '@leadstream/lead/state';
import { CANARY_KINDS } from './canary/rounds.ts';
import { Exposition } from './exposition.ts';

const provider = [...espSchema.options, ...gatewaySchema.options];

/** The hunter's visits: of a planned step, of a step that its sender has not taken, of a claim without an outcome. */
export const VISITS = ['step', 'again', 'sweep', 'watchdog'] as const;
export type Visit = (typeof VISITS)[number];

/** The visit that a lead in this phase waits for. */
export const VISIT_OF: Readonly<Record<Phase['kind'], Visit>> = {
  planned: 'step',
  due: 'again',
  claimed: 'sweep',
  none: 'watchdog',
  enrolling: 'watchdog',
  settled: 'watchdog',
  deferred: 'watchdog',
  held: 'watchdog',
  parked: 'watchdog',
  completed: 'watchdog',
};

/**
 * The metrics that have to be asked for, of servers that may not respond. Only the watch has them: a process that is
 * down cannot show what waits for it.
 */
export class Asked extends Exposition {
  readonly watchUp = this.gauge(
    'watch_up',
    '1: the dependency answered the watch within its deadline; 0: the gauges of what it knows are absent',
    { dependency: [] },
    ['watch'],
  );
  readonly consumerPending = this.gauge(
    'consumer_pending',
    'Messages that a consumer has not been given yet',
    { stream: [], consumer: [] },
    ['watch'],
  );
  readonly consumerAckPending = this.gauge(
    'consumer_ack_pending',
    'Messages that were given to a consumer and are not done; with `consumer_pending` all that it has to do',
    { stream: [], consumer: [] },
    ['watch'],
  );
  readonly consumerOldest = this.gauge(
    'consumer_oldest_seconds',
    'Age of the oldest message that a consumer has not done; 0: none',
    { stream: [], consumer: [] },
    ['watch'],
  );
  readonly projectionLag = this.gauge(
    'projection_lag_events',
    'Events in the log that the read model does not show yet',
    {},
    ['watch'],
  );
  readonly streamMessages = this.gauge(
    'stream_messages',
    'Messages of a stream; of `QUARANTINE` those that wait for a person',
    { stream: [] },
    ['watch'],
  );
  readonly espAccountPaused = this.gauge(
    'esp_account_paused',
    '1: nothing is sent through the account; `by` is who paused it: a service, or an operator',
    { provider, by: [] },
    ['watch'],
  );
  readonly espSourcesPaused = this.gauge(
    'esp_sources_paused',
    'Sources to whose leads nothing is sent through the account',
    { provider },
    ['watch'],
  );
  readonly accountCallsToday = this.gauge(
    'esp_account_calls_today',
    'Calls to the provider on this day (UTC), by all senders of the account',
    { provider },
    ['watch'],
  );
  readonly accountRatio = this.gauge(
    'esp_account_ratio',
    'Of the mails of this day (UTC) that arrived or bounced: bounced, complained',
    { provider, kind: [] },
    ['watch'],
  );
  readonly leads = this.gauge('leads', 'Leads by status; `parked` ones wait for a person', { status: [] }, ['watch']);
  readonly unknownSends = this.gauge(
    'sends_unknown',
    'Leads with a send of unknown outcome: a person settles them',
    {},
    ['watch'],
  );
  readonly overdueLeads = this.gauge(
    'overdue_leads',
    'Leads whose next action is late, by the visit that they wait for',
    { kind: VISITS },
    ['watch'],
  );
  readonly oldestDue = this.gauge(
    'scheduler_oldest_due_seconds',
    'Lateness of the lead that has waited longest for the hunter; 0: none is due. Stuck leads count as `watchdog`',
    { kind: VISITS },
    ['watch'],
  );
  readonly canaryUp = this.gauge(
    'canary_up',
    '1: the canary reads its rounds; 0: the log or the read model gave no answer. Absent: there is no canary',
    {},
    ['watch'],
  );
  readonly canaryLastSuccess = this.gauge(
    'canary_last_success_timestamp_seconds',
    'When a round of the canary last ended with all in time; of the last three intervals',
    { kind: CANARY_KINDS },
    ['watch'],
  );
  readonly canaryFailures = this.gauge(
    'canary_failures_in_a_row',
    'The latest rounds that were broken or late, up to the last one in time; `stage` is that of the latest',
    { kind: CANARY_KINDS, stage: [] },
    ['watch'],
  );
  readonly canaryVerdict = this.gauge(
    'canary_verdict',
    '1: what became of the latest round that is judged, with its stage and the trace of its lead',
    { kind: CANARY_KINDS, result: [], stage: [], trace_id: [] },
    ['watch'],
  );
  readonly canaryStageSeconds = this.gauge(
    'canary_stage_seconds',
    'Time of each stage of the latest judged round, of its first or second mail',
    { kind: CANARY_KINDS, stage: [], mail: [] },
    ['watch'],
  );
  readonly canaryRounds = this.counter(
    'canary_rounds_total',
    'Rounds by what became of them, when this process first saw it; `stage` is `none` for one in time',
    { kind: CANARY_KINDS, result: [], stage: [] },
    ['watch'],
  );
}
