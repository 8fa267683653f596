import type { Dashboard } from './panel.ts';

const OURS = 'sequence=~"$sequence"';
const of = (event: string): string => `leadstream_mail_events_total{${OURS},event="${event}"}`;
const share = (event: string): string =>
  `sum by (sequence, step) (increase(${of(event)}[$__range])) / sum by (sequence, step) ` +
  `(increase(${of('sent')}[$__range]))`;

/** The people's and machines' answers to a mail, with the titles of their panels. */
const ANSWERS = [
  ['replied', 'Replies'],
  ['clicked', 'Clicks'],
  ['unsubscribed', 'Unsubscriptions'],
  ['bounced', 'Bounces'],
] as const;

export const sequences: Dashboard = {
  title: 'Leadstream: sequences',
  about: 'How far leads come, and what they answer to. Of the time range that is shown.',
  variable: { name: 'sequence', label: 'Sequence', values: 'label_values(leadstream_mail_events_total, sequence)' },
  rows: [
    {
      title: '',
      panels: [
        {
          title: 'Leads by status',
          about: 'All leads, of every sequence.',
          kind: 'stacked',
          unit: 'short',
          width: 12,
          queries: [{ expr: 'max by (status) (leadstream_leads)', legend: '{{status}}' }],
        },
        {
          title: 'From submission to end',
          about: 'Events of all leads: enrolled ones, their mails, and how their runs end.',
          kind: 'stat',
          unit: 'short',
          width: 12,
          queries: ['triaged', 'enrolled', 'sent', 'delivered', 'replied', 'sequence-completed'].map((event) => ({
            expr: `sum(increase(leadstream_events_total{event="${event}"}[$__range]))`,
            legend: event,
          })),
        },
        {
          title: 'Mails by step',
          about: 'Mails that the provider took: the funnel of a sequence.',
          kind: 'stat',
          unit: 'short',
          width: 24,
          queries: [
            { expr: `sum by (sequence, step) (increase(${of('sent')}[$__range]))`, legend: '{{sequence}} {{step}}' },
          ],
        },
        ...ANSWERS.map(([event, title]) => ({
          title: `${title} by step`,
          about: 'Of the mails of the step. An answer counts for the mail that it names, machines’ answers included.',
          kind: 'stat' as const,
          unit: 'percentunit' as const,
          width: 12,
          queries: [{ expr: share(event), legend: '{{sequence}} {{step}}' }],
        })),
        {
          title: 'Held back',
          about: 'Claims that were given back, by step: the guards that said no are in the log.',
          kind: 'lines',
          unit: 'cpm',
          width: 12,
          queries: [
            {
              expr:
                'sum by (event) (60 * rate(leadstream_events_total{' +
                'event=~"send-skipped|send-deferred|send-failed|send-unknown"}[$__rate_interval]))',
              legend: '{{event}}',
            },
          ],
        },
        {
          title: 'Submissions',
          about: 'What became of them: `kept` starts nothing, `refused` met a cap.',
          kind: 'lines',
          unit: 'cpm',
          width: 12,
          queries: [
            {
              expr: 'sum by (outcome) (60 * rate(leadstream_submissions_total[$__rate_interval]))',
              legend: '{{outcome}}',
            },
          ],
        },
      ],
    },
  ],
};
