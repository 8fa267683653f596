import { catalogue, type EventType, type PlannedStep, type Recorded } from '@leadstream/contracts/events';
import { evolve } from './evolve.ts';
import { GUARDS } from './guards.ts';
import { initial, type LeadState, type Phase, type Run, type Send } from './state.ts';

/** A report about a mail: the token of its event. */
export interface Report {
  fact: string;
  at: string;
}
export interface Track {
  id: string;
  sequence: string;
  /** null: not enrolled. */
  version: number | null;
  /** The event that requested it; null: known from a restore only. */
  cause: EventType | null;
  startedAt: string;
  ended?: { at: string; why: string };
  planned: Map<number, PlannedStep>;
  /** By step. */
  skipped: Map<number, string>;
  phase: Phase;
}
export interface Walk {
  runs: Map<string, Track>;
  sends: Map<string, Send & { acceptedAt?: string; facts: Report[] }>;
  state: LeadState;
}

/** The lead's runs and sends as its events show them, whatever the state has forgotten. */
export function walkOf(events: readonly Recorded[]): Walk {
  const walk: Walk = { runs: new Map(), sends: new Map(), state: initial };
  const causes = new Map(events.map(({ id, type }) => [id, type]));
  for (const event of events) follow(walk, event, causes);
  return walk;
}

/** The run under way and the one that it interrupts. */
const positions = ({ run, phase, aside }: LeadState): { run: Run | null; phase: Phase }[] =>
  [{ run, phase }, ...(aside ? [aside] : [])].filter(({ phase: { kind } }) => kind !== 'none' && kind !== 'completed');
const idOf = ({ run, phase }: { run: Run | null; phase: Phase }): string =>
  phase.kind === 'enrolling' ? phase.runId : (run?.id ?? '');

function follow(walk: Walk, event: Recorded, causes: ReadonlyMap<string, EventType>): void {
  const before = positions(walk.state);
  walk.state = evolve(walk.state, event);
  const after = positions(walk.state);
  for (const position of after) place(walk, position, event, causes);
  for (const position of before) {
    const track = walk.runs.get(idOf(position));
    if (track && !after.some((other) => idOf(other) === track.id)) track.ended = { at: event.at, why: endOf(event) };
  }
  if (event.type === 'lead.send-skipped') {
    const { runId, step, guard, reason } = event.data;
    walk.runs.get(runId)?.skipped.set(step, reason ?? GUARDS[guard].says);
  }
  followSends(walk, event);
}

function place(
  { runs }: Walk,
  position: { run: Run | null; phase: Phase },
  { at }: Recorded,
  causes: ReadonlyMap<string, EventType>,
): void {
  const { run, phase } = position;
  const id = idOf(position);
  const enrolled = phase.kind === 'enrolling' ? null : run;
  const sequence = phase.kind === 'enrolling' ? phase.route.sequence : (run?.sequence ?? '');
  const track = runs.get(id) ?? {
    id,
    sequence,
    cause: causes.get(id) ?? null,
    startedAt: at,
    planned: new Map<number, PlannedStep>(),
    skipped: new Map<number, string>(),
  };
  const next = { ...track, version: enrolled?.version ?? null, phase };
  if ('step' in phase) next.planned.set(phase.step.index, phase.step);
  // An earlier hold is over.
  if (phase.kind === 'planned') next.skipped.delete(phase.step.index);
  runs.set(id, next);
}

/** A later outcome of a send counts, whatever became of its run. */
function followSends({ state, sends }: Walk, event: Recorded): void {
  for (const [id, send] of Object.entries(state.sends)) {
    const known = sends.get(id);
    const acceptedAt = known?.acceptedAt ?? (send.outcome === 'accepted' ? event.at : undefined);
    sends.set(id, { ...send, facts: known?.facts ?? [], ...(acceptedAt ? { acceptedAt } : {}) });
  }
  const { data, type } = event;
  if ('key' in data && 'sendId' in data && data.sendId !== undefined)
    sends.get(data.sendId)?.facts.push({ fact: catalogue[type].token, at: data.at });
}

const COMPLETED: Readonly<Record<Recorded<'lead.sequence-completed'>['data']['why'], string>> = {
  finished: 'all its steps are done',
  stopped: 'nothing more of it is wanted',
  exit: 'a tag of the lead ends it',
};

function endOf(event: Recorded): string {
  if (event.type === 'lead.sequence-completed')
    return event.data.tag === undefined ? COMPLETED[event.data.why] : `the tag ${event.data.tag} ends it`;
  if (event.type === 'lead.migrated') return `it goes on in version ${event.data.to}`;
  return `ended by ${catalogue[event.type].token}`;
}
