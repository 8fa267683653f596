import type { PlannedStep, Recorded, Zone } from '@leadstream/contracts/events';
import { asksForRun, isUnprovenNotice } from './chain.ts';
import type { Finding, Rule } from './finding.ts';
import { heldBy, standingAfter, stopOf, unhindered, type Standing } from './standing.ts';

interface Plan {
  step: PlannedStep;
  seq: number;
  dueSeq: number | null;
}

/** The evidence for judging a claim: the lead's earlier events. */
interface Known {
  standing: Standing;
  zoneId: string | null;
  /** Whether the zone was inferred, and is not the default. */
  isZoneKnown: boolean;
  runId: string | null;
  /** By run, ended runs included: a late claim still belongs to its sequence. */
  sequences: Map<string, string>;
  /** Of the run under way, by the step's index. */
  plans: Map<number, Plan>;
  /** Notices of unproven replies, and the run interrupted by the current one. */
  notices: Set<string>;
  aside: { runId: string | null; plans: Map<number, Plan> } | null;
}

type Claimed = Recorded<'lead.send-started'>;

/** Claims that no plan, stop, pause or window allowed. */
export function forbiddenClaims(events: readonly Recorded[]): Finding[] {
  const known: Known = {
    standing: unhindered,
    zoneId: null,
    isZoneKnown: false,
    runId: null,
    sequences: new Map(),
    plans: new Map(),
    notices: new Set(),
    aside: null,
  };
  return events.flatMap((event) => {
    const findings = event.type === 'lead.send-started' ? judge(event, known) : [];
    learn(known, event);
    return findings;
  });
}

const learnZone = (known: Known, { id, source }: Zone): void =>
  void Object.assign(known, { zoneId: id, isZoneKnown: source !== 'default' });

function learn(known: Known, event: Recorded): void {
  known.standing = standingAfter(known.standing, event);
  // A request for another run ends the one before it.
  if (asksForRun(event)) Object.assign(known, { runId: null, plans: new Map(), aside: null });
  switch (event.type) {
    case 'lead.triaged':
      learnZone(known, event.data.zone);
      break;
    // A default zone does not replace a known one, and neither does a stranger's.
    case 'lead.resubmitted':
      if (event.data.zone.source !== 'default' && !(event.data.trusted === false && known.isZoneKnown))
        learnZone(known, event.data.zone);
      break;
    case 'lead.replied':
      if (isUnprovenNotice(event)) known.notices.add(event.id);
      break;
    case 'lead.enrolled':
      // A notice of unproven replies interrupts the run under way, and any other run ends it.
      known.aside = known.notices.has(event.data.runId)
        ? (known.aside ?? { runId: known.runId, plans: known.plans })
        : null;
      known.runId = event.data.runId;
      known.sequences.set(event.data.runId, event.data.sequence);
      known.plans = new Map([[event.data.planned.index, { step: event.data.planned, seq: event.seq, dueSeq: null }]]);
      break;
    case 'lead.recovered': {
      const { zone, run, phase, untold = [] } = event.data;
      for (const { id, unproven } of untold) if (unproven) known.notices.add(id);
      if (zone) learnZone(known, zone);
      if (!phase) break;
      if (run) known.sequences.set(run.id, run.sequence);
      const plan =
        'step' in phase && typeof phase.step === 'object'
          ? [
              [
                phase.step.index,
                { step: phase.step, seq: event.seq, dueSeq: phase.kind === 'due' ? event.seq : null },
              ] as const,
            ]
          : [];
      Object.assign(known, {
        runId: phase.kind === 'enrolling' ? null : (run?.id ?? null),
        plans: new Map(plan),
        aside: null,
      });
      break;
    }
    case 'lead.sequence-completed':
      if (event.data.runId === known.runId && known.aside) Object.assign(known, known.aside, { aside: null });
      break;
    case 'lead.step-planned':
      if (event.data.runId === known.runId)
        known.plans.set(event.data.planned.index, { step: event.data.planned, seq: event.seq, dueSeq: null });
      break;
    case 'lead.step-due':
    case 'lead.send-started':
    case 'lead.send-skipped': {
      const plan = event.data.runId === known.runId ? known.plans.get(event.data.step) : undefined;
      // A claim uses it up, and so does a guard: the next claim needs another `step-due`, or is the next attempt.
      if (plan) plan.dueSeq = event.type === 'lead.step-due' ? event.seq : null;
      break;
    }
    case 'lead.sent':
    case 'lead.send-deferred':
    case 'lead.send-failed':
    case 'lead.send-unknown':
    case 'lead.delivered':
    case 'lead.opened':
    case 'lead.clicked':
    case 'lead.bounced':
    case 'lead.undelivered':
    case 'lead.complained':
    case 'lead.unsubscribed':
    case 'lead.paused':
    case 'lead.resumed':
    case 'lead.restarted':
    case 'lead.moved':
    case 'lead.tagged':
    case 'lead.erased':
      break;
    default:
      event satisfies never;
  }
}

function judge({ leadId, seq, at, data }: Claimed, { standing, zoneId, runId, sequences, plans }: Known): Finding[] {
  const finding = (rule: Rule, says: string, ...before: (number | null)[]): Finding => ({
    rule,
    leadId,
    seqs: [...before.filter((one) => one !== null), seq],
    says: `claim ${seq} ${says}`,
  });
  const plan = data.runId === runId ? plans.get(data.step) : undefined;
  const unplanned = !plan
    ? [
        finding(
          'unplanned',
          `is of step ${data.step} of run ${data.runId}, and nothing planned that in the run under way`,
        ),
      ]
    : plan.step.audience !== data.audience
      ? [finding('unplanned', `is to ${data.audience}, and planned to ${plan.step.audience}`, plan.seq)]
      : plan.step.action !== data.action
        ? [finding('unplanned', `is of ${data.action}, and planned was ${plan.step.action}`, plan.seq)]
        : plan.dueSeq === null && !data.previous
          ? [finding('unplanned', 'comes before its step was due', plan.seq)]
          : [];
  // The plan's audience counts: a claim can't name another one as an excuse.
  const toLead = (plan?.step.audience ?? data.audience) === 'lead';
  const stop = toLead ? stopOf(standing, sequences.get(data.runId)) : standing.erased;
  const held = heldBy(standing);
  return [
    ...unplanned,
    ...(stop === null ? [] : [finding('after stop', `comes after the stop ${stop}`, stop)]),
    ...(toLead && held !== null ? [finding('paused', `comes while the lead is held since ${held}`, held)] : []),
    ...(toLead && standing.awayUntil !== null && Temporal.Instant.compare(at, standing.awayUntil) < 0
      ? [finding('paused', `comes while the lead is away until ${standing.awayUntil}`)]
      : []),
    ...(toLead && plan ? outside(at, zoneId, plan.step).map((says) => finding('window', says, plan.seq)) : []),
  ];
}

/** The violation of the plan's times by the claim's own time; straight from the zone's clock, without tolerance. */
function outside(at: string, zoneId: string | null, { at: plannedAt, window, latenessMaxMs }: PlannedStep): string[] {
  const now = Temporal.Instant.from(at);
  const lateMs = now.epochMilliseconds - Date.parse(plannedAt);
  const late =
    latenessMaxMs !== undefined && lateMs > latenessMaxMs
      ? [`was made ${lateMs} ms after its time ${plannedAt}, and may be ${latenessMaxMs} ms late`]
      : [];
  if (!window || zoneId === null) return late;
  const local = localTime(now, zoneId);
  if (!local) return [...late, `has hours in the time zone ${JSON.stringify(zoneId)}, which is not known here`];
  const minute = 60 * local.hour + local.minute;
  const open = window.days.includes(local.dayOfWeek) && minuteOf(window.from) <= minute && minute < minuteOf(window.to);
  return open
    ? late
    : [
        ...late,
        `was made at ${local.toString({ offset: 'never' })}, outside of ` +
          `${window.from}–${window.to} on weekdays ${window.days.join(', ')}`,
      ];
}

const minuteOf = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));

function localTime(instant: Temporal.Instant, zoneId: string): Temporal.ZonedDateTime | undefined {
  try {
    return instant.toZonedDateTimeISO(zoneId);
  } catch {
    return undefined;
  }
}
