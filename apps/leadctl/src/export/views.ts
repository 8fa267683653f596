/** A ready view: SQL over the tables of an export. */
export interface View {
  says: string;
  select: string;
}

/** The percentage with one decimal. */
const percent = (part: string, whole = 'mails'): string => `round(100.0 * ${part} / nullif(${whole}, 0), 1)`;

/** The columns by which mails to leads can be counted: name and expression. */
const DIMENSIONS = {
  source: { says: 'source tag of the run', by: ['source_tag'] },
  campaign: { says: 'campaign, which only an export with fields has', by: ['campaign'] },
  sequence: { says: 'sequence', by: ['sequence_id'] },
  version: { says: 'version of each sequence', by: ['sequence_id', 'sequence_version'] },
  step: { says: 'step of each sequence', by: ['sequence_id', 'step', 'step_id'] },
  variant: { says: 'template of each step', by: ['sequence_id', 'step_id', 'variant'] },
  hour: { says: 'hour of sending, in the lead’s zone', by: ['hour(sent_local) AS local_hour'] },
  weekday: {
    says: 'weekday of sending in the lead’s zone, Monday is 1',
    by: ['isodow(sent_local) AS local_weekday'],
  },
  zone: { says: 'time zone', by: ['zone'] },
} as const;

const COUNTS = `count(*) AS mails, count(delivered_at) AS delivered, count(clicked_at) AS clicked,
  count(replied_at) AS replied, count(unsubscribed_at) AS unsubscribed, count(bounced_at) AS bounced,
  count(complained_at) AS complained`;

const byDimension = Object.entries(DIMENSIONS).flatMap(([name, { says, by }]): [string, View][] => [
  [
    `reply_rate_by_${name}`,
    {
      says: `mails to leads and what became of them, by ${says}`,
      select: `SELECT *, ${percent('replied')} AS reply_pct FROM
        (SELECT ${by.join(', ')}, ${COUNTS} FROM mails WHERE audience = 'lead' GROUP BY ALL) ORDER BY ALL`,
    },
  ],
]);

const fates = `SELECT runs.*, campaign, min(sent_at) AS mailed_at, min(delivered_at) AS delivered_at,
    min(clicked_at) AS clicked_at, min(replied_at) AS replied_at
  FROM runs LEFT JOIN (SELECT lead_id, campaign FROM leads) USING (lead_id)
    LEFT JOIN (SELECT run_id, sent_at, delivered_at, clicked_at, replied_at FROM mails WHERE audience = 'lead')
      USING (run_id)
  GROUP BY ALL`;

/** A run has one source, sequence, version and zone, and many steps and hours. */
const funnels = (['source', 'campaign', 'sequence', 'version', 'zone'] as const).map((name): [string, View] => [
  `funnel_by_${name}`,
  {
    says: `runs that were mailed, delivered to, clicked and answered, by ${DIMENSIONS[name].says}`,
    select: `SELECT *, ${percent('replied', 'mailed')} AS reply_pct FROM
      (SELECT ${DIMENSIONS[name].by.join(', ')}, count(*) AS runs, count(mailed_at) AS mailed,
        count(delivered_at) AS delivered, count(clicked_at) AS clicked, count(replied_at) AS replied
      FROM (${fates}) GROUP BY ALL) ORDER BY ALL`,
  },
]);

export const VIEWS: Readonly<Record<string, View>> = {
  ...Object.fromEntries([...funnels, ...byDimension]),
  time_to_reply: {
    says: 'hours from a mail to the answer, by sequence and step: median and 90th percentile',
    select: `SELECT sequence_id, step, step_id, count(*) AS replies, round(median(hours), 2) AS median_hours,
        round(quantile_cont(hours, 0.9), 2) AS p90_hours
      FROM (SELECT *, epoch(replied_at - sent_at) / 3600 AS hours FROM mails
        WHERE audience = 'lead' AND replied_at IS NOT NULL) GROUP BY ALL ORDER BY ALL`,
  },
  bounces_by_domain: {
    says: 'mails that did not arrive, by the domain of the address, which only an export with contact has',
    select: `SELECT *, ${percent('bounced')} AS bounce_pct FROM
      (SELECT domain, count(*) AS mails, count(bounced_at) AS bounced, count(undelivered_at) AS undelivered,
        count(complained_at) AS complained FROM mails WHERE audience = 'lead' GROUP BY ALL)
      WHERE bounced + undelivered + complained > 0 ORDER BY bounced DESC, undelivered DESC, domain`,
  },
  held_back: {
    says: 'steps that a guard held back, by guard, sequence and step',
    select: `SELECT guard, in_sequence AS sequence_id, step, step_id, count(*) AS times,
        count(DISTINCT lead_id) AS leads
      FROM events WHERE event_type = 'lead.send-skipped' GROUP BY ALL
      ORDER BY times DESC, guard, sequence_id, step, step_id`,
  },
  sends_by_outcome: {
    says: 'calls of the provider, by outcome and class',
    select: `SELECT coalesce(outcome, CASE WHEN class IS NULL THEN 'open' ELSE 'retried' END) AS outcome,
        class, audience, count(*) AS calls, max(attempt) AS attempts_max
      FROM sends GROUP BY ALL ORDER BY calls DESC, outcome, class, audience`,
  },
};
