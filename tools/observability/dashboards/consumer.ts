import { quantile, type Dashboard } from './panel.ts';

const CONSUMER = 'consumer=~"$consumer"';

export const consumer: Dashboard = {
  title: 'Leadstream: one consumer',
  about: 'What a consumer has to do, how it ends, and how long it takes.',
  variable: { name: 'consumer', label: 'Consumer', values: 'label_values(leadstream_consumer_pending, consumer)' },
  rows: [
    {
      title: '',
      panels: [
        {
          title: 'To do',
          about: 'Not given to a process yet, and in hand.',
          kind: 'stacked',
          unit: 'short',
          width: 12,
          queries: [
            { expr: `max(leadstream_consumer_pending{${CONSUMER}})`, legend: 'waits' },
            { expr: `max(leadstream_consumer_ack_pending{${CONSUMER}})`, legend: 'in hand' },
          ],
        },
        {
          title: 'Oldest',
          about: 'The age of the oldest message that is not done.',
          kind: 'lines',
          unit: 's',
          limit: 300,
          width: 12,
          queries: [{ expr: `max(leadstream_consumer_oldest_seconds{${CONSUMER}})`, legend: 'oldest' }],
        },
        {
          title: 'Deliveries by outcome',
          about: '`failed` and `unavailable` come again; `poison` is in quarantine. The projector counts none.',
          kind: 'stacked',
          unit: 'reqps',
          width: 12,
          queries: [
            {
              expr: `sum by (exit) (rate(leadstream_handled_total{${CONSUMER}}[$__rate_interval]))`,
              legend: '{{exit}}',
            },
          ],
        },
        {
          title: 'Time of a delivery',
          about: 'Waits for the provider and its pace included.',
          kind: 'lines',
          unit: 's',
          width: 12,
          queries: [0.5, 0.99].map((q) => ({
            expr: quantile(q, 'leadstream_handle_seconds', CONSUMER),
            legend: `p${q * 100}`,
          })),
        },
        {
          title: 'Quarantined',
          about: 'By the type of the message. `leadctl quarantine list` has the reasons.',
          kind: 'lines',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: `sum by (type) (increase(leadstream_quarantined_total{${CONSUMER}}[$__rate_interval]))`,
              legend: '{{type}}',
            },
          ],
        },
        {
          title: 'Conflicts of appends',
          about: 'By service: another process wrote to the lead first, and the decision was made again.',
          kind: 'lines',
          unit: 'reqps',
          width: 12,
          queries: [
            { expr: 'sum by (app) (rate(leadstream_append_conflicts_total[$__rate_interval]))', legend: '{{app}}' },
          ],
        },
      ],
    },
  ],
};
