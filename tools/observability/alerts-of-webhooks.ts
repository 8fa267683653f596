import type { Alert } from './alert.ts';
import type { Scale } from './scale.ts';

/** Endpoints of webhooks that do not take their events. */
export const endpoints = ({ range, seconds }: Scale) =>
  ({
    EndpointPaused: {
      severity: 'ticket',
      expr: 'max by (endpoint) (leadstream_webhook_endpoint_paused) == 1',
      minutes: 10,
      summary: 'Nothing is posted to the endpoint {{ $labels.endpoint }} of webhooks until somebody resumes it',
      dashboard: 'overview',
    },
    EndpointLate: {
      severity: 'ticket',
      expr:
        `max by (endpoint) (leadstream_webhook_waiting_seconds) > ${seconds(60)}` +
        ' unless max by (endpoint) (leadstream_webhook_endpoint_paused) == 1',
      minutes: 10,
      summary: 'An event has waited for more than an hour for the endpoint {{ $labels.endpoint }} of webhooks',
      dashboard: 'overview',
    },
    DeadLetters: {
      severity: 'ticket',
      expr: `sum by (endpoint) (increase(leadstream_webhook_dead_letters_total[${range(60)}])) > 0`,
      minutes: 0,
      summary: 'The endpoint {{ $labels.endpoint }} of webhooks did not take an event in three days',
      dashboard: 'overview',
    },
  }) satisfies Record<string, Alert>;
