import type { Change, Contact, Data, Decision, Dossier, Route, SmsConsent, Zone } from '@leadstream/contracts/events';
import { countsFor } from './canary.ts';
import { mergedInto } from './merge.ts';
import { newsIn } from './news.ts';
import { tagsOfAddress } from './address-tags.ts';
import { isDeclined, NEWS_A_DAY_MAX, UNTOLD_MAX, type LeadState } from './state.ts';

/** A cleaned submission with its route. */
export interface Submission {
  contact: Contact;
  changes: Change[];
  zone: Zone;
  dossier: Dossier;
  route: Route;
  /** The route of a lead that may not be mailed any more, or not again so soon: a mail to the rep. */
  returning: Route;
  intake: Data<'lead.triaged'>['intake'];
  /** Whether its caller is known to report only the person's own entries. */
  trusted: boolean;
  mailbox?: string;
  /** Keyed hash of the phone number. */
  number?: string;
  smsConsent?: SmsConsent;
  /** Whether the sequence of `NEWS_NOTICE` is deployed; a run without one would never begin. */
  canTell?: boolean;
}

/** Limits for strangers' submissions: the current time, and the interval between two runs of one sequence. */
export interface Limits {
  nowMs: number;
  reenrolAfterMs: number;
}

/** Changed details in a submission of a recently notified kind notify the rep at most once a day. */
const DAY_MS = 86_400_000;

/** A submission creates a lead or updates one; the run it starts depends on the run under way and on the caller. */
export function decideTriage(state: LeadState, submission: Submission, limits: Limits): Decision {
  const { contact, changes, zone, dossier, route, intake, trusted, mailbox, number, smsConsent } = submission;
  if (state.known.includes(intake.key)) return { nothing: 'known-already' };
  // An erased lead's data is gone; a form must not restore it.
  if (state.stop?.why === 'erased') return { nothing: 'erased' };
  const said = {
    contact,
    changes,
    tags: [route.tag, ...tagsOfAddress(contact.address)],
    zone,
    dossier,
    intake,
    trusted,
    ...(mailbox === undefined ? {} : { mailbox }),
    ...(number === undefined ? {} : { number }),
    ...(smsConsent ? { smsConsent } : {}),
  };
  if (!state.contact) return { type: 'lead.triaged', data: { ...said, route: firstRoute(state, submission) } };
  const { route: next, reason } = reroute(state, submission, limits);
  // A route change waits for the open claim: it is retried, never dropped.
  if (next && state.phase.kind === 'claimed') return { nothing: 'claim-open' };
  const { merged } = mergedInto(state, submission, trusted);
  const news = next ? undefined : newsForRep(state, submission, limits);
  const added = { ...(merged.length > 0 ? { merged } : {}), ...(news === undefined ? {} : { tellRep: true, news }) };
  return { type: 'lead.resubmitted', data: { ...said, route: next, reason, ...added } };
}

/** A list may have said, before the lead came, that its address gets no mail: then the rep is told. */
const firstRoute = ({ stop }: LeadState, { route, returning }: Submission): Route =>
  stop ? noticeOf(route, returning) : route;

/**
 * The notice has the rank of its submission: a demo request is not held back while the rep is notified of a download.
 */
const noticeOf = (route: Route, returning: Route): Route => ({
  ...returning,
  rank: Math.min(returning.rank, route.rank),
});

/**
 * The new words of a submission that starts no run, so that no mail tells them; undefined: none, or too many. The
 * limits of `isNews` are of what has no words: another campaign, another company.
 */
function newsForRep(state: LeadState, submission: Submission, { nowMs }: Limits): string | undefined {
  const isToday = (at: string): boolean => nowMs - Date.parse(at) < DAY_MS;
  const isEnough = !submission.trusted && state.newsAt.filter(isToday).length >= NEWS_A_DAY_MAX;
  const isForRep = submission.canTell && countsFor('rep', state);
  if (!isForRep || isEnough || state.untold.length >= UNTOLD_MAX) return undefined;
  return newsIn(state, submission);
}

function reroute(state: LeadState, submission: Submission, limits: Limits): { route: Route | null; reason: string } {
  const { route, returning } = submission;
  const underWay = routeUnderWay(state);
  const no = state.stop
    ? `the lead is ${state.stop.why}`
    : state.declined.includes(route.sequence)
      ? `the lead has declined ${route.sequence}`
      : undefined;
  if (no && underWay?.sequence === returning.sequence) return { route: null, reason: 'the rep is being told already' };
  // A declined sequence's submission never replaces a run that the lead, while not stopped, still wants.
  if (!state.stop && underWay && route.rank <= underWay.rank)
    return { route: null, reason: `${underWay.sequence} is under way` };
  const held = no ?? tooSoon(state, submission, limits);
  if (held && (!countsFor('rep', state) || !isNews(state, submission, limits, !no)))
    return { route: null, reason: `${held}: the rep knows, and nothing starts` };
  if (held)
    return {
      route: noticeOf(route, returning),
      reason: `${held}: the rep is told, no mail goes to the lead`,
    };
  return { route, reason: underWay ? `${route.sequence} outranks ${underWay.sequence}` : 'no run was under way' };
}

/** A stranger who knows an address could cause mail to it repeatedly: one run of a sequence in `reenrolAfterMs`. */
function tooSoon(
  state: LeadState,
  { route, trusted }: Submission,
  { nowMs, reenrolAfterMs }: Limits,
): string | undefined {
  const last = state.runs[route.sequence];
  return !trusted && last && nowMs - Date.parse(last.at) < reenrolAfterMs
    ? `${route.sequence} ran until ${last.at}`
    : undefined;
}

/**
 * Whether the rep gets a notice: of a kind of submission without a recent notice, or of changed details on another day.
 * `ran`: a run of its own notified the rep.
 */
function isNews(state: LeadState, submission: Submission, { nowMs, reenrolAfterMs }: Limits, ran: boolean): boolean {
  const { route, trusted } = submission;
  const last = state.runs[route.sequence];
  const toldMs = Math.max(
    Date.parse(state.told[route.tag] ?? '') || -Infinity,
    ran && last?.tag === route.tag ? Date.parse(last.at) : -Infinity,
  );
  const agoMs = nowMs - toldMs;
  return trusted || agoMs >= reenrolAfterMs || (agoMs >= DAY_MS && isChanged(state, submission));
}

/** Compared with the merged dossier: what is missing this time is no change. */
const isChanged = (state: LeadState, submission: Submission): boolean =>
  submission.dossier.source !== state.dossier?.source ||
  mergedInto(state, submission, true).merged.some(({ field }) => !CONTEXT.test(field));
const CONTEXT = /^(?:firstName|lastName|phone|leadData\.(?:utm\..*|medium|campaign|pageURL|submissionTimestamp))$/;

/** null without a run, or with a run of a declined sequence that only waits for a send to be settled. */
function routeUnderWay(state: LeadState): Route | null {
  const { phase, run } = state.aside ?? state;
  if (phase.kind === 'enrolling') return phase.route;
  if (phase.kind === 'none' || phase.kind === 'completed' || !run) return null;
  return isDeclined({ ...state, run }) && phase.step.audience === 'lead' ? null : run.route;
}
