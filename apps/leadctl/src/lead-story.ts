import type { Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import { localTime } from '@leadstream/lead/next';
import type { Definitions, StoryRun, StoryStep } from '@leadstream/lead/story';
import { SequenceStore } from '@leadstream/service/sequence-store';
import { keyringOf, leadLog, note, settings } from './session.ts';

/** All events of the lead, oldest first. Throws when there are none. */
export async function eventsOf(broker: Broker, id: string): Promise<Recorded[]> {
  const keys = keyringOf(broker);
  if (!keys) note('leadctl: DATA_KEYS is not set, so personal fields that are sealed are not shown');
  const events = await leadLog(broker, keys ?? 'blind').history(id);
  if (events.length === 0) throw new Error(`there is no such lead (${id})`);
  return events;
}

/** The deployed definitions; without them a story has the steps of the log alone. */
export async function definitionsOf(broker: Broker, replicas: number): Promise<Definitions> {
  try {
    const store = await new SequenceStore(broker, replicas).read();
    return (sequence, version) => store.sequence(sequence, version);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    note(`leadctl: the deployed sequences cannot be read, so steps to come are not shown: ${why}`);
    return () => undefined;
  }
}

/** The traces of its events, the oldest first, as links where TRACE_URL has a `{trace_id}`. */
export function tracesOf(events: readonly Recorded[]): string[] {
  const { TRACE_URL = '{trace_id}' } = settings();
  const ids = new Set(events.flatMap(({ traceparent }) => traceparent?.split('-')[1] ?? []));
  return [...ids].map((id) => TRACE_URL.replace('{trace_id}', id));
}

/** The runs and their steps, a line each; times in the lead's zone. */
export const storyLines = (runs: readonly StoryRun[], zoneId: string | undefined): string[] =>
  runs.flatMap(({ sequence, version, cause, startedAt, ended, steps }) => [
    `${sequence}${version === null ? '' : ` v${version}`}, ` +
      `by ${cause ?? 'a restore'} at ${localTime(startedAt, zoneId)}` +
      `${ended ? `; ${ended.why}, ${localTime(ended.at, zoneId)}` : ''}`,
    ...steps.map((step) => stepLine(step, zoneId)),
  ]);

const stepLine = ({ id, audience, state, why, at, attempts, facts }: StoryStep, zoneId: string | undefined): string =>
  [
    `  ${state.padEnd(9)} "${id}"${audience === 'staff' ? ' to the rep' : ''}`,
    ...(at ? [localTime(at, zoneId)] : []),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...[...new Set(facts.map(({ fact }) => fact))],
    ...(why ? [why] : []),
  ].join(', ');
