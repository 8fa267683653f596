import type { Data, EventType, Recorded } from '@leadstream/contracts/events';
import { partitionOf } from '@leadstream/contracts/streams';
import { nextActionAt, statusOf, type LeadState } from '@leadstream/lead/state';
import { numberOf } from './number.ts';

export type ColumnType =
  'BIGINT' | 'INTEGER' | 'VARCHAR' | 'BOOLEAN' | 'TIMESTAMPTZ' | 'TIMESTAMP' | 'JSON' | 'VARCHAR[]';
export interface Column {
  type: ColumnType;
  says: string;
}
/** A row's source: the event with the data that the export may have, and the lead's state after it. */
export interface After {
  event: Recorded;
  data: Readonly<Record<string, unknown>>;
  state: LeadState;
  /** Of the log. */
  streams: number;
}
interface EventColumn extends Column {
  of: (row: After) => unknown;
}

type Field = { [T in EventType]: keyof Data<T> & string }[EventType];
const column = (type: ColumnType, says: string, of: EventColumn['of']): EventColumn => ({ type, says, of });
/** The first of these fields that the event has. */
const field = (type: ColumnType, says: string, ...names: Field[]): EventColumn =>
  column(type, says, ({ data }) => names.map((name) => data[name]).find((value) => value !== undefined));
const within = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** The number of the lead's event with this sequence. */
const numberIn = ({ event: { leadId }, streams }: After, seq?: number): number | undefined =>
  seq === undefined ? undefined : numberOf(seq, partitionOf(leadId, streams), streams);

const BY_LOCAL_CLOCK: ReadonlySet<EventType> = new Set(['lead.sent', 'lead.clicked', 'lead.replied']);

/** Computed here, because a zone that DuckDB does not know would fail the whole query. */
function wallClock(instant: string, zone = 'UTC'): string | undefined {
  try {
    return Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime().toString();
  } catch {
    return undefined;
  }
}

const after = (type: ColumnType, says: string, ofState: (state: LeadState) => unknown) => ({
  ...column(type, `After the event: ${says}`, ({ state }) => ofState(state)),
  ofState,
});

/** The lead as the event leaves it. */
export const STATE_COLUMNS = {
  status: after('VARCHAR', 'the status of the lead', statusOf),
  phase: after('VARCHAR', 'the phase of the run', ({ phase }) => phase.kind),
  in_run: after('VARCHAR', 'the lead’s run', ({ run }) => run?.id),
  in_sequence: after('VARCHAR', 'the sequence of that run', ({ run }) => run?.sequence),
  in_version: after('INTEGER', 'its version', ({ run }) => run?.version),
  in_tag: after('VARCHAR', 'the tag that asked for the run, e.g. source:webinar', ({ run }) => run?.route.tag),
  at_step: after('INTEGER', 'the step of the run', ({ phase }) => ('step' in phase ? phase.step.index : undefined)),
  next_action_at: after('TIMESTAMPTZ', 'the next action of the scheduler', nextActionAt),
  stop_why: after('VARCHAR', 'the stop', ({ stop }) => stop?.why),
  stop_seq: column('BIGINT', 'After the event: the place of the event that stopped the lead', (row) =>
    numberIn(row, row.state.stop?.seq),
  ),
  tags: after('VARCHAR[]', 'all tags', ({ tags }) => tags),
  zone: after('VARCHAR', 'the lead’s time zone', ({ zone }) => zone?.id),
};

/** Names that DuckDB's parser needs no quotes for: not `at`, `sequence`, `event`. */
export const EVENT_COLUMNS = {
  seq: column(
    'BIGINT',
    'Place in the log: its order, and the order in which things became known. In a log of N partitions it is ' +
      '`sequence * N + partition`, which is in the order of each lead’s events',
    (row) => numberIn(row, row.event.seq),
  ),
  version: column('INTEGER', 'Number of the event within its lead, from 1', ({ event }) => event.version),
  lead_id: column('VARCHAR', 'Id of the lead, a keyed pseudonym', ({ event }) => event.leadId),
  event_type: column('VARCHAR', 'Type of the event, e.g. lead.sent', ({ event }) => event.type),
  time: column('TIMESTAMPTZ', 'The writer’s clock when the event was decided', ({ event }) => event.at),
  source: column('VARCHAR', 'The service that wrote it', ({ event }) => event.source),
  id: column('VARCHAR', 'Id of the event', ({ event }) => event.id),
  trace_id: column('VARCHAR', 'Its trace', ({ event }) => event.traceparent?.split('-')[1]),
  run_id: column('VARCHAR', 'The run that it is about, or that it begins', ({ event, data }) =>
    event.type === 'lead.migrated' ? event.id : data['runId'],
  ),
  sequence_id: column(
    'VARCHAR',
    'The sequence that it names',
    ({ data }) => data['sequence'] ?? within(data['route'], 'sequence'),
  ),
  sequence_version: column('INTEGER', 'The version of the sequence that it names', ({ event, data }) =>
    event.type === 'lead.enrolled' ? data['version'] : data['to'],
  ),
  step: column(
    'INTEGER',
    'Place of the step in its sequence, from 0',
    ({ data }) => data['step'] ?? within(data['planned'], 'index'),
  ),
  step_id: column('VARCHAR', 'Name of the step', ({ data }) => data['stepId'] ?? within(data['planned'], 'id')),
  variant: column('VARCHAR', 'The template', ({ data }) => data['action'] ?? within(data['planned'], 'action')),
  audience: column('VARCHAR', 'lead or staff', ({ data }) => data['audience'] ?? within(data['planned'], 'audience')),
  channel: column(
    'VARCHAR',
    'The channel of the message',
    ({ data }) => data['channel'] ?? within(data['planned'], 'channel'),
  ),
  send_id: field('VARCHAR', 'The claim that it is, or is about', 'sendId'),
  attempt: field('INTEGER', 'Number of the call of this step, from 1', 'attempt'),
  class: field('VARCHAR', 'Class of a refusal or of a reply; classification of a bounce', 'class', 'classification'),
  guard: field('VARCHAR', 'The guard that held the mail back', 'guard'),
  why: field('VARCHAR', 'The reason as a word of a closed list', 'why', 'via', 'outcome'),
  status_code: field('VARCHAR', 'Enhanced status code of a bounce, e.g. 5.1.1', 'status'),
  lag_ms: field('BIGINT', 'With step-due: the delay until the step was found', 'lagMs'),
  planned_at: column(
    'TIMESTAMPTZ',
    'The time that is planned, for a step or a retry',
    ({ data }) => data['plannedAt'] ?? within(data['planned'], 'at') ?? data['retryAt'],
  ),
  said_at: field('TIMESTAMPTZ', 'With a fact: when it happened, by its reporter', 'at'),
  is_machine: field('BOOLEAN', 'With opened: the provider reports that a machine did', 'machine'),
  is_authenticated: field(
    'BOOLEAN',
    'With replied: false when the address is not proven to have written it',
    'authenticated',
  ),
  ...STATE_COLUMNS,
  local_time: column(
    'TIMESTAMP',
    'With sent, clicked and replied: the time by the clock of the lead’s zone',
    ({ event, state }) => (BY_LOCAL_CLOCK.has(event.type) ? wallClock(event.at, state.zone?.id) : undefined),
  ),
  data: column('JSON', 'The event’s fields by docs/events.md, as far as the export may have them', ({ data }) => data),
} satisfies Record<string, EventColumn>;

/** The event's row without its empty columns. */
export function rowOf(after: After): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, { of }] of Object.entries<EventColumn>(EVENT_COLUMNS)) {
    const value = of(after);
    if (value !== undefined && value !== null) row[name] = value;
  }
  return row;
}
