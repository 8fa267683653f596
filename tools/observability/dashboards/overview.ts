import { p50p99, type Dashboard } from './panel.ts';

const perMinute = (expr: string): string => `60 * ${expr}`;

export const overview: Dashboard = {
  title: 'Leadstream',
  about: 'Are mails going out? If not, where do they wait, and who has to act?',
  rows: [
    {
      title: 'The canary',
      needs: 'canary',
      panels: [
        {
          title: 'Failures in a row',
          about:
            'Rounds of the canary that were broken or late since the last one in time, with the stage of the latest.',
          kind: 'state',
          unit: 'short',
          limit: 1,
          width: 8,
          queries: [
            { expr: 'max by (kind, stage) (leadstream_canary_failures_in_a_row)', legend: '{{kind}} {{stage}}' },
          ],
        },
        {
          title: 'Last success',
          about:
            'Since the last round that was in time. Empty: there was none in three intervals, or there is no canary.',
          kind: 'lines',
          unit: 's',
          limit: 9000,
          width: 8,
          queries: [
            {
              expr: 'time() - max by (kind) (leadstream_canary_last_success_timestamp_seconds)',
              legend: '{{kind}}',
            },
          ],
        },
        {
          title: 'Time of its stages',
          about: 'Of the latest round. `received` is the way of a mail, `stopped` that of an answer.',
          kind: 'lines',
          unit: 's',
          limit: 60,
          width: 8,
          queries: [{ expr: 'max by (kind, stage) (leadstream_canary_stage_seconds)', legend: '{{kind}} {{stage}}' }],
        },
      ],
    },
    {
      title: 'In and out',
      panels: [
        {
          title: 'Leads in, mails out, replies',
          about: 'Mails without leads are later steps. Leads without mails wait: the rows below say where.',
          kind: 'lines',
          unit: 'cpm',
          width: 12,
          queries: [
            {
              expr: perMinute(
                'sum by (event) (rate(leadstream_events_total{event=~"triaged|sent|replied"}[$__rate_interval]))',
              ),
              legend: '{{event}}',
            },
          ],
        },
        {
          title: 'Refused submissions',
          about:
            'By status. 5xx: NATS is away, and the caller has to send the lead again. 4xx: a form or a caller is ' +
            'wrong.',
          kind: 'lines',
          unit: 'reqps',
          width: 6,
          queries: [
            {
              expr:
                'sum by (code) ' +
                '(rate(leadstream_http_requests_total{route=~"/v1/leads.*",code!~"2.."}[$__rate_interval]))',
              legend: '{{code}}',
            },
          ],
        },
        {
          title: 'Webhooks',
          about: 'By result. Anything but `stored` is a reply or bounce that has not come in.',
          kind: 'lines',
          unit: 'reqps',
          width: 6,
          queries: [
            {
              expr: 'sum by (provider, result) (rate(leadstream_webhooks_total[$__rate_interval]))',
              legend: '{{provider}} {{result}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Where it waits',
      panels: [
        {
          title: 'Queue depth',
          about: 'All that each consumer has to do, in its hands or not. A depth that is worked off is no fault.',
          kind: 'lines',
          unit: 'short',
          width: 8,
          queries: [
            {
              expr: 'max by (consumer) (leadstream_consumer_pending + leadstream_consumer_ack_pending)',
              legend: '{{consumer}}',
            },
          ],
        },
        {
          title: 'Oldest in the queue',
          about: 'The age of the oldest message that is not done.',
          kind: 'lines',
          unit: 's',
          limit: 300,
          width: 8,
          queries: [{ expr: 'max by (consumer) (leadstream_consumer_oldest_seconds)', legend: '{{consumer}}' }],
        },
        {
          title: 'Read model behind',
          about: 'The scheduler finds due leads in the read model: it is as late as this.',
          kind: 'lines',
          unit: 's',
          limit: 120,
          width: 8,
          queries: [
            { expr: 'max(leadstream_consumer_oldest_seconds{consumer=~"projector-.*"})', legend: 'oldest event' },
          ],
        },
        {
          title: 'Scheduler lag',
          about: 'From the planned time of a step to its event. Exemplars lead to the trace of the lead.',
          kind: 'lines',
          unit: 's',
          limit: 60,
          width: 8,
          queries: p50p99('leadstream_scheduler_lag_seconds', 'kind="step"'),
        },
        {
          title: 'Oldest due lead',
          about: 'Grows while no scheduler takes due leads, when the lag shows nothing.',
          kind: 'lines',
          unit: 's',
          limit: 300,
          width: 8,
          queries: [{ expr: 'max by (kind) (leadstream_scheduler_oldest_due_seconds)', legend: '{{kind}}' }],
        },
        {
          title: 'Due step to claim',
          about: 'The queue, the breaker, a pause and the pace.',
          kind: 'lines',
          unit: 's',
          width: 8,
          queries: p50p99('leadstream_send_wait_seconds'),
        },
      ],
    },
    {
      title: 'The provider',
      panels: [
        {
          title: 'API error rate',
          about:
            'The share of each provider’s calls by their class, without the accepted ones. Texts have a provider ' +
            'of their own.',
          kind: 'lines',
          unit: 'percentunit',
          limit: 0.1,
          width: 8,
          queries: [
            {
              expr:
                'sum by (provider, class) ' +
                '(rate(leadstream_esp_requests_total{class!="accepted"}[$__rate_interval])) / on(provider) ' +
                'group_left() (sum by (provider) (rate(leadstream_esp_requests_total[$__rate_interval])) > 0)',
              legend: '{{provider}} {{class}}',
            },
          ],
        },
        {
          title: 'Time of a call',
          about: 'Exemplars lead to the trace of the lead.',
          kind: 'lines',
          unit: 's',
          width: 8,
          queries: p50p99('leadstream_esp_request_seconds'),
        },
        {
          title: 'Breaker',
          about: '0 closed, 1 half open, 2 open; each sender has its own, and this is the worst.',
          kind: 'state',
          unit: 'short',
          width: 8,
          queries: [{ expr: 'max by (provider) (leadstream_esp_breaker_state)', legend: '{{provider}}' }],
        },
        {
          title: 'Account paused, by',
          about: '1: nothing is sent through the account.',
          kind: 'state',
          unit: 'short',
          width: 8,
          queries: [{ expr: 'max by (provider, by) (leadstream_esp_account_paused)', legend: '{{provider}} {{by}}' }],
        },
        {
          title: 'Bounces and complaints today',
          about: 'Of the mails of this day (UTC). Inbound pauses a source, or the account, above its limits.',
          kind: 'lines',
          unit: 'percentunit',
          limit: 0.05,
          width: 8,
          queries: [{ expr: 'max by (kind) (leadstream_esp_account_ratio)', legend: '{{kind}}' }],
        },
        {
          title: 'Webhook to fact',
          about: 'How soon a stop is a stop.',
          kind: 'lines',
          unit: 's',
          limit: 60,
          width: 8,
          queries: p50p99('leadstream_feedback_seconds'),
        },
      ],
    },
    {
      title: 'Who has to act',
      panels: [
        {
          title: 'Alerts',
          about: 'Those that fire, of Leadstream. Each has a section of the runbook.',
          kind: 'state',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: 'max by (alertname) (ALERTS{alertname=~"Leadstream.*",alertstate="firing"})',
              legend: '{{alertname}}',
            },
          ],
        },
        {
          title: 'Waits for a person',
          about: '`leadctl status` names each, with the next command.',
          kind: 'stat',
          unit: 'short',
          limit: 1,
          width: 12,
          queries: [
            { expr: 'max(leadstream_leads{status="parked"})', legend: 'parked leads' },
            { expr: 'max(leadstream_sends_unknown)', legend: 'unknown sends' },
            { expr: 'max(leadstream_stream_messages{stream="QUARANTINE"})', legend: 'quarantined' },
            { expr: 'max(leadstream_stuck_leads)', legend: 'stuck leads' },
            { expr: 'max(leadstream_esp_sources_paused)', legend: 'paused sources' },
            { expr: 'sum(increase(leadstream_channel_waits_total[$__range]))', legend: 'steps without a provider' },
            { expr: 'sum(increase(leadstream_webhook_dead_letters_total[$__range]))', legend: 'dead letters' },
            { expr: 'sum(max by (endpoint) (leadstream_webhook_endpoint_paused))', legend: 'paused endpoints' },
          ],
        },
        {
          title: 'Webhooks',
          about: 'Posts to each endpoint, by what became of them. `leadctl webhooks list` says what waits.',
          kind: 'lines',
          unit: 'cpm',
          width: 12,
          queries: [
            {
              expr: perMinute('sum by (endpoint, outcome) (rate(leadstream_webhook_attempts_total[$__rate_interval]))'),
              legend: '{{endpoint}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Waits for an endpoint',
          about: 'The age of the oldest event that an endpoint of webhooks has not taken.',
          kind: 'lines',
          unit: 's',
          limit: 3600,
          width: 12,
          queries: [{ expr: 'max by (endpoint) (leadstream_webhook_waiting_seconds)', legend: '{{endpoint}}' }],
        },
        {
          title: 'Burn rate of an hour',
          about: 'By objective. Above 1 the budget of 30 days ends before they do.',
          kind: 'lines',
          unit: 'short',
          limit: 14.4,
          width: 12,
          queries: [{ expr: 'max by (slo) (leadstream:slo_burn:ratio1h)', legend: '{{slo}}' }],
        },
        {
          title: 'Servers answer the watch',
          about: '0: the dependency does not answer, and the gauges of what it knows are absent.',
          kind: 'state',
          unit: 'short',
          width: 12,
          queries: [{ expr: 'max by (dependency) (leadstream_watch_up)', legend: '{{dependency}}' }],
        },
      ],
    },
  ],
};
