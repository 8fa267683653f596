import type {
  Audience,
  Channel,
  SmsConsent,
  Contact,
  Data,
  Dossier,
  Enricher,
  Guard,
  Happening,
  PlannedStep,
  ReplyClass,
  Route,
  SendClass,
  Zone,
} from '@leadstream/contracts/events';
import { countsFor } from './canary.ts';

/**
 * The state of one lead: plain JSON, a pure fold of its events. The position in its sequence (phase), the permission to
 * mail it (stop) and an operator's hold (paused) are three values, so that none overwrites another.
 */
export interface LeadState {
  /** For draws that are stable for a lead; null before the first event. */
  leadId: string | null;
  /** null: the lead does not exist. */
  contact: Contact | null;
  zone: Zone | null;
  dossier: Dossier | null;
  tags: string[];
  /** Tags that an operator removed: no rule adds them again. The latest last. */
  untagged: string[];
  /** The last answer of each enricher, with the facts of its last answer that had some. */
  enrichment: Partial<Record<Enricher, Enrichment>>;
  /** The id of our rep who has the lead. */
  rep: string | null;
  stop: Stop | null;
  /** Ids of the sequences that the lead declined, each once; other sequences go on. */
  declined: string[];
  paused: { by: string; at: string } | null;
  /** Replies of unproven origin. */
  unproven: Unproven;
  /** The class of the latest proven reply. */
  replyClass: ReplyClass | null;
  /** The date of return from an out-of-office: no mail to the lead before. */
  awayUntil: string | null;
  /** Keyed hash of the mailbox behind the address, which other addresses may share. */
  mailbox: string | null;
  /** Parts of the contact and the dossier that came from an untrusted caller. */
  fromStrangers: FromStranger[];
  /** By sequence: when a run of it last began or ended, and by which tag it was asked for. */
  runs: Record<string, { at: string; tag: string }>;
  /** By the tag of a submission: the rep's last notice of one that mail may not answer. */
  told: Record<string, string>;
  /** Keys of what submissions said to a person, the latest last: said again, it is no news. */
  heard: string[];
  /** The rep's latest notices of what open forms said. */
  newsAt: string[];
  /** The report to the rep, current or last: a run of its own, whose id is the answer's. */
  answer: ReplyExcerpt | null;
  /** The rep's next notices, oldest first. */
  untold: ReplyExcerpt[];
  /** Keyed hash of the contact's phone number, where a trusted caller gave it. */
  number: string | null;
  /** The consent to texts, of one number; null: none, or taken back by an unsubscribe. */
  sms: SmsStanding | null;
  /** The time of the last unsubscribe: an older consent, reported again, is none. */
  textsEndedAt: string | null;
  /** Consecutive mails that did not arrive for another reason than the address. */
  undelivered: number;
  phase: Phase;
  run: Run | null;
  /** The run and phase interrupted by the report of unproven answers to the rep; they resume after it. */
  aside: { run: Run | null; phase: Phase } | null;
  /** Caller and routed source of the latest run's submission; its bounces are counted by them. */
  origin: Origin | null;
  /** By sendId: one claim each, and its outcome. */
  sends: Record<string, Send>;
  /** Natural keys of recorded submissions and feedback. */
  known: string[];
  /** W3C traceparent of the lead's latest event: the hunter and webhooks continue it. */
  trace: string | null;
  /** Id of the span of that trace that appended it: the hunter's span links it. */
  span: string | null;
  /** The id and the time of the lead's last event that has an outcome. */
  lastOutcome: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  /** The lead's own last action: submitted, replied, or clicked, unless a machine did. */
  lastActivityAt: string | null;
}

/** `retryAt`: it is asked again then; absent after an unavailable one: given up. */
export type Enrichment = Pick<Data<'lead.enriched'>, 'outcome' | 'attempt' | 'retryAt' | 'facts'> & { at: string };

/** A person's reply or the news in a submission, by the id of its event. */
export interface ReplyExcerpt {
  id: string;
  at: string;
  text: string | null;
  unproven?: true;
  news?: true;
}
/**
 * `held`: one of them, since the last decision of an operator or a proven reply, would be a stop. `toldAt`: the rep's
 * latest notice.
 */
export interface Unproven {
  held: boolean;
  count: number;
  toldAt: string | null;
}
/** `number`: the keyed hash of the number that the consent is for. `closed`: the number takes no texts. */
export interface SmsStanding extends SmsConsent {
  number: string;
  closed: boolean;
}
export interface Origin {
  caller: string;
  tag: string;
}
/** Limit of recorded replies while the lead is held and the rep was notified: a stranger can send any number. */
export const UNPROVEN_MAX = 100;
/** Limit of waiting notices to the rep, for a person who writes again and again. */
export const UNTOLD_MAX = 5;
/** Limit of notices within 24 hours of what open forms said of one lead: a stranger can submit any number. */
export const NEWS_A_DAY_MAX = 5;

/**
 * Declining more sequences than this counts as declining all mail; the limit also keeps invented names out of the
 * state.
 */
export const DECLINED_MAX = 20;

export type FromStranger = 'firstName' | 'lastName' | 'dossier';

/** Sequences and tags are few and chosen by an operator; a lead keeps the latest of them. */
export const RUNS_MAX = 50;

/** The limit of remembered tags that operators removed. */
export const UNTAGGED_MAX = 100;

/** A lead keeps the outcomes of its latest sends only. */
export const SENDS_MAX = 100;

/**
 * Raised when `evolve`, `view` or the read model's search keys change meaning: a document folded by another version is
 * not a baseline.
 */
export const STATE_VERSION = 25;

export const initial: LeadState = {
  leadId: null,
  contact: null,
  zone: null,
  dossier: null,
  tags: [],
  untagged: [],
  enrichment: {},
  rep: null,
  stop: null,
  declined: [],
  paused: null,
  unproven: { held: false, count: 0, toldAt: null },
  replyClass: null,
  awayUntil: null,
  mailbox: null,
  fromStrangers: [],
  runs: {},
  told: {},
  heard: [],
  newsAt: [],
  answer: null,
  untold: [],
  number: null,
  sms: null,
  textsEndedAt: null,
  undelivered: 0,
  phase: { kind: 'none' },
  run: null,
  aside: null,
  origin: null,
  sends: {},
  known: [],
  trace: null,
  span: null,
  lastOutcome: null,
  createdAt: null,
  updatedAt: null,
  lastActivityAt: null,
};

/**
 * Reasons for no automated mail to the lead, weakest first: a stronger one replaces a weaker one. Liftable stops are
 * weaker than permanent ones; otherwise a restart would lift both.
 */
export const STOPS = ['responded', 'unsubscribed', 'bounced', 'complained', 'erased'] as const;
export type StopWhy = (typeof STOPS)[number];
export interface Stop {
  why: StopWhy;
  at: string;
  seq: number;
}

/** The tag of every stopped lead; only stops and restarts change it. */
export const STOP_TAG = 'STOP_SEQUENCE';

/** The guard that holds a stopped lead's mails, and whether a restart lifts the stop. */
export const STOP_RULES: Readonly<Record<StopWhy, { guard: Guard; isLiftable: boolean }>> = {
  responded: { guard: 'stopped', isLiftable: true },
  unsubscribed: { guard: 'suppressed', isLiftable: true },
  bounced: { guard: 'suppressed', isLiftable: false },
  complained: { guard: 'suppressed', isLiftable: false },
  erased: { guard: 'erased', isLiftable: false },
};

/**
 * The consequences of each class of reply. `stops`: the lead gets no more mail, or is held if its sender is unproven.
 * `isForRep`: the rep is notified, with the reply's text.
 */
export const REPLIES: Readonly<Record<ReplyClass, { stops: boolean; isForRep: boolean }>> = {
  human: { stops: true, isForRep: true },
  left: { stops: true, isForRep: true },
  unsubscribe: { stops: true, isForRep: false },
  'out-of-office': { stops: false, isForRep: false },
  auto: { stops: false, isForRep: false },
};

export interface Run {
  id: string;
  sequence: string;
  version: number;
  route: Route;
  /**
   * Whether an operator or a trusted caller requested it; absent in events written before callers were distinguished.
   */
  trusted?: boolean;
  /** The person's acts since the run began, each once; absent: none. */
  happened?: Happening[];
}

export type Phase =
  | { kind: 'none' }
  /** A requested run: the scheduler enrols it. `runId` is the id of the requesting event. */
  | { kind: 'enrolling'; runId: string; route: Route; stepIndex: number; since: string; trusted?: boolean }
  | { kind: 'planned'; step: PlannedStep }
  /** `asked`: number of `step-due` events so far. */
  | { kind: 'due'; step: PlannedStep; since: string; asked: number }
  | { kind: 'claimed'; step: PlannedStep; sendId: string; attempt: number; deadline: string }
  /** The step is over, accepted or skipped by an operator; the next plan is pending. */
  | { kind: 'settled'; step: PlannedStep; since: string }
  | { kind: 'deferred'; step: PlannedStep; retryAt: string; since: string }
  /** Held by a guard; planned again when the guard can pass. */
  | { kind: 'held'; step: PlannedStep; guard: Guard; since: string; until?: string }
  /** Needs an operator. */
  | { kind: 'parked'; step: PlannedStep; sendId: string | null; why: 'unknown' | 'failed' | 'unrenderable' }
  | { kind: 'completed' };

/** `open` can become any outcome; `unknown` only a certain one; `accepted` is final. */
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
  /** The claim's provider, which alone knows the mail; absent in older claims: sendgrid. */
  provider?: string;
  /** Keyed hash of the number that a text went to. */
  number?: string;
  /** A refusal after which the step was tried again; it stays when the provider turns out to have taken the mail. */
  refused?: SendClass;
}

/** The maximum wait of a phase for a message; then the hunter does that message's work. */
export const WATCHDOG_MS = 60_000;
/**
 * A step-due may wait in the sender's queue behind an open breaker for hours: it is repeated, with the interval doubled
 * each time.
 */
export const DUE_WATCHDOG_MS = 15 * 60_000;
const DUE_WATCHDOG_MS_MAX = 6 * 3_600_000;

export const STATUSES = ['new', 'active', 'paused', 'parked', 'completed', 'suppressed', ...STOPS] as const;
export type Status = (typeof STATUSES)[number];

/** The status that people and queries use. A stop outranks a pause, a pause outranks the phase. */
export function statusOf(state: LeadState): Status {
  if (state.stop) return state.contact ? state.stop.why : 'suppressed';
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

/** Whether the lead's mails wait for an operator. */
export const isHeld = ({ paused, unproven }: LeadState): boolean => paused !== null || unproven.held;

/** Whether the lead declined the sequence; by default that of the run under way. */
export const isDeclined = ({ declined, run }: LeadState, sequence = run?.sequence): boolean =>
  sequence !== undefined && declined.includes(sequence);

/** Whether this audience may get no more mail of the sequence. Staff are notified regardless of the lead's wishes. */
export const isUnwanted = (state: LeadState, audience: Audience, sequence?: string): boolean =>
  audience === 'lead' ? state.stop !== null || isDeclined(state, sequence) : state.stop?.why === 'erased';

/** Whether the step may not be sent now. */
export const isBlocked = (state: LeadState, audience: Audience): boolean =>
  isUnwanted(state, audience) || (audience === 'lead' && isHeld(state));

/** Cut to milliseconds, as the read model has it. */
export const plusMs = (instant: string, ms: number): string =>
  Temporal.Instant.fromEpochMilliseconds(Date.parse(instant) + ms).toString();

/** The earliest time of the step: after the lead's return. */
function notBefore({ awayUntil }: LeadState, { audience, at }: PlannedStep): string {
  const isAway = audience === 'lead' && awayUntil !== null && Temporal.Instant.compare(awayUntil, at) > 0;
  return isAway ? awayUntil : at;
}

/** A number of milliseconds after an instant. */
interface Wait {
  from: string;
  ms: number;
}
const until = (from: string): Wait => ({ from, ms: 0 });

/** Every phase that waits for a message has a time of its own, so that a lost message delays and never strands. */
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
    // Behind a step that the sender has yet to skip waits the notice of the reply, so that the sender is asked at once.
    case 'due': {
      const news = state.untold.at(-1);
      if (news && Temporal.Instant.compare(news.at, phase.since) > 0) return until(news.at);
      return isBlocked(state, phase.step.audience) && !news
        ? null
        : { from: phase.since, ms: Math.min(DUE_WATCHDOG_MS * 2 ** (phase.asked - 1), DUE_WATCHDOG_MS_MAX) };
    }
    case 'deferred':
    case 'held':
      return isBlocked(state, phase.step.audience) ? null : { from: phase.since, ms: WATCHDOG_MS };
  }
}

/**
 * The time of the hunter's next visit, as an RFC 3339 instant; null when only a person or a webhook can move the lead
 * on.
 */
export function nextActionAt(state: LeadState): string | null {
  const next = nextAction(state);
  return next && (next.ms === 0 ? next.from : plusMs(next.from, next.ms));
}

/** Whether that time has come: to the nanosecond where a plan defines it, because an early visit is not allowed. */
export function isDue(state: LeadState, now: Temporal.Instant): boolean {
  const next = nextAction(state);
  return (
    next !== null &&
    (next.ms === 0
      ? Temporal.Instant.compare(next.from, now) <= 0
      : Date.parse(next.from) + next.ms <= now.epochMilliseconds)
  );
}

/** The run of a lead of which nothing is heard. The hunter starts it, without a tag. */
export const RE_ENGAGEMENT: Route = { sequence: 're-engagement', tag: 'lapsed', rank: 0 };
const IDLE_MS = 90 * 86_400_000;
const RE_ENGAGED_MS = 365 * 86_400_000;

/**
 * The time from which the lead counts as lapsed: 90 days after its last activity and a year after its last check-in;
 * null for a lead that is stopped, held, under way, or has declined any sequence.
 */
export function idleAt(state: LeadState): string | null {
  const { phase, aside, stop, declined, lastActivityAt, runs } = state;
  if (!countsFor('re-engagement', state)) return null;
  if (phase.kind !== 'completed' || aside || stop || declined.length > 0 || isHeld(state) || lastActivityAt === null)
    return null;
  const last = runs[RE_ENGAGEMENT.sequence]?.at;
  const againMs = last === undefined ? -Infinity : Date.parse(last) + RE_ENGAGED_MS;
  return Temporal.Instant.fromEpochMilliseconds(Math.max(Date.parse(lastActivityAt) + IDLE_MS, againMs)).toString();
}

/** The run's sends of one step; attempts of one step share nothing but this. */
export const sendsOfStep = (state: LeadState, runId: string, step: number): Send[] =>
  Object.values(state.sends).filter((send) => send.runId === runId && send.step === step);

/** Channels to a phone: a message to a lead needs a consent to its number, and a zone that something shows. */
export const TO_PHONE = { email: false, sms: true, chat: false } as const satisfies Record<Channel, boolean>;

/** Whether a person has to find out what became of the send; of a notice to a chat the rep was told by mail, too. */
export const isUnsettled = ({ outcome, channel }: Send): boolean => outcome === 'unknown' && channel !== 'chat';

/** Number of sends of unknown outcome; the lead may have moved on without it. */
const unknownSends = ({ sends }: LeadState): number => Object.values(sends).filter(isUnsettled).length;

/**
 * Keyed hashes of the lead's number and of each that a text went to: an answer to a text names nothing but a number.
 */
const numbersOf = ({ number, sends }: LeadState): string[] => [
  ...new Set([number, ...Object.values(sends).map((send) => send.number)].filter((one) => one != null)),
];

/**
 * The state as the read model shows it: the contents of the seeds' state record, flat and readable. Instants stay RFC
 * 3339.
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
    rep: state.rep,
    declined: state.declined,
    status: statusOf(state),
    phase: phase.kind,
    sequence: run?.sequence ?? null,
    sequenceVersion: run?.version ?? null,
    step: 'step' in phase ? phase.step.index : phase.kind === 'enrolling' ? phase.stepIndex : null,
    awayUntil: state.awayUntil,
    undelivered: state.undelivered,
    unknownSends: unknownSends(state),
    numbers: numbersOf(state),
    nextActionAt: nextActionAt(state),
    idleAt: idleAt(state),
    lastActivityAt: state.lastActivityAt,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
  };
}
