import type {
  Audience,
  Channel,
  Contact,
  Dossier,
  Guard,
  PlannedStep,
  Route,
  SendClass,
  Zone,
} from '@leadstream/contracts/events';

/**
 * What is known of one lead: plain JSON, the fold of its events and nothing else.
 * Where it is in its sequence (phase), whether it may be written to (stop) and whether somebody holds it (paused) are
 * three things, so that none of them can forget another.
 */
export interface LeadState {
  /** null: there is no such lead. */
  contact: Contact | null;
  zone: Zone | null;
  dossier: Dossier | null;
  tags: string[];
  stop: Stop | null;
  /** Ids of sequences that the lead wants no mail of, each once; what other sequences send goes on. */
  declined: string[];
  paused: { by: string; at: string } | null;
  /** Answers that nothing proves to be the lead's. */
  unproven: Unproven;
  /** An out-of-office said so: no mail to the lead before. */
  awayUntil: string | null;
  /** Keyed hash of the mailbox behind the address, which other addresses may share. */
  mailbox: string | null;
  /** Parts of the contact and the dossier that came from an untrusted caller. */
  fromStrangers: FromStranger[];
  /** By sequence: when a run of it last began or ended, and by which tag it was asked for. */
  runs: Record<string, { at: string; tag: string }>;
  /** By the tag of a submission: when the rep was last told of one that may not be answered by mail. */
  told: Record<string, string>;
  /** The report to the rep, current or last: a run of its own, whose id is the answer's. */
  answer: ReplyExcerpt | null;
  /** What the rep is told next, oldest first. */
  untold: ReplyExcerpt[];
  /** How often in a row a mail did not arrive for another reason than the address. */
  undelivered: number;
  phase: Phase;
  run: Run | null;
  /** The run and phase interrupted by the report of unproven answers to the rep; they resume after it. */
  aside: { run: Run | null; phase: Phase } | null;
  /** Caller and routed source of the latest run's submission; its bounces are counted by them. */
  origin: Origin | null;
  /** By sendId: one claim each, and what became of it. */
  sends: Record<string, Send>;
  /** Natural keys of submissions and feedback that were taken in already. */
  known: string[];
  /** W3C traceparent of the lead's latest event: the hunter and webhooks go on from it. */
  trace: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  /** When the lead itself last did something: submitted, replied, clicked. */
  lastActivityAt: string | null;
}

/** What a person wrote, by the id of its `replied`. */
export interface ReplyExcerpt {
  id: string;
  at: string;
  text: string | null;
  unproven?: true;
}
/**
 * `held`: one of them, since an operator or a proven answer last decided, would be a stop. `toldAt`: the rep's latest
 * notice.
 */
export interface Unproven {
  held: boolean;
  count: number;
  toldAt: string | null;
}
export interface Origin {
  caller: string;
  tag: string;
}
/** More of them, while the lead is held and the rep was told, are not recorded: a stranger can send any number. */
export const UNPROVEN_MAX = 100;
/** Somebody who writes on and on tells the rep no more than this at once. */
export const UNTOLD_MAX = 5;

/**
 * Whoever declines more sequences than this, one by one, wants none; and who makes names up does not fill the state
 * with them.
 */
export const DECLINED_MAX = 20;

export type FromStranger = 'firstName' | 'lastName' | 'dossier';

/** Sequences and tags are an operator's, and few; a lead remembers the latest of them. */
export const RUNS_MAX = 50;

/** A lead remembers what became of its last sends, and of no earlier ones. */
export const SENDS_MAX = 100;

/** Raised when `evolve` or `view` changes meaning: a document folded by another version is no baseline. */
export const STATE_VERSION = 8;

export const initial: LeadState = {
  contact: null,
  zone: null,
  dossier: null,
  tags: [],
  stop: null,
  declined: [],
  paused: null,
  unproven: { held: false, count: 0, toldAt: null },
  awayUntil: null,
  mailbox: null,
  fromStrangers: [],
  runs: {},
  told: {},
  answer: null,
  untold: [],
  undelivered: 0,
  phase: { kind: 'none' },
  run: null,
  aside: null,
  origin: null,
  sends: {},
  known: [],
  trace: null,
  createdAt: null,
  updatedAt: null,
  lastActivityAt: null,
};

/**
 * Why no automated mail may go to the lead, weakest first: a stronger one replaces a weaker one. What a restart lifts
 * is
 * weaker than what it does not, or it would lift both.
 */
export const STOPS = ['responded', 'unsubscribed', 'bounced', 'complained', 'erased'] as const;
export type StopWhy = (typeof STOPS)[number];
export interface Stop {
  why: StopWhy;
  at: string;
  seq: number;
}

/** The guard that holds a stopped lead's mails back, and whether a restart lifts the stop. */
export const STOP_RULES: Readonly<Record<StopWhy, { guard: Guard; isLiftable: boolean }>> = {
  responded: { guard: 'stopped', isLiftable: true },
  unsubscribed: { guard: 'suppressed', isLiftable: true },
  bounced: { guard: 'suppressed', isLiftable: false },
  complained: { guard: 'suppressed', isLiftable: false },
  erased: { guard: 'erased', isLiftable: false },
};

export interface Run {
  id: string;
  sequence: string;
  version: number;
  route: Route;
  /** Whether an operator or a trusted caller asked for it; absent: from before callers were told apart. */
  trusted?: boolean;
}

export type Phase =
  | { kind: 'none' }
  /** A run is wanted: the scheduler enrols it. `runId` is the id of the event that asked. */
  | { kind: 'enrolling'; runId: string; route: Route; stepIndex: number; since: string; trusted?: boolean }
  | { kind: 'planned'; step: PlannedStep }
  /** `asked`: how often the hunter has said so. */
  | { kind: 'due'; step: PlannedStep; since: string; asked: number }
  | { kind: 'claimed'; step: PlannedStep; sendId: string; attempt: number; deadline: string }
  /** The step is over, accepted or left out by an operator; what comes next is not planned yet. */
  | { kind: 'settled'; step: PlannedStep; since: string }
  | { kind: 'deferred'; step: PlannedStep; retryAt: string; since: string }
  /** A guard said no; planned again when it can pass. */
  | { kind: 'held'; step: PlannedStep; guard: Guard; since: string; until?: string }
  /** Needs an operator. */
  | { kind: 'parked'; step: PlannedStep; sendId: string | null; why: 'unknown' | 'failed' | 'unrenderable' }
  | { kind: 'completed' };

/** `open` becomes anything; `unknown` only something certain; `accepted` is final. */
export type SendOutcome = 'open' | 'unknown' | 'refused' | 'deferred' | 'failed' | 'skipped' | 'accepted';
export interface Send {
  runId: string;
  step: number;
  stepId: string;
  attempt: number;
  audience: Audience;
  channel: Channel;
  outcome: SendOutcome;
  startedAt: string;
  /** A refusal after which the step was tried again; it stays when the provider turns out to have taken the mail. */
  refused?: SendClass;
}

/** How long a phase that waits for a message may wait before the hunter does that message's work. */
export const WATCHDOG_MS = 60_000;
/**
 * A step-due may sit in the sender's queue behind an open breaker for hours: asked again, each time after twice as
 * long.
 */
export const DUE_WATCHDOG_MS = 15 * 60_000;
const DUE_WATCHDOG_MS_MAX = 6 * 3_600_000;

export const STATUSES = ['new', 'active', 'paused', 'parked', 'completed', ...STOPS] as const;
export type Status = (typeof STATUSES)[number];

/** The status that people and queries use. A stop outranks a pause, a pause outranks the phase. */
export function statusOf(state: LeadState): Status {
  if (state.stop) return state.stop.why;
  if (isHeld(state)) return 'paused';
  switch (state.phase.kind) {
    case 'none':
    case 'enrolling':
      return state.run ? 'active' : 'new';
    case 'parked':
      return 'parked';
    case 'completed':
      return 'completed';
    case 'planned':
    case 'due':
    case 'claimed':
    case 'settled':
    case 'deferred':
    case 'held':
      return 'active';
  }
}

/** Whether an operator has to let the lead's mails go on. */
export const isHeld = ({ paused, unproven }: LeadState): boolean => paused !== null || unproven.held;

/** Whether the lead wants no mail of the sequence; by default that of the run under way. */
export const isDeclined = ({ declined, run }: LeadState, sequence = run?.sequence): boolean =>
  sequence !== undefined && declined.includes(sequence);

/** Whether nothing of the sequence may go to this audience any more. Staff are told whatever the lead has said. */
export const isUnwanted = (state: LeadState, audience: Audience, sequence?: string): boolean =>
  audience === 'lead' ? state.stop !== null || isDeclined(state, sequence) : state.stop?.why === 'erased';

/** Whether the step may not go out as things stand. */
export const isBlocked = (state: LeadState, audience: Audience): boolean =>
  isUnwanted(state, audience) || (audience === 'lead' && isHeld(state));

/** Cut to milliseconds, as the read model has it. */
const plusMs = (instant: string, ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(Date.parse(instant) + ms).toString();

/** When the step may go out: not before the lead is back. */
function notBefore({ awayUntil }: LeadState, { audience, at }: PlannedStep): string {
  const isAway = audience === 'lead' && awayUntil !== null && Temporal.Instant.compare(awayUntil, at) > 0;
  return isAway ? awayUntil : at;
}

/** So many milliseconds after an instant. */
interface Wait {
  from: string;
  ms: number;
}
const until = (from: string): Wait => ({ from, ms: 0 });

/**
 * Every phase that waits for a message waits with a time of its own, so that a lost message delays and never strands.
 */
function nextAction(state: LeadState): Wait | null {
  const { phase } = state;
  switch (phase.kind) {
    case 'none':
    case 'parked':
    case 'completed':
      return null;
    case 'claimed':
      return until(phase.deadline);
    case 'enrolling':
    case 'settled':
      return { from: phase.since, ms: WATCHDOG_MS };
    case 'planned':
      return isBlocked(state, phase.step.audience) ? null : until(notBefore(state, phase.step));
    // Behind a step that the sender has yet to skip waits the telling of the answer.
    case 'due':
      return isBlocked(state, phase.step.audience) && state.untold.length === 0
        ? null
        : { from: phase.since, ms: Math.min(DUE_WATCHDOG_MS * 2 ** (phase.asked - 1), DUE_WATCHDOG_MS_MAX) };
    case 'deferred':
    case 'held':
      return isBlocked(state, phase.step.audience) ? null : { from: phase.since, ms: WATCHDOG_MS };
  }
}

/**
 * When the hunter has to look at the lead, as an RFC 3339 instant; null when only a person or a webhook can move it on.
 */
export function nextActionAt(state: LeadState): string | null {
  const next = nextAction(state);
  return next && (next.ms === 0 ? next.from : plusMs(next.from, next.ms));
}

/** The same in ms since the epoch; Infinity for null. */
export function nextActionMs(state: LeadState): number {
  const next = nextAction(state);
  return next ? Date.parse(next.from) + next.ms : Infinity;
}

/** Whether that time has come: to the nanosecond where a plan says it, which nobody may be ahead of. */
export function isDue(state: LeadState, now: Temporal.Instant): boolean {
  const next = nextAction(state);
  return (
    next !== null &&
    (next.ms === 0
      ? Temporal.Instant.compare(next.from, now) <= 0
      : Date.parse(next.from) + next.ms <= now.epochMilliseconds)
  );
}

/** The run's sends of one step; attempts of one step share nothing but this. */
export const sendsOfStep = (state: LeadState, runId: string, step: number): Send[] =>
  Object.values(state.sends).filter((send) => send.runId === runId && send.step === step);

/** Sends of which nobody knows what became; the lead may have gone on without knowing. */
const unknownSends = ({ sends }: LeadState): number =>
  Object.values(sends).filter(({ outcome }) => outcome === 'unknown').length;

/**
 * The state as the read model shows it: what the seeds' state record holds, flat and readable. Instants stay RFC 3339.
 */
export function view(state: LeadState): Record<string, unknown> {
  const { contact, run, phase } = state;
  return {
    email: contact?.email ?? null,
    address: contact?.address ?? null,
    firstName: contact?.firstName ?? null,
    lastName: contact?.lastName ?? null,
    phone: contact?.phone ?? null,
    timeZone: state.zone?.id ?? null,
    zone: state.zone,
    source: state.dossier?.source ?? null,
    tags: state.tags,
    declined: state.declined,
    status: statusOf(state),
    phase: phase.kind,
    sequence: run?.sequence ?? null,
    sequenceVersion: run?.version ?? null,
    step: 'step' in phase ? phase.step.index : phase.kind === 'enrolling' ? phase.stepIndex : null,
    awayUntil: state.awayUntil,
    undelivered: state.undelivered,
    unknownSends: unknownSends(state),
    nextActionAt: nextActionAt(state),
    lastActivityAt: state.lastActivityAt,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
  };
}
