import { idAndTime, NO_OUTCOME } from '@leadstream/contracts/envelope';
import {
  begins,
  type Channel,
  type Enricher,
  type EventType,
  type PlannedStep,
  type Recorded,
  type Route,
  type SendClass,
} from '@leadstream/contracts/events';
import { GUARDS } from './guards.ts';
import { hasOutcome, isTold } from './has-outcome.ts';
import { HEARD_MAX, heardAfter } from './heard.ts';
import { mergedInto } from './merge.ts';
import { BOOKED_TAG, ended, happened, latest, newRun, noted, swapped, tell } from './run.ts';
import {
  initial,
  NEWS_A_DAY_MAX,
  plusMs,
  REPLIES,
  SENDS_MAX,
  sendsOfStep,
  STATE_VERSION,
  STOP_RULES,
  STOP_TAG,
  STOPS,
  TO_PHONE,
  UNTAGGED_MAX,
  type ReplyExcerpt,
  type FromStranger,
  type LeadState,
  type Origin,
  type Phase,
  type Send,
  type SendOutcome,
  type StopWhy,
  isUnsettled,
} from './state.ts';

/** Opens and clicks of a scanned mail can be endless; a forgotten key is at worst recorded twice. */
const KNOWN_MAX = 500;

/** Total: an event that does not apply changes nothing but the time of the last change. */
export function evolve(before: LeadState, event: Recorded): LeadState {
  const after = changed(before, event);
  // An event that changes nothing else may have an outcome.
  return hasOutcome(event) ? { ...after, lastOutcome: idAndTime(event.id, Date.parse(event.at)) } : after;
}

function changed(before: LeadState, event: Recorded): LeadState {
  // Events that an erasure forgets may be deleted already: the fold must not depend on them.
  const state = begins(event) ? initial : before;
  if (state.contact === null && !BEFORE_CONTACT.has(event.type) && !begins(event)) return state;
  const next = isOfAside(state, event) ? swapped(apply(swapped(state), event)) : apply(state, event);
  return noted(state, tell(ended(touched(next, event))), event.at);
}

/** Events that a lead may begin with; before its first submission no other changes it. */
const BEFORE_CONTACT: ReadonlySet<EventType> = new Set(['lead.triaged', 'lead.suppressed', 'lead.recovered']);

/** A fact about a send of the interrupted run moves that run on; a reply is about the lead. */
function isOfAside({ aside, sends }: LeadState, { type, data }: Recorded): boolean {
  const runId =
    type !== 'lead.replied' && 'sendId' in data && data.sendId !== undefined ? sends[data.sendId]?.runId : undefined;
  return aside !== null && runId !== undefined && runId === aside.run?.id;
}

export const leadFold = {
  initial,
  evolve,
  stateVersion: STATE_VERSION,
  latest: ({ trace, span, updatedAt: at }: LeadState) => ({ trace, span, at }),
  prevOutcome: ({ lastOutcome }: LeadState, type: EventType) =>
    isTold(type) ? (lastOutcome ?? NO_OUTCOME) : undefined,
};

/** The state after a lead's events, all of them from its first one. */
export const stateAfter = (events: readonly Recorded[]): LeadState => events.reduce(evolve, initial);

const apply = <K extends EventType>(state: LeadState, event: Recorded<K>): LeadState => FOLD[event.type](state, event);

/** The effect of each event on a lead that has begun. */
const FOLD: { readonly [K in EventType]: (state: LeadState, event: Recorded<K>) => LeadState } = {
  'lead.triaged': (state, event) => (state.contact ? state : triaged(state, event)),
  'lead.resubmitted': resubmitted,
  'lead.enrolled': enrolled,
  'lead.step-due': stepDue,
  'lead.step-planned': stepPlanned,
  'lead.sequence-completed': completed,
  'lead.send-started': sendStarted,
  'lead.sent': (state, { data, at }) => accepted(state, data.sendId, at),
  'lead.send-deferred': deferred,
  'lead.send-failed': failed,
  'lead.send-unknown': unknown,
  'lead.send-skipped': sendSkipped,
  'lead.delivered': (state, event) => ({ ...fact(state, event), ...(isText(event) ? {} : { undelivered: 0 }) }),
  'lead.undelivered': undelivered,
  'lead.opened': (state, event) => fact(state, event),
  'lead.clicked': clicked,
  'lead.bounced': (state, event) => stopped(fact(state, event), 'bounced', event),
  'lead.complained': (state, event) => stopped(fact(state, event), 'complained', event),
  'lead.unsubscribed': (state, event) => unsubscribed(fact(state, event), event),
  'lead.suppressed': (state, event) => stopped(state, event.data.why, event),
  'lead.replied': replied,
  'lead.paused': (state, { data, at }) => ({ ...state, paused: state.paused ?? { by: data.by, at } }),
  'lead.resumed': resumed,
  'lead.restarted': (state, { id, data, at }) => newRun(lifted(state, data.route.sequence), id, data.route, 0, at),
  'lead.moved': (state, { id, data, at }) => newRun(state, id, data.route, data.step, at),
  'lead.migrated': migrated,
  'lead.tagged': tagged,
  'lead.enriched': enriched,
  'lead.lapsed': (state, { id, data, at }) => newRun(state, id, data.route, 0, at, state.run?.trusted ?? true),
  'lead.assigned': (state, { data }) => ({ ...state, rep: data.rep }),
  'lead.noted': (state) => state,
  'lead.recovered': recovered,
  'lead.erased': (state, event) => erased(state, event),
};

const touched = (state: LeadState, event: Recorded): LeadState => ({
  ...state,
  leadId: event.leadId,
  updatedAt: event.at,
  createdAt: state.createdAt ?? event.at,
  trace: event.traceparent ?? state.trace,
  span: event.traceparent ? (event.span ?? null) : state.span,
});

const remember = (state: LeadState, key: string | undefined): LeadState =>
  key === undefined || state.known.includes(key) ? state : { ...state, known: [...state.known, key].slice(-KNOWN_MAX) };

function triaged(state: LeadState, { data, id, at }: Recorded<'lead.triaged'>): LeadState {
  const trusted = data.trusted !== false;
  const lead = {
    ...state,
    contact: data.contact,
    zone: data.zone,
    dossier: data.dossier,
    tags: [...new Set([...data.tags, ...state.tags])],
    lastActivityAt: at,
    mailbox: data.mailbox ?? null,
    number: trusted ? (data.number ?? null) : null,
    sms: trusted ? consented(state, data) : null,
    origin: originOf(data.intake, data.route),
    fromStrangers: trusted ? [] : [...NAMES.filter((name) => data.contact[name] !== undefined), 'dossier' as const],
    heard: heardAfter([], data),
    told: toldOf(state, data.route, data.tags, at),
  };
  return newRun(remember(lead, data.intake.key), id, data.route, 0, at, trusted);
}

/** A run whose tag differs from the submission's notifies the rep of the submission. */
const toldOf = ({ told }: LeadState, route: Route, tags: readonly string[], at: string): LeadState['told'] =>
  tags.includes(route.tag) ? told : tags.reduce((all, tag) => latest(all, tag, at), told);

const NAMES = ['firstName', 'lastName'] as const satisfies FromStranger[];

function resubmitted(state: LeadState, { data, id, at }: Recorded<'lead.resubmitted'>): LeadState {
  if (state.stop?.why === 'erased') return remember(state, data.intake.key);
  const trusted = data.trusted !== false;
  const known = data.tags.includes(BOOKED_TAG) ? happened(state, 'booked') : state;
  const lead = remember(
    {
      ...(trusted ? replaced(known, data) : filled(known, data)),
      tags: [...new Set([...state.tags, ...data.tags])],
      lastActivityAt: later(state.lastActivityAt, at),
      mailbox: data.mailbox ?? state.mailbox,
      heard: heardAfter(state.heard, data),
    },
    data.intake.key,
  );
  const { route } = data;
  if (!route) return data.tellRep ? withNews(lead, { data, id, at }, trusted) : lead;
  // The merged dossier is that of the run under way; a new run uses the new submission's.
  const names = lead.fromStrangers.filter((what) => what !== 'dossier');
  const fromStrangers: FromStranger[] = trusted ? names : [...names, 'dossier'];
  // A run whose tag differs from the submission's notifies the rep of the submission.
  const told = data.tags.reduce((all, tag) => (tag === route.tag ? all : latest(all, tag, at)), lead.told);
  const origin = originOf(data.intake, route);
  return newRun({ ...lead, dossier: data.dossier, fromStrangers, told, origin }, id, route, 0, at, trusted);
}

const originOf = ({ source = '' }: Recorded<'lead.triaged'>['data']['intake'], { tag }: Route): Origin => ({
  caller: source,
  tag,
});

type Resubmitted = Recorded<'lead.resubmitted'>['data'];

/** The rep is notified of the words that are new; the event's flag decides, so that an old log sends none. */
const withNews = (
  lead: LeadState,
  { data, id, at }: Pick<Recorded<'lead.resubmitted'>, 'data' | 'id' | 'at'>,
  trusted: boolean,
): LeadState => ({
  ...lead,
  untold: [...lead.untold, { id, at, text: data.news ?? null, news: true }],
  newsAt: trusted ? lead.newsAt : [...lead.newsAt, at].slice(-NEWS_A_DAY_MAX),
});

/** A trusted caller's values replace known ones. Values missing this time are kept. */
function replaced(state: LeadState, data: Resubmitted): LeadState {
  const { contact, dossier } = mergedInto(state, data, true);
  return {
    ...state,
    awayUntil: null,
    contact,
    dossier,
    zone: data.zone.source === 'default' ? state.zone : data.zone,
    number: data.number ?? state.number,
    sms: consented(state, data),
    fromStrangers: state.fromStrangers.filter((what) => what === 'dossier' || data.contact[what] === undefined),
  };
}

/**
 * A consent is for the number that came with it, and newer than the last unsubscribe; a number that takes no texts does
 * not open by another consent.
 */
function consented(
  { sms, textsEndedAt }: LeadState,
  { number, smsConsent }: Resubmitted | Recorded<'lead.triaged'>['data'],
): LeadState['sms'] {
  if (number === undefined || !smsConsent) return sms;
  if (textsEndedAt !== null && Temporal.Instant.compare(smsConsent.at, textsEndedAt) <= 0) return sms;
  return { ...smsConsent, number, closed: sms?.number === number && sms.closed };
}

/**
 * An open form accepts any address from any sender: known values stay, and only missing ones are added. A number that
 * anybody may have typed gets no texts, and a text from it is not the lead's.
 */
function filled(state: LeadState, data: Resubmitted): LeadState {
  const { contact, dossier, filled: parts } = mergedInto(state, data, false);
  return {
    ...state,
    contact,
    dossier,
    zone: state.zone === null || state.zone.source === 'default' ? data.zone : state.zone,
    fromStrangers: [...new Set([...state.fromStrangers, ...parts])],
  };
}

function enrolled(state: LeadState, { data, at }: Recorded<'lead.enrolled'>): LeadState {
  const { phase } = state;
  if (phase.kind !== 'enrolling' || phase.runId !== data.runId) return state;
  const run = {
    id: data.runId,
    sequence: data.sequence,
    version: data.version,
    route: phase.route,
    trusted: phase.trusted ?? true,
  };
  return planned({ ...state, run }, data.planned, at);
}

/** After a restore a sender may have reported a send of the step before the log plans it. */
const planned = (state: LeadState, step: PlannedStep, at: string): LeadState =>
  stepBySends({ ...state, phase: { kind: 'planned', step } }, at);

/** The new run has sends of its own, so that steps of both versions with one index stay apart. */
function migrated(state: LeadState, { id, data, at }: Recorded<'lead.migrated'>): LeadState {
  const { run, phase } = state;
  if (run?.id !== data.runId) return state;
  const next = { ...state, run: { ...run, id, version: data.to } };
  return phase.kind === 'held' ? { ...next, phase: { ...phase, step: data.planned } } : planned(next, data.planned, at);
}

function stepDue(state: LeadState, { data, at }: Recorded<'lead.step-due'>): LeadState {
  const { phase } = state;
  if (
    (phase.kind !== 'planned' && phase.kind !== 'due') ||
    state.run?.id !== data.runId ||
    phase.step.index !== data.step
  )
    return state;
  return {
    ...state,
    phase: { kind: 'due', step: phase.step, since: at, asked: phase.kind === 'due' ? phase.asked + 1 : 1 },
  };
}

function stepPlanned(state: LeadState, { data, at }: Recorded<'lead.step-planned'>): LeadState {
  const { kind } = state.phase;
  if (state.run?.id !== data.runId || (kind !== 'settled' && kind !== 'deferred' && kind !== 'held')) return state;
  return planned(state, data.planned, at);
}

/** A requested run without a plannable step ends before it begins. */
function completed(state: LeadState, { data: { runId } }: Recorded<'lead.sequence-completed'>): LeadState {
  const current = state.phase.kind === 'enrolling' ? state.phase.runId : state.run?.id;
  if (current !== runId) return state;
  return state.aside ? { ...swapped(state), aside: null } : { ...state, phase: { kind: 'completed' } };
}

function sendStarted(state: LeadState, { data, at }: Recorded<'lead.send-started'>): LeadState {
  const { sendId, attempt, runId, step, stepId, audience, channel, provider, previous } = data;
  const number = TO_PHONE[channel] ? state.sms?.number : undefined;
  const send: Send = {
    ...{ runId, step, stepId, attempt, audience, channel, outcome: 'open', startedAt: at },
    ...(provider === undefined ? {} : { provider }),
    ...(number === undefined ? {} : { number }),
  };
  const sends = { ...state.sends, [sendId]: send };
  const repeated = previous && sends[previous.sendId];
  if (previous && repeated?.outcome === 'open')
    sends[previous.sendId] = { ...repeated, outcome: 'refused', refused: previous.class };
  const { phase } = state;
  const next = {
    ...state,
    sends: Object.keys(sends).length > SENDS_MAX ? Object.fromEntries(Object.entries(sends).slice(-SENDS_MAX)) : sends,
  };
  if (phase.kind !== 'due' && phase.kind !== 'claimed') return next;
  const follows = phase.kind === 'due' ? !previous : phase.sendId === previous?.sendId;
  if (!follows || state.run?.id !== runId || phase.step.index !== step) return next;
  return { ...next, phase: { kind: 'claimed', step: phase.step, sendId, attempt, deadline: data.deadline } };
}

/** Certain replaces unknown, accepted replaces every other outcome; no other change is allowed. */
const improves = (from: SendOutcome, to: SendOutcome): boolean =>
  from === 'open' || (from === 'unknown' && to !== 'unknown') || (to === 'accepted' && from !== 'accepted');

function withOutcome(state: LeadState, sendId: string, outcome: SendOutcome): LeadState {
  const send = state.sends[sendId];
  return send && improves(send.outcome, outcome)
    ? { ...state, sends: { ...state.sends, [sendId]: { ...send, outcome } } }
    : state;
}

function withRefusal(
  state: LeadState,
  { sendId = '', class: refused }: { sendId?: string | undefined; class?: SendClass | undefined },
  outcome: 'deferred' | 'skipped',
): LeadState {
  const send = state.sends[sendId];
  return send && refused && improves(send.outcome, outcome)
    ? { ...state, sends: { ...state.sends, [sendId]: { ...send, refused } } }
    : state;
}

const isOfSend = (phase: Phase, sendId: string): boolean => 'sendId' in phase && phase.sendId === sendId;

/** An outcome other than accepted moves the phase only for the open send, and only if no other attempt was accepted. */
function settleSend(
  state: LeadState,
  sendId: string,
  outcome: SendOutcome,
  phase: (step: Extract<Phase, { kind: 'claimed' }>['step']) => Phase,
  at: string,
): LeadState {
  const next = withOutcome(state, sendId, outcome);
  const { phase: open } = state;
  if (next === state || !isOfSend(open, sendId) || (open.kind !== 'claimed' && open.kind !== 'parked')) return next;
  return {
    ...next,
    phase: isThrough(next, open.step.index) ? { kind: 'settled', step: open.step, since: at } : phase(open.step),
  };
}

function deferred(state: LeadState, { data, at }: Recorded<'lead.send-deferred'>): LeadState {
  const phase = (step: PlannedStep): Phase => ({ kind: 'deferred', step, retryAt: data.retryAt, since: at });
  return settleSend(withRefusal(state, data, 'deferred'), data.sendId, 'deferred', phase, at);
}

/** The step waits for an operator. */
const parked = (state: LeadState, sendId: string, why: 'failed' | 'unknown', at: string): LeadState =>
  settleSend(state, sendId, why, (step) => ({ kind: 'parked', step, sendId, why }), at);

/**
 * A mail or a text waits for an operator. A post to the rep's chat is followed by the mail: told twice beats untold.
 */
function unknown(state: LeadState, { data: { sendId }, at }: Recorded<'lead.send-unknown'>): LeadState {
  if (state.sends[sendId]?.channel !== 'chat') return parked(state, sendId, 'unknown', at);
  return settleSend(state, sendId, 'unknown', (step) => ({ kind: 'deferred', step, retryAt: at, since: at }), at);
}

/** A dead number, or one whose owner said stop at the gateway, ends this step and the texts to it; mails go on. */
function failed(state: LeadState, { data, at }: Recorded<'lead.send-failed'>): LeadState {
  if (data.channel !== 'sms' || !(data.closed || data.optedOut)) return parked(state, data.sendId, 'failed', at);
  const phase = (step: PlannedStep): Phase => ({ kind: 'settled', step, since: at });
  return settleSend(numberClosed(state, data.sendId), data.sendId, 'failed', phase, at);
}

/** Only the number that the text went to: the lead may have given another one since. */
function numberClosed(state: LeadState, sendId: string | undefined): LeadState {
  const { sms, sends } = state;
  const number = (sendId === undefined ? undefined : sends[sendId]?.number) ?? sms?.number;
  return sms && sms.number === number ? { ...state, sms: { ...sms, closed: true } } : state;
}

const isText = ({ data }: { data: { channel?: Channel | undefined } }): boolean => data.channel === 'sms';

function undelivered(state: LeadState, event: Recorded<'lead.undelivered'>): LeadState {
  const next = fact(state, event);
  if (!isText(event)) return { ...next, undelivered: state.undelivered + 1 };
  return event.data.closed ? numberClosed(next, event.data.sendId) : next;
}

const isThrough = (state: LeadState, step: number): boolean =>
  sendsOfStep(state, state.run?.id ?? '', step).some((send) => send.outcome === 'accepted');

/**
 * The step is done in any phase, unless another attempt is in flight: the outcome of that one finds this one accepted.
 */
function accepted(state: LeadState, sendId: string | undefined, at: string): LeadState {
  const send: Send | undefined = sendId === undefined ? undefined : state.sends[sendId];
  if (sendId === undefined || !send) return state;
  const next = withOutcome(state, sendId, 'accepted');
  const { phase } = next;
  if (next === state || state.run?.id !== send.runId) return next;
  if (phase.kind === 'none' || phase.kind === 'completed' || phase.kind === 'enrolling' || phase.kind === 'settled')
    return next;
  if (phase.step.index !== send.step || (phase.kind === 'claimed' && phase.sendId !== sendId)) return next;
  return { ...next, phase: { kind: 'settled', step: phase.step, since: at } };
}

function sendSkipped(state: LeadState, { data, at }: Recorded<'lead.send-skipped'>): LeadState {
  const next = data.sendId ? withOutcome(withRefusal(state, data, 'skipped'), data.sendId, 'skipped') : state;
  const { phase } = next;
  const mine = data.sendId ? isOfSend(phase, data.sendId) : phase.kind === 'due' || phase.kind === 'parked';
  if (!mine || !('step' in phase) || state.run?.id !== data.runId || phase.step.index !== data.step) return next;
  const { step } = phase;
  const { ends } = GUARDS[data.guard];
  const isLeftOut = ends === 'settled' || (ends === 'when-late' && step.whenLate === 'skip');
  if (isLeftOut || isThrough(next, step.index)) return { ...next, phase: { kind: 'settled', step, since: at } };
  if (ends === 'unrenderable') return { ...next, phase: { kind: 'parked', step, sendId: null, why: ends } };
  return {
    ...next,
    phase: { kind: 'held', step, guard: data.guard, since: at, ...(data.until ? { until: data.until } : {}) },
  };
}

type Fact = Recorded<
  | 'lead.delivered'
  | 'lead.undelivered'
  | 'lead.opened'
  | 'lead.clicked'
  | 'lead.bounced'
  | 'lead.complained'
  | 'lead.unsubscribed'
>;
/** Every report of the ESP about a mail proves that the ESP accepted it. */
const fact = (state: LeadState, { data, at }: Fact): LeadState => accepted(remember(state, data.key), data.sendId, at);

/** Scanners of links follow them as a mail arrives; a person takes longer. */
const MACHINE_CLICK_MS = 60_000;

function clicked(state: LeadState, event: Recorded<'lead.clicked'>): LeadState {
  const { sendId, at } = event.data;
  const claimedAt = sendId === undefined ? undefined : state.sends[sendId]?.startedAt;
  const isByMachine = claimedAt !== undefined && Date.parse(at) - Date.parse(claimedAt) < MACHINE_CLICK_MS;
  const next = happened(fact(state, event), 'clicked');
  return isByMachine ? next : { ...next, lastActivityAt: later(state.lastActivityAt, at) };
}

function stopped(state: LeadState, why: StopWhy, event: { at: string; seq: number }): LeadState {
  const stronger = !state.stop || STOPS.indexOf(why) > STOPS.indexOf(state.stop.why);
  return {
    ...state,
    stop: stronger ? { why, at: event.at, seq: event.seq } : state.stop,
    ...(why === 'unsubscribed' ? { sms: null, textsEndedAt: later(state.textsEndedAt, event.at) } : {}),
    tags: [...new Set([...state.tags, STOP_TAG])],
  };
}

function unsubscribed(state: LeadState, event: Recorded<'lead.unsubscribed'>): LeadState {
  const { sequence } = event.data;
  return sequence === undefined
    ? stopped(state, 'unsubscribed', event)
    : { ...state, declined: [...new Set([...state.declined, sequence])] };
}

function replied(state: LeadState, event: Recorded<'lead.replied'>): LeadState {
  if (event.data.authenticated === false) return unproven(remember(state, event.data.key), event);
  const known = remember(REPLIES[event.data.class].stops ? believed(state) : state, event.data.key);
  const lead = { ...known, replyClass: event.data.class };
  switch (event.data.class) {
    // The person has left the company, and the rep has to be notified.
    case 'human':
    case 'left':
      return {
        ...stopped(happened(lead, 'replied'), 'responded', event),
        lastActivityAt: later(state.lastActivityAt, event.data.at),
        // The event's flag decides, not its class: an old log that is folded anew must not send notices of the distant
        // past.
        untold: event.data.tellRep
          ? [...lead.untold, { id: event.id, at: event.at, text: event.data.text ?? null }]
          : lead.untold,
      };
    case 'unsubscribe':
      return {
        ...stopped(lead, 'unsubscribed', event),
        lastActivityAt: later(state.lastActivityAt, event.data.at),
      };
    case 'out-of-office':
      return { ...lead, awayUntil: later(lead.awayUntil, event.data.until) };
    case 'auto':
      return lead;
  }
}

/**
 * A reply without proof that the lead wrote it: the lead's mails wait for an operator, or for a proven reply. Automatic
 * replies and absences have no effect then.
 */
function unproven(state: LeadState, { id, at, data }: Recorded<'lead.replied'>): LeadState {
  const { held, count, toldAt } = state.unproven;
  return {
    ...state,
    unproven: { held: held || REPLIES[data.class].stops, count: count + 1, toldAt: data.tellRep ? data.at : toldAt },
    untold: data.tellRep ? [...state.untold, { id, at, text: null, unproven: true }] : state.untold,
  };
}

/** An operator or the lead has decided; the interval until the rep's next notice stays. */
const believed = (state: LeadState): LeadState => ({
  ...state,
  unproven: { ...state.unproven, held: false, count: 0 },
});

/**
 * The step that waited when the lead was paused waits for the rest of its time, also in the run that a notice to the
 * rep interrupts: the scheduler plans it again, in its window. In version 1 it kept its time.
 */
function resumed(state: LeadState, { at, data }: Recorded<'lead.resumed'>): LeadState {
  const { althoughAway = true, waitMs } = data;
  const lead = { ...believed(state), paused: null, awayUntil: althoughAway ? null : state.awayUntil };
  if (waitMs === undefined) return lead;
  const { phase, aside } = lead;
  return {
    ...lead,
    phase: again(phase, at, waitMs),
    aside: aside && { ...aside, phase: again(aside.phase, at, waitMs) },
  };
}

const again = (phase: Phase, since: string, waitMs: number): Phase =>
  phase.kind === 'planned' && phase.step.audience === 'lead'
    ? { kind: 'held', step: phase.step, guard: 'paused', since, until: plusMs(since, waitMs) }
    : phase;

/** A tag that an operator adds again may be given by rules again. */
function tagged(state: LeadState, { data: { rules, add, remove } }: Recorded<'lead.tagged'>): LeadState {
  const untagged = [...new Set([...state.untagged.filter((tag) => !add.includes(tag)), ...remove])];
  return {
    ...state,
    tags: [...new Set([...state.tags, ...add])].filter((tag) => !remove.includes(tag)),
    untagged: rules ? state.untagged : untagged.slice(-UNTAGGED_MAX),
  };
}

/** Facts outlive an answer without any: what was found is not untrue because its finder is away. */
function enriched(state: LeadState, { at, data }: Recorded<'lead.enriched'>): LeadState {
  if (state.stop?.why === 'erased') return state;
  const { enricher, outcome, attempt, retryAt, facts = state.enrichment[enricher]?.facts } = data;
  const answer = { outcome, attempt, at, ...(retryAt ? { retryAt } : {}), ...(facts ? { facts } : {}) };
  return { ...state, enrichment: { ...state.enrichment, [enricher]: answer } };
}

const later = (a: string | null, b: string | undefined): string | null =>
  b !== undefined && (a === null || Temporal.Instant.compare(b, a) > 0) ? b : a;

/**
 * An operator's restart lifts the lead's stop in words, for all mail and for this sequence; an address that bounced or
 * complained stays closed.
 */
function lifted(state: LeadState, sequence: string): LeadState {
  const lead = { ...believed(state), untold: [], declined: state.declined.filter((id) => id !== sequence) };
  return state.stop && STOP_RULES[state.stop.why].isLiftable
    ? { ...lead, stop: null, answer: null, tags: state.tags.filter((tag) => tag !== STOP_TAG) }
    : lead;
}

/** A lead that only the witness knows begins here. Known facts are kept: the stronger stop, the better outcome. */
function recovered(state: LeadState, { seq, at, data }: Recorded<'lead.recovered'>): LeadState {
  const sends = { ...state.sends };
  for (const [id, send] of Object.entries(data.sends ?? {})) {
    const mine = sends[id];
    if (!mine || improves(mine.outcome, send.outcome)) sends[id] = { ...send, channel: send.channel ?? 'email' };
  }
  const contact = state.stop?.why === 'erased' ? state.contact : (data.contact ?? state.contact);
  const known = [...new Set([...(data.known ?? []), ...state.known])].slice(-KNOWN_MAX);
  const lead = { ...state, contact, known, sends: Object.fromEntries(Object.entries(sends).slice(-SENDS_MAX)) };
  const { stop } = data;
  // A sender can be first to report a lead that only the witness knows, and a suppressed address may have no lead.
  if (!contact) {
    const reported = { ...state, sends: lead.sends };
    return stop ? stopped(reported, stop.why, { at: stop.at, seq }) : reported;
  }
  if (state.stop?.why === 'erased') return lead;
  if (stop?.why === 'erased') return erased(lead, { at: stop.at, seq });
  const whole = bySends(
    withRun(
      {
        ...lead,
        dossier: data.dossier ?? state.dossier,
        zone: data.zone ?? state.zone,
        origin: data.origin ?? state.origin,
        tags: data.tags ?? state.tags,
        enrichment: { ...recoveredEnrichment(data), ...state.enrichment },
        untagged: [...new Set([...(data.untagged ?? []), ...state.untagged])].slice(-UNTAGGED_MAX),
        rep: data.rep ?? state.rep,
        declined: [...new Set([...(data.declined ?? []), ...state.declined])],
        paused: state.paused ?? data.paused ?? null,
        awayUntil: later(state.awayUntil, data.awayUntil),
        unproven: data.unproven && !state.unproven.held ? data.unproven : state.unproven,
        undelivered: Math.max(state.undelivered, data.undelivered ?? 0),
        mailbox: state.mailbox ?? data.mailbox ?? null,
        ...recoveredTexting(state, data),
        fromStrangers: [...new Set([...(data.fromStrangers ?? []), ...state.fromStrangers])],
        runs: { ...data.runs, ...state.runs },
        told: { ...data.told, ...state.told },
        heard: [...new Set([...(data.heard ?? []), ...state.heard])].slice(-HEARD_MAX),
        newsAt: [...new Set([...(data.newsAt ?? []), ...state.newsAt])].sort().slice(-NEWS_A_DAY_MAX),
        lastActivityAt: later(state.lastActivityAt, data.lastActivityAt),
      },
      data,
    ),
    at,
  );
  return stop ? stopped(whole, stop.why, { at: stop.at, seq }) : whole;
}

/** A stranger's phone gets no texts; the read model knows a consent that was taken back since. */
const recoveredTexting = (
  state: LeadState,
  { witness, number, sms, textsEndedAt }: Recorded<'lead.recovered'>['data'],
): Pick<LeadState, 'number' | 'sms' | 'textsEndedAt'> => ({
  number: state.contact?.phone ? state.number : (number ?? null),
  sms: witness === 'projection' ? (sms ?? null) : state.sms,
  textsEndedAt: later(state.textsEndedAt, textsEndedAt),
});

const recoveredEnrichment = ({
  enrichment = {},
  facts = {},
}: Recorded<'lead.recovered'>['data']): LeadState['enrichment'] =>
  Object.fromEntries(
    Object.entries(enrichment).map(([name, answer]) => {
      const found = facts[name as Enricher];
      return [name, { ...answer, ...(found ? { facts: found } : {}) }];
    }),
  );

/** The run at the position that the witness has. */
function withRun(
  state: LeadState,
  { run, phase, answer, untold = [], words = {}, sends = {} }: Recorded<'lead.recovered'>['data'],
): LeadState {
  if (!phase) return state;
  // The lost log had begun to notify the rep of the reply; the restored log has yet to.
  const runs = Object.values(sends).map(({ runId }) => runId);
  const told = new Set([
    ...[...untold, ...(answer ? [answer] : []), ...(run ? [run] : [])].map(({ id }) => id),
    ...runs,
  ]);
  const worded = (one: Omit<ReplyExcerpt, 'text'>): ReplyExcerpt => ({ ...one, text: words[one.id] ?? null });
  return {
    ...state,
    aside: null,
    run: run ?? null,
    phase: recoveredPhase(phase),
    answer: answer ? worded(answer) : state.answer,
    untold: [...untold.map(worded), ...state.untold.filter(({ id }) => !told.has(id))],
  };
}

/** The phase, built from the event. */
function recoveredPhase(phase: NonNullable<Recorded<'lead.recovered'>['data']['phase']>): Phase {
  if (phase.kind !== 'enrolling') return phase;
  const { step: stepIndex, ...rest } = phase;
  return { ...rest, stepIndex };
}

/** The step under way and the interrupted one, if a witness has a send of theirs. */
function bySends(state: LeadState, at: string): LeadState {
  const next = stepBySends(state, at);
  return next.aside ? swapped(stepBySends(swapped(next), at)) : next;
}

/** A sent mail ends its step; a send of unknown outcome parks it for an operator, before another mail goes out. */
function stepBySends(state: LeadState, since: string): LeadState {
  const { phase, run } = state;
  if (
    phase.kind === 'none' ||
    phase.kind === 'completed' ||
    phase.kind === 'enrolling' ||
    phase.kind === 'settled' ||
    phase.kind === 'claimed'
  )
    return state;
  const { step } = phase;
  if (isThrough(state, step.index)) return { ...state, phase: { kind: 'settled', step, since } };
  const unknown = Object.entries(state.sends).find(
    ([, send]) => send.runId === run?.id && send.step === step.index && isUnsettled(send),
  );
  return unknown && phase.kind !== 'parked'
    ? { ...state, phase: { kind: 'parked', step, sendId: unknown[0], why: 'unknown' } }
    : state;
}

/** An open claim stays open until its outcome or its deadline: mail in flight counts. */
const erased = (state: LeadState, { at, seq }: { at: string; seq: number }): LeadState => ({
  ...state,
  stop: { why: 'erased', at, seq },
  contact: { email: '', address: '' },
  mailbox: null,
  number: null,
  sms: null,
  textsEndedAt: null,
  sends: Object.fromEntries(Object.entries(state.sends).map(([id, { number: _, ...send }]) => [id, send])),
  fromStrangers: [],
  runs: {},
  told: {},
  heard: [],
  newsAt: [],
  dossier: null,
  answer: null,
  untold: [],
  zone: null,
  known: [],
  tags: [STOP_TAG],
  untagged: [],
  enrichment: {},
  rep: null,
  aside: null,
  phase: state.phase.kind === 'claimed' ? state.phase : { kind: 'completed' },
});
