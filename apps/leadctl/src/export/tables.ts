import type { Column, ColumnType } from './columns.ts';

export interface Table {
  says: string;
  columns: Readonly<Record<string, Column>>;
  /** Its rows from `events` and the tables above it, in the order of the columns. */
  select: string;
  /** The column by which its rows are in order; each has another value of it. */
  by: string;
}

const of =
  (type: ColumnType) =>
  (says: string): Column => ({ type, says });
const [text, whole, time] = [of('VARCHAR'), of('INTEGER'), of('TIMESTAMPTZ')];
const place = of('BIGINT');

const lead = text('Id of the lead');
const about = {
  sequence_id: text('The sequence'),
  sequence_version: whole('Its version'),
  source_tag: text('The tag that asked for the run, by the source of the submission, e.g. source:webinar'),
  zone: text('The lead’s time zone at that time'),
};
const step = {
  step: whole('Place of the step in its sequence, from 0'),
  step_id: text('Name of the step'),
  variant: text('The template'),
  audience: text('lead or staff'),
  channel: text('The channel'),
};

const leads: Table = {
  says: 'one row a lead: how it stands at the end of the export',
  columns: {
    lead_id: lead,
    status: text('Status, as leadctl leads shows it'),
    phase: text('Phase of its run'),
    sequence_id: text('The sequence of its last run'),
    sequence_version: whole('The version of that run'),
    at_step: whole('The step of that run'),
    next_action_at: time('The next action of the scheduler'),
    stop_why: text('The stop'),
    tags: of('VARCHAR[]')('All tags'),
    zone: text('Its time zone'),
    source_tag: text('The tag that its first submission was routed by'),
    created_at: time('The time of its first event'),
    updated_at: time('The time of its last event'),
    last_seq: place('The place of its last event'),
    events: place('Number of its events'),
    campaign: text('Campaign of its first submission; only with fields'),
    form_source: text('Source of its first submission; only with fields'),
    domain: text('Domain of its address; only with contact'),
    email: text('Its address; only with contact'),
    first_name: text('First name; only with contact'),
    last_name: text('Family name; only with contact'),
    phone: text('Phone number; only with contact'),
  },
  select: `
    WITH place AS (
      SELECT max(seq) AS seq, min(time) AS created_at, count(*) AS events,
        arg_min(data->>'$.route.tag', seq) FILTER (event_type = 'lead.triaged') AS source_tag,
        arg_min(data->>'$.dossier.campaign', seq) AS campaign,
        arg_min(data->>'$.dossier.source', seq) AS form_source,
        arg_max(data->'$.contact', seq) AS contact
      FROM events GROUP BY lead_id)
    SELECT lead_id, status, phase, in_sequence AS sequence_id, in_version AS sequence_version, at_step, next_action_at,
      stop_why, tags, zone, source_tag, created_at, time AS updated_at, seq AS last_seq, events, campaign, form_source,
      split_part(contact->>'$.address', '@', -1) AS domain, (contact->>'$.email') AS email,
      (contact->>'$.firstName') AS first_name, (contact->>'$.lastName') AS last_name, (contact->>'$.phone') AS phone
    FROM events JOIN place USING (seq)`,
  by: 'last_seq',
};

const runs: Table = {
  says: 'one row a run: one passage of a lead through one sequence',
  columns: {
    run_id: text('Id of the run'),
    lead_id: lead,
    ...about,
    started_at: time('The time of its beginning'),
    started_seq: place('The place of the event that began it'),
    ended_at: time('The time of its end; empty while it is under way, or another run took over'),
    end_why: text('finished, stopped, exit, or migrated to another version'),
  },
  select: `
    WITH ends AS (
      SELECT coalesce(data->>'$.runId', run_id) AS run_id, min(time) AS ended_at,
        arg_min(CASE event_type WHEN 'lead.migrated' THEN 'migrated' ELSE why END, seq) AS end_why
      FROM events WHERE event_type IN ('lead.sequence-completed', 'lead.migrated') GROUP BY ALL)
    SELECT run_id, lead_id, sequence_id, sequence_version, in_tag AS source_tag, zone, time AS started_at,
      seq AS started_seq, ended_at, end_why
    FROM events LEFT JOIN ends USING (run_id)
    WHERE event_type IN ('lead.enrolled', 'lead.migrated')`,
  by: 'started_seq',
};

const sends: Table = {
  says: 'one row a claim: one call of the provider',
  columns: {
    send_id: text('Id of the claim'),
    lead_id: lead,
    run_id: text('Its run'),
    ...about,
    ...step,
    attempt: whole('Number of the call of this step, from 1'),
    claimed_at: time('The time of the claim'),
    claimed_seq: place('The place of the claim'),
    outcome: text('sent, deferred, failed, unknown or skipped, the latest; empty: refused and tried again, or open'),
    class: text('Class of the provider’s response, or of its absence'),
    guard: text('The guard for which the claim was given back'),
    settled_at: time('The time of the outcome'),
  },
  select: `
    WITH outcomes AS (
      SELECT send_id, arg_max(split_part(event_type, '-', -1), seq) AS outcome, arg_max(class, seq) AS class,
        arg_max(guard, seq) AS guard, max(time) AS settled_at
      FROM events WHERE send_id IS NOT NULL AND event_type IN
        ('lead.sent', 'lead.send-deferred', 'lead.send-failed', 'lead.send-unknown', 'lead.send-skipped')
      GROUP BY send_id),
    retried AS (
      SELECT (data->>'$.previous.sendId') AS send_id, any_value(data->>'$.previous.class') AS refused
      FROM events WHERE event_type = 'lead.send-started' AND (data->>'$.previous.sendId') IS NOT NULL GROUP BY ALL)
    SELECT send_id, lead_id, run_id, in_sequence AS sequence_id, in_version AS sequence_version, in_tag AS source_tag,
      zone, step, step_id, variant, audience, channel, attempt, time AS claimed_at, seq AS claimed_seq,
      replace(outcome, 'lead.', '') AS outcome, coalesce(outcomes.class, refused) AS class, outcomes.guard, settled_at
    FROM events LEFT JOIN outcomes USING (send_id) LEFT JOIN retried USING (send_id)
    WHERE event_type = 'lead.send-started'`,
  by: 'claimed_seq',
};

const mails: Table = {
  says: 'one row a mail that the provider accepted, with what became of it',
  columns: {
    send_id: text('Id of the claim that was accepted'),
    lead_id: lead,
    run_id: text('Its run'),
    ...about,
    ...step,
    campaign: text('Campaign of the lead; only with fields'),
    domain: text('Domain of the lead’s address; only with contact'),
    sent_at: time('The time of the acceptance'),
    sent_seq: place('The place of the acceptance'),
    sent_local: of('TIMESTAMP')('The same by the clock of the lead’s zone'),
    delivered_at: time('The receiving server took it'),
    opened_at: time('Its image was fetched, and the provider names no machine'),
    clicked_at: time('A link was followed'),
    replied_at: time('A person answered; an answer that names no mail counts for the latest one to the lead'),
    unsubscribed_at: time('The lead asked for no more; counted alike'),
    complained_at: time('Reported as spam'),
    bounced_at: time('The address does not work'),
    undelivered_at: time('It did not arrive for another reason'),
    bounce_status: text('Enhanced status code of the failure'),
  },
  select: `
    WITH sent AS (
      SELECT send_id, lead_id, max(time) AS sent_at, max(seq) AS sent_seq, max(local_time) AS sent_local
      FROM events WHERE event_type = 'lead.sent' AND send_id IS NOT NULL GROUP BY ALL),
    spoken AS (
      SELECT e.*, CASE WHEN event_type = 'lead.replied' AND class IN ('human', 'left') THEN 'replied'
          WHEN event_type = 'lead.unsubscribed' OR class = 'unsubscribe' THEN 'unsubscribed' END AS said
      FROM events e
      WHERE event_type IN ('lead.replied', 'lead.unsubscribed') AND is_authenticated IS DISTINCT FROM false),
    to_leads AS (SELECT s.* FROM sent s JOIN sends USING (send_id) WHERE audience = 'lead'),
    meant AS (
      SELECT coalesce(spoken.send_id, to_leads.send_id) AS send_id, said, min(spoken.time) AS said_at
      FROM spoken ASOF LEFT JOIN to_leads
        ON spoken.lead_id = to_leads.lead_id AND spoken.seq > to_leads.sent_seq
      WHERE said IS NOT NULL GROUP BY ALL),
    answers AS (
      SELECT send_id, min(said_at) FILTER (said = 'replied') AS replied_at,
        min(said_at) FILTER (said = 'unsubscribed') AS unsubscribed_at FROM meant GROUP BY send_id),
    facts AS (
      SELECT send_id, min(time) FILTER (event_type = 'lead.delivered') AS delivered_at,
        min(time) FILTER (event_type = 'lead.opened' AND NOT is_machine) AS opened_at,
        min(time) FILTER (event_type = 'lead.clicked') AS clicked_at,
        min(time) FILTER (event_type = 'lead.complained') AS complained_at,
        min(time) FILTER (event_type = 'lead.bounced') AS bounced_at,
        min(time) FILTER (event_type = 'lead.undelivered') AS undelivered_at,
        arg_min(status_code, seq) AS bounce_status
      FROM events WHERE send_id IS NOT NULL GROUP BY send_id)
    SELECT send_id, sent.lead_id, run_id, sends.sequence_id, sends.sequence_version, sends.source_tag, sends.zone, step,
      step_id, variant, audience, channel, campaign, domain, sent_at, sent_seq,
      sent_local, delivered_at, opened_at, clicked_at, replied_at,
      unsubscribed_at, complained_at, bounced_at, undelivered_at, bounce_status
    FROM sent JOIN sends USING (send_id) JOIN leads ON leads.lead_id = sent.lead_id
      LEFT JOIN facts USING (send_id) LEFT JOIN answers USING (send_id)`,
  by: 'sent_seq',
};

/** In the order in which they are made: each may read those above it. */
export const TABLES = { leads, runs, sends, mails } as const satisfies Record<string, Table>;
export type TableName = keyof typeof TABLES;
