import type { Audience, Draft, Recorded } from '@leadstream/contracts/events';
import type { Broker } from '@leadstream/eventlog/broker';
import type { EventLog, Loaded } from '@leadstream/eventlog/log';
import { isUnwanted, type LeadState } from '@leadstream/lead/state';
import { LeadQueries } from '@leadstream/projection/queries';
import { decideGap, GAP } from '@leadstream/sequences/gap';
import type { Planning } from '@leadstream/sequences/plan';
import type { SequenceStore } from '@leadstream/service/sequence-store';
import type { Stores } from './restore-held.ts';
import { loadedOf, type Unloaded } from './restore-known.ts';
import { leadLog } from './session.ts';
import { wholeLog } from './whole-log.ts';

interface Closed {
  leadId: string;
  stepId: string;
  audience: Audience;
}
interface Gap {
  closed: Closed[];
  paused: string[];
  /** Leads that neither the log nor their document tells: no service of this build decides for them either. */
  unreadable: (Unloaded & { leadId: string })[];
}

const ENDED: ReadonlySet<Recorded['type']> = new Set(['lead.sequence-completed', 'lead.erased']);
/** Upper limit of steps; sequences are far shorter. */
const STEPS_MAX = 200;

/** Leads that may be under way, by their last event. Needs no key: a lead that cannot be read must not be left out. */
async function leadsUnderWay(broker: Broker): Promise<string[]> {
  const whole = wholeLog(broker, leadLog(broker, 'blind'));
  const under = new Set<string>();
  for await (const { events } of whole.read({ upTo: await whole.head() })) {
    for (const { leadId, type } of events) {
      if (ENDED.has(type)) under.delete(leadId);
      else under.add(leadId);
    }
  }
  return [...under];
}

interface GapOptions {
  how: 'skip' | 'hold';
  by: string;
  planning: Pick<Planning, 'delayScale' | 'hours'>;
  knows: (leadId: string) => boolean;
  /** Throws once the log is not held: a due step is then the sender's. */
  mayGoOn: () => Promise<void>;
}

/**
 * Closes each step that is due now or earlier, or pauses its lead; a step to staff is closed either way. With 'hold', a
 * lead that is known only from the log is always paused: a stop of it may be lost. Safe to repeat from the start.
 */
export async function closeGap(
  { broker, db }: Pick<Stores, 'broker' | 'db'>,
  log: EventLog<LeadState>,
  sequences: SequenceStore,
  { how, by, planning: settings, knows, mayGoOn }: GapOptions,
): Promise<Gap> {
  const gap: Gap = { closed: [], paused: [], unreadable: [] };
  const documents = new LeadQueries<LeadState>(db);
  for (const leadId of await leadsUnderWay(broker)) {
    await mayGoOn();
    const planning: Planning = {
      now: Temporal.Now.instant(),
      draw: () => 0,
      ...settings,
      sequence: (id, version) => sequences.sequence(id, version),
    };
    const at = await loadedOf(log, leadId, documents);
    if ('unloaded' in at) gap.unreadable.push({ leadId, ...at });
    else await closeLead(log, at, planning, { how, by, knows }, gap);
  }
  return gap;
}

/** Handles one lead of the gap; also called by the simulation. */
export async function closeLead(
  log: EventLog<LeadState>,
  from: Loaded<LeadState>,
  planning: Planning,
  { how, by, knows }: Pick<GapOptions, 'how' | 'by' | 'knows'>,
  gap: Gap,
): Promise<void> {
  const { leadId, lastSeq } = from;
  let skippedLast = isGap((await log.history(leadId, lastSeq - 1)).at(-1));
  let at = from;
  if (how === 'hold' && !knows(leadId) && isUnderWay(at.state)) at = await pause(log, at, by, gap);
  for (let step = 0; step < STEPS_MAX; step++) {
    const decision = decideGap(at.state, planning, skippedLast);
    if ('nothing' in decision) break;
    if (how === 'hold' && audienceOf(at.state, decision) === 'lead') {
      at = await pause(log, at, by, gap);
      break;
    }
    const outcome = await log.decide(
      leadId,
      log.idAt(at, 'gap'),
      (state) => decideGap(state, planning, skippedLast),
      at,
    );
    if ('nothing' in outcome) break;
    at = outcome.after;
    skippedLast = isGap(outcome.event);
    if (outcome.event.type === 'lead.send-skipped')
      gap.closed.push({ leadId, stepId: outcome.event.data.stepId, audience: outcome.event.data.audience });
  }
}

const isGap = (event: Recorded | undefined): boolean =>
  event?.type === 'lead.send-skipped' && event.data.guard === 'operator' && event.data.reason === GAP;

const isUnderWay = (state: LeadState): boolean =>
  !isUnwanted(state, 'lead') && state.paused === null && !['none', 'completed', 'parked'].includes(state.phase.kind);

/** The audience of the step that the decision plans, or else of the step that the lead is at. */
function audienceOf({ phase }: LeadState, { data }: Draft): Audience {
  if ('planned' in data) return data.planned.audience;
  return 'step' in phase ? phase.step.audience : 'lead';
}

async function pause(
  log: EventLog<LeadState>,
  at: Awaited<ReturnType<EventLog<LeadState>['load']>>,
  by: string,
  gap: Gap,
) {
  const outcome = await log.decide(
    at.leadId,
    log.idAt(at, 'gap/pause'),
    (state) => (state.paused ? { nothing: 'paused-already' } : { type: 'lead.paused', data: { by, reason: GAP } }),
    at,
  );
  if ('event' in outcome) gap.paused.push(at.leadId);
  return outcome.after;
}
