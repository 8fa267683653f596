import type { EventType, PlannedStep, Recorded, SendWindow, Zone } from '@leadstream/contracts/events';
import { asksForRun, isInterrupting } from './chain.ts';
import type { Finding, Rule } from './finding.ts';
import { heldBy, standingAfter, stopOf, unhindered, type Standing } from './standing.ts';
import { textFaults, textingAfter, TO_PHONE, unasked, type Texting } from './texting.ts';

interface Plan {
  step: PlannedStep;
  seq: number;
  dueSeq: number | null;
}

/** The evidence for judging a claim: the lead's earlier events. */
interface Known {
  standing: Standing;
  texting: Texting;
  zoneId: string | null;
  /** Whether the zone was inferred, and is not the default. */
  isZoneKnown: boolean;
  runId: string | null;
  /** By run, ended runs included: a late claim still belongs to its sequence. */
  sequences: Map<string, string>;
  /** Of the run under way, by the step's index. */
  plans: Map<number, Plan>;
  /** Notices of unproven replies and of news, and the run interrupted by the current one. */
  notices: Set<string>;
  aside: { runId: string | null; plans: Map<number, Plan> } | null;
}

type Claimed = Recorded<'lead.send-started'>;

/** Claims that no plan, stop, pause or window allowed. */
export function forbiddenClaims(events: readonly Recorded[]): Finding[] {
  const known: Known = {
    standing: unhindered,
    texting: unasked,
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
  known.texting = textingAfter(known.texting, event);
  // A request for another run ends the one before it.
  if (asksForRun(event)) Object.assign(known, { runId: null, plans: new Map(), aside: null });
  learnFrom(known, event);
}

const learnFrom = <K extends EventType>(known: Known, event: Recorded<K>): void => LEARNT[event.type]?.(known, event);

const planOf = (step: PlannedStep, seq: number, dueSeq: number | null = null): [number, Plan] => [
  step.index,
  { step, seq, dueSeq },
];

function enrolled(known: Known, { seq, data: { runId, sequence, planned } }: Recorded<'lead.enrolled'>): void {
  // A notice of unproven replies or of news interrupts the run under way, and any other run ends it.
  known.aside = known.notices.has(runId) ? (known.aside ?? { runId: known.runId, plans: known.plans }) : null;
  known.runId = runId;
  known.sequences.set(runId, sequence);
  known.plans = new Map([planOf(planned, seq)]);
}

function recovered(known: Known, { seq, data }: Recorded<'lead.recovered'>): void {
  const { zone, run, phase, untold = [] } = data;
  for (const { id, unproven, news } of untold) if (unproven || news) known.notices.add(id);
  if (zone) learnZone(known, zone);
  if (!phase) return;
  if (run) known.sequences.set(run.id, run.sequence);
  const step = 'step' in phase && typeof phase.step === 'object' ? phase.step : null;
  Object.assign(known, {
    runId: phase.kind === 'enrolling' ? null : (run?.id ?? null),
    plans: new Map(step ? [planOf(step, seq, phase.kind === 'due' ? seq : null)] : []),
    aside: null,
  });
}

/**
 * A claim uses the due step up, and so does a guard: the next claim needs another `step-due`, or is the next attempt.
 */
function isDue(
  { runId, plans }: Known,
  { data }: Recorded<'lead.step-due' | 'lead.send-started' | 'lead.send-skipped'>,
  dueSeq: number | null,
): void {
  const plan = data.runId === runId ? plans.get(data.step) : undefined;
  if (plan) plan.dueSeq = dueSeq;
}

/** The evidence that each event adds beside the standing; null: none. */
const LEARNT: { readonly [K in EventType]: ((known: Known, event: Recorded<K>) => void) | null } = {
  'lead.triaged': (known, { data }) => learnZone(known, data.zone),
  // A default zone does not replace a known one, and neither does a stranger's.
  'lead.resubmitted': (known, event) => {
    const { zone, trusted } = event.data;
    if (isInterrupting(event)) known.notices.add(event.id);
    if (zone.source !== 'default' && !(trusted === false && known.isZoneKnown)) learnZone(known, zone);
  },
  'lead.enrolled': enrolled,
  'lead.step-planned': ({ runId, plans }, { seq, data }) => {
    if (data.runId === runId) plans.set(...planOf(data.planned, seq));
  },
  'lead.step-due': (known, event) => isDue(known, event, event.seq),
  'lead.send-started': (known, event) => isDue(known, event, null),
  // A claim that is given back used up its own due step: after a post of unknown outcome the step may be due again.
  'lead.send-skipped': (known, event) => {
    if (event.data.sendId === undefined) isDue(known, event, null);
  },
  'lead.sequence-completed': (known, { data }) => {
    if (data.runId === known.runId && known.aside) Object.assign(known, known.aside, { aside: null });
  },
  'lead.replied': ({ notices }, event) => {
    if (isInterrupting(event)) notices.add(event.id);
  },
  'lead.recovered': recovered,
  'lead.sent': null,
  'lead.send-deferred': null,
  'lead.send-failed': null,
  'lead.send-unknown': null,
  'lead.delivered': null,
  'lead.opened': null,
  'lead.clicked': null,
  'lead.bounced': null,
  'lead.undelivered': null,
  'lead.complained': null,
  'lead.unsubscribed': null,
  'lead.suppressed': null,
  'lead.paused': null,
  'lead.resumed': null,
  'lead.restarted': null,
  'lead.moved': null,
  'lead.migrated': (known, { id, seq, data }) => {
    if (known.runId !== data.runId) return;
    known.runId = id;
    known.sequences.set(id, data.sequence);
    known.plans = new Map([planOf(data.planned, seq)]);
  },
  'lead.tagged': null,
  'lead.enriched': null,
  'lead.lapsed': null,
  'lead.assigned': null,
  'lead.noted': null,
  'lead.erased': null,
};

/** A notice to the rep that is planned as a mail may be posted to a chat. */
const isChatOf = ({ audience, channel }: PlannedStep, claim: Claimed['data']): boolean =>
  audience === 'staff' && channel === 'email' && claim.channel === 'chat';

function judge({ leadId, seq, at, data }: Claimed, known: Known): Finding[] {
  const { standing, texting, zoneId, isZoneKnown, runId, sequences, plans } = known;
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
      : plan.step.channel !== data.channel && !isChatOf(plan.step, data)
        ? [finding('unplanned', `is by ${data.channel}, and planned by ${plan.step.channel}`, plan.seq)]
        : plan.step.action !== data.action
          ? [finding('unplanned', `is of ${data.action}, and planned was ${plan.step.action}`, plan.seq)]
          : plan.dueSeq === null && !data.previous
            ? [finding('unplanned', 'comes before its step was due', plan.seq)]
            : [];
  // The plan's audience counts: a claim can't name another one as an excuse.
  const toLead = (plan?.step.audience ?? data.audience) === 'lead';
  const stop = toLead ? stopOf(standing, sequences.get(data.runId)) : standing.erased;
  const held = heldBy(standing);
  const texts = TO_PHONE[data.channel] && toLead;
  return [
    ...unplanned,
    ...(stop === null ? [] : [finding('after stop', `comes after the stop ${stop}`, stop)]),
    ...(toLead && held !== null ? [finding('paused', `comes while the lead is held since ${held}`, held)] : []),
    ...(toLead && standing.awayUntil !== null && Temporal.Instant.compare(at, standing.awayUntil) < 0
      ? [finding('paused', `comes while the lead is away until ${standing.awayUntil}`)]
      : []),
    ...(texts ? textFaults(texting).map((fault) => finding('consent', fault.says, fault.seq)) : []),
    ...(texts && !isZoneKnown ? [finding('consent', 'is a text to a lead whose zone nothing shows')] : []),
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
  // Zones that the lead may have been in; a zone learned since then counts alone.
  const zoneIds = window.zones?.includes(zoneId) ? window.zones : [zoneId];
  return [...late, ...zoneIds.flatMap((id) => outsideIn(now, id, window)).slice(0, 1)];
}

function outsideIn(now: Temporal.Instant, zoneId: string, { days, from, to, closed = [] }: SendWindow): string[] {
  const local = localTime(now, zoneId);
  if (!local) return [`has hours in the time zone ${JSON.stringify(zoneId)}, which is not known here`];
  if (closed.includes(local.toPlainDate().toString()))
    return [`was made at ${local.toString({ offset: 'never' })}, a holiday of its plan`];
  const minute = 60 * local.hour + local.minute;
  return days.includes(local.dayOfWeek) && minuteOf(from) <= minute && minute < minuteOf(to)
    ? []
    : [`was made at ${local.toString({ offset: 'never' })}, outside of ${from}–${to} on weekdays ${days.join(', ')}`];
}

const minuteOf = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));

function localTime(instant: Temporal.Instant, zoneId: string): Temporal.ZonedDateTime | undefined {
  try {
    return instant.toZonedDateTimeISO(zoneId);
  } catch {
    return undefined;
  }
}
