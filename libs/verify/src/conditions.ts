import {
  chosenBy,
  type Chosen,
  type Condition,
  type EventType,
  type PlannedStep,
  type Recorded,
} from '@leadstream/contracts/events';
import type { Finding } from './finding.ts';

/** The tag of a booked meeting, as docs/sequences.md names it. */
const BOOKED = 'source:booking';

/** The evidence for a condition: the lead's tags, and by run what has happened since it began. */
interface Known {
  tags: Set<string>;
  happened: Map<string, Set<string>>;
  plans: Map<string, PlannedStep>;
}

/**
 * Steps that were claimed, left out or planned against their condition or the tags that end their sequence. Fields are
 * sealed, so a condition with fields is judged by its other parts, and only where a step was claimed.
 */
export function conditionFaults(events: readonly Recorded[]): Finding[] {
  const known: Known = { tags: new Set(), happened: new Map(), plans: new Map() };
  return events.flatMap((event) => {
    learnBefore(known, event);
    const wrong = isJudged(event) ? faultOf(known, event) : undefined;
    learn(known, event);
    return wrong === undefined
      ? []
      : [{ rule: 'condition', leadId: event.leadId, seqs: [event.seq], says: `event ${event.seq} ${wrong}` }];
  });
}

const keyOf = ({ runId, step }: { runId: string; step: number }): string => `${runId}/${step}`;

/** A plan is judged with its own conditions. */
function learnBefore({ plans, happened }: Known, event: Recorded): void {
  if (event.type === 'lead.migrated') {
    happened.set(event.id, new Set(happened.get(event.data.runId)));
    plans.set(keyOf({ runId: event.id, step: event.data.planned.index }), event.data.planned);
  }
  if (event.type !== 'lead.enrolled' && event.type !== 'lead.step-planned') return;
  const { runId, planned } = event.data;
  if (event.type === 'lead.enrolled') happened.set(runId, new Set());
  plans.set(keyOf({ runId, step: planned.index }), planned);
}

function learn(known: Known, event: Recorded): void {
  const everyRun = (what: string) => known.happened.forEach((run) => run.add(what));
  switch (event.type) {
    case 'lead.triaged':
    case 'lead.resubmitted':
      if (event.type === 'lead.resubmitted' && event.data.tags.includes(BOOKED)) everyRun('booked');
      return event.data.tags.forEach((tag) => known.tags.add(tag));
    case 'lead.tagged':
      event.data.add.forEach((tag) => known.tags.add(tag));
      return event.data.remove.forEach((tag) => known.tags.delete(tag));
    case 'lead.clicked':
      return everyRun('clicked');
    case 'lead.replied': {
      const isPersons = event.data.class === 'human' || event.data.class === 'left';
      return isPersons && event.data.authenticated !== false ? everyRun('replied') : undefined;
    }
    case 'lead.recovered':
      return recovered(known, event.data);
    case 'lead.enrolled':
    case 'lead.step-due':
    case 'lead.send-started':
    case 'lead.sent':
    case 'lead.send-deferred':
    case 'lead.send-failed':
    case 'lead.send-skipped':
    case 'lead.send-unknown':
    case 'lead.step-planned':
    case 'lead.sequence-completed':
    case 'lead.delivered':
    case 'lead.opened':
    case 'lead.bounced':
    case 'lead.undelivered':
    case 'lead.complained':
    case 'lead.unsubscribed':
    case 'lead.suppressed':
    case 'lead.paused':
    case 'lead.resumed':
    case 'lead.restarted':
    case 'lead.moved':
    case 'lead.migrated':
    case 'lead.lapsed':
    case 'lead.assigned':
    case 'lead.enriched':
    case 'lead.noted':
    case 'lead.erased':
      return;
    default:
      return event satisfies never;
  }
}

function recovered(known: Known, { tags, run, phase }: Recorded<'lead.recovered'>['data']): void {
  if (tags) known.tags = new Set(tags);
  if (!run || !phase) return;
  known.happened.set(run.id, new Set(run.happened));
  if ('step' in phase && typeof phase.step === 'object')
    known.plans.set(keyOf({ runId: run.id, step: phase.step.index }), phase.step);
}

/** Whether the event plans, claims, leaves out or ends something by a condition or a tag. */
const JUDGED = {
  'lead.triaged': false,
  'lead.resubmitted': false,
  'lead.enrolled': true,
  'lead.step-due': false,
  'lead.send-started': true,
  'lead.sent': false,
  'lead.send-deferred': false,
  'lead.send-failed': false,
  'lead.send-skipped': true,
  'lead.send-unknown': false,
  'lead.step-planned': true,
  'lead.sequence-completed': true,
  'lead.delivered': false,
  'lead.opened': false,
  'lead.clicked': false,
  'lead.bounced': false,
  'lead.undelivered': false,
  'lead.complained': false,
  'lead.unsubscribed': false,
  'lead.suppressed': false,
  'lead.replied': false,
  'lead.paused': false,
  'lead.resumed': false,
  'lead.restarted': false,
  'lead.moved': false,
  'lead.migrated': false,
  'lead.tagged': false,
  'lead.lapsed': false,
  'lead.assigned': false,
  'lead.enriched': false,
  'lead.noted': false,
  'lead.recovered': false,
  'lead.erased': false,
} as const satisfies Record<EventType, boolean>;

const isJudged = chosenBy(JUDGED);

function faultOf({ tags, happened, plans }: Known, event: Recorded<Chosen<typeof JUDGED>>): string | undefined {
  const exitOf = ({ exits = [] }: PlannedStep) => exits.find((tag) => tags.has(tag));
  switch (event.type) {
    case 'lead.enrolled':
    case 'lead.step-planned': {
      const exit = exitOf(event.data.planned);
      return exit && `plans a step, and the tag ${exit} ends the sequence`;
    }
    case 'lead.sequence-completed':
      return event.data.why !== 'exit' || tags.has(event.data.tag ?? '')
        ? undefined
        : `ends a run by the tag ${event.data.tag}, which the lead does not have`;
    case 'lead.send-started':
    case 'lead.send-skipped': {
      const plan = plans.get(keyOf(event.data));
      const did = happened.get(event.data.runId);
      if (!plan || !did) return undefined;
      const no = exitOf(plan) ?? unmet(plan.when ?? {}, tags, did);
      if (event.type === 'lead.send-started') return no && `claims a step whose condition does not hold: ${no}`;
      const isLeftOut = event.data.guard === 'condition' && no === undefined && !plan.when?.fields;
      return isLeftOut ? 'leaves a step out whose condition holds' : undefined;
    }
    default:
      return event satisfies never;
  }
}

/** A tag or a happening that is missing, or present against the condition. */
const unmet = (
  { tagged = [], notTagged = [], happened = [], notHappened = [] }: Condition,
  tags: ReadonlySet<string>,
  did: ReadonlySet<string>,
): string | undefined =>
  tagged.find((tag) => !tags.has(tag)) ??
  notTagged.find((tag) => tags.has(tag)) ??
  happened.find((what) => !did.has(what)) ??
  notHappened.find((what) => did.has(what));
