import type { Audience, Channel, Recorded, SendClass } from '@leadstream/contracts/events';
import type { Finding, Rule } from './finding.ts';

/**
 * The kinds of report about a claim. `reported`: by a delivery, a click or the like, which proves that the provider had
 * the mail.
 */
type Kind =
  | 'sent'
  | 'settled'
  | 'reported'
  | 'deferred'
  | 'failed'
  | 'unknown'
  | 'given back'
  | 'retried'
  | 'resolved as sent'
  | 'resolved as skipped'
  | 'recovered as sent'
  | 'recovered as not sent'
  | 'recovered as unknown';
interface Saying {
  kind: Kind;
  seq: number;
  class: SendClass | null;
}

export interface Claim {
  sendId: string;
  seq: number;
  at: string;
  runId: string;
  step: number;
  audience: Audience;
  channel: Channel;
  attempt: number;
  /** The provider that the claim names; older claims name none. */
  provider?: string | undefined;
  mailHash?: Recorded<'lead.send-started'>['data']['mailHash'];
  /** In the log's order. */
  said: Saying[];
  /** The claim was made in a lost log; `seq` is the event that restored it. */
  recovered?: true;
}

export type Outcome = 'accepted' | 'unknown' | 'open' | 'not sent';

const AGAINST: readonly Kind[] = ['settled', 'reported', 'recovered as sent'];
const AFTER_UNKNOWN: readonly Kind[] = [
  'recovered as sent',
  'recovered as not sent',
  'sent',
  'settled',
  'reported',
  'deferred',
  'failed',
  'given back',
  'resolved as sent',
  'resolved as skipped',
];
/**
 * The allowed successors of each kind. One outcome, except: unknown ends in a certain one, and the provider may revoke
 * a refusal.
 */
const MAY_FOLLOW: Record<Kind | 'nothing', readonly Kind[]> = {
  nothing: [
    'recovered as sent',
    'recovered as not sent',
    'recovered as unknown',
    'sent',
    'settled',
    'reported',
    'deferred',
    'failed',
    'unknown',
    'given back',
    'retried',
  ],
  'recovered as sent': ['sent', 'settled'],
  'recovered as not sent': AGAINST,
  'recovered as unknown': AFTER_UNKNOWN,
  unknown: AFTER_UNKNOWN,
  failed: [...AGAINST, 'resolved as sent', 'resolved as skipped'],
  deferred: AGAINST,
  'given back': AGAINST,
  retried: AGAINST,
  'resolved as skipped': AGAINST,
  reported: ['sent', 'settled'],
  sent: [],
  settled: [],
  'resolved as sent': [],
};
const ACCEPTED: readonly Kind[] = ['sent', 'settled', 'reported', 'resolved as sent', 'recovered as sent'];
/** Refusals by the provider's own response; the others did not come from it. */
const ANSWERED: readonly (SendClass | null)[] = ['rate-limited', 'server-error', 'account'];
/** After these the outcome is unknown, so "not sent" and a retry are forbidden. */
const SILENT: readonly (SendClass | null)[] = ['timeout', 'gateway', 'connection-lost', 'swept'];
/** Retried by the sender itself. */
const TRIED_AGAIN: readonly (SendClass | null)[] = ['rate-limited', 'server-error', 'unreachable'];
/** One call and five retries; then the scheduler plans the step again. */
const ATTEMPTS_MAX = 6;
/** A claim with a longer deadline is as good as one without: no other process could resolve it. */
const DEADLINE_MS_MAX = 3_600_000;

export const acceptanceOf = ({ said }: Claim): Saying | undefined => said.find(({ kind }) => ACCEPTED.includes(kind));

export function outcomeOf(claim: Claim, beforeSeq = Infinity): Outcome {
  const kinds = claim.said.filter(({ seq }) => seq < beforeSeq).map(({ kind }) => kind);
  if (kinds.some((kind) => ACCEPTED.includes(kind))) return 'accepted';
  if (kinds.length === 0) return 'open';
  return kinds.every((kind) => kind === 'unknown' || kind === 'recovered as unknown') ? 'unknown' : 'not sent';
}

/** Whether a provider response reported, before `seq`, that it refused the mail. */
export const wasRefused = ({ said }: Claim, seq: number): boolean =>
  said.some((saying) => saying.seq <= seq && ANSWERED.includes(saying.class));

/** Whether nothing was known of it when `seq` was appended. */
export const wasUnknown = ({ said }: Claim, seq: number): boolean =>
  said.some((saying) => saying.seq < seq && (saying.kind === 'unknown' || saying.kind === 'recovered as unknown'));

/** The claim that an event concerns: of two with one id, the later one. */
export function claimOf(claims: readonly Claim[], { seq, data }: Recorded): Claim | undefined {
  const sendId = 'sendId' in data ? data.sendId : undefined;
  return sendId === undefined ? undefined : claims.findLast((claim) => claim.sendId === sendId && claim.seq <= seq);
}

type Find = (leadId: string, seqs: number[], says: string, rule?: Rule) => void;

/**
 * All claims of a lead with their reports, and the contradictions in them. `restoredSeq`: the end of a restored log.
 */
export function readClaims(
  events: readonly Recorded[],
  restoredSeq = Infinity,
): { claims: Claim[]; findings: Finding[] } {
  const claims: Claim[] = [];
  const findings: Finding[] = [];
  const find: Find = (leadId, seqs, says, rule = 'claim') => void findings.push({ rule, leadId, seqs, says });
  const recovered = new Set(
    events.flatMap((event) => (event.type === 'lead.recovered' ? Object.keys(event.data.sends ?? {}) : [])),
  );
  for (const event of events) {
    if (event.type === 'lead.send-started') begin(event, claims, find);
    else if (event.type === 'lead.recovered') recall(event, claims, find);
    // Of a lost claim that a later event restores.
    else if (
      'sendId' in event.data &&
      event.data.sendId !== undefined &&
      recovered.has(event.data.sendId) &&
      !claimOf(claims, event)
    )
      continue;
    else say(event, claims, find, restoredSeq);
  }
  return { claims, findings };
}

/** An attempt of an older build has fewer parts. */
const isAnother = (a: object, b: object): boolean =>
  Object.entries(a).some(([part, hash]) => Object.hasOwn(b, part) && (b as Record<string, unknown>)[part] !== hash);

function begin({ leadId, seq, at, data }: Recorded<'lead.send-started'>, claims: Claim[], find: Find): void {
  const { sendId, runId, step, audience, channel, attempt, previous, deadline, provider, mailHash } = data;
  const rivals = claims.filter((claim) => claim.runId === runId && claim.step === step);
  const repeated = previous && claims.findLast((claim) => claim.sendId === previous.sendId);
  const last = rivals.at(-1);
  if (previous && (!repeated || repeated !== last || attempt !== repeated.attempt + 1)) {
    find(
      leadId,
      [...(last ? [last.seq] : []), seq],
      `claim ${seq} is attempt ${attempt}, and the claim it repeats is not the attempt before it`,
    );
  }
  if (mailHash && repeated?.mailHash && isAnother(mailHash, repeated.mailHash))
    find(leadId, [repeated.seq, seq], `claim ${seq} repeats claim ${repeated.seq} with another mail`);
  if (!previous && attempt !== 1) find(leadId, [seq], `claim ${seq} is attempt ${attempt}, and repeats none`);
  if (attempt > ATTEMPTS_MAX)
    find(leadId, [seq], `claim ${seq} is attempt ${attempt}, and there may be ${ATTEMPTS_MAX}`);
  if (Date.parse(deadline) - Date.parse(at) > DEADLINE_MS_MAX)
    find(leadId, [seq], `claim ${seq} of ${at} is to be left alone until ${deadline}`);
  if (repeated) add(repeated, { kind: 'retried', seq, class: previous.class }, leadId, find);
  for (const rival of rivals) {
    const outcome = outcomeOf(rival, seq);
    const isMailAfterChat = rival.channel === 'chat' && channel === 'email' && audience === 'staff';
    if (rival !== repeated && outcome !== 'not sent' && !(isMailAfterChat && outcome === 'unknown'))
      find(leadId, [rival.seq, seq], `claim ${seq} of a step whose claim ${rival.seq} was ${outcome}`);
  }
  const twin = claims.findLast((claim) => claim.sendId === sendId);
  if (twin) find(leadId, [twin.seq, seq], `claims ${twin.seq} and ${seq} have the same id`);
  claims.push({ sendId, seq, at, runId, step, audience, channel, attempt, provider, mailHash, said: [] });
}

const RECOVERED = {
  accepted: 'recovered as sent',
  unknown: 'recovered as unknown',
  refused: 'recovered as not sent',
  deferred: 'recovered as not sent',
  failed: 'recovered as not sent',
  skipped: 'recovered as not sent',
} as const satisfies Record<string, Kind>;

/** Claims of the lost log, and its outcomes of the claims that are left. */
function recall({ leadId, seq, data }: Recorded<'lead.recovered'>, claims: Claim[], find: Find): void {
  const { sends = {}, phase } = data;
  if (phase?.kind === 'parked' && phase.sendId !== null && sends[phase.sendId]?.channel === 'chat')
    find(leadId, [seq], `event ${seq} asks an operator about a post to a chat`);
  for (const [sendId, { outcome, refused, startedAt: at, ...of }] of Object.entries(sends)) {
    const { runId, step, audience, channel = 'email', attempt } = of;
    const known = claims.findLast((claim) => claim.sendId === sendId);
    const saying: Saying = { kind: RECOVERED[outcome], seq, class: null };
    const refusal: Saying[] = refused ? [{ kind: 'recovered as not sent', seq, class: refused }] : [];
    const said = saying.kind === 'recovered as not sent' && refused ? refusal : [...refusal, saying];
    if (!known) claims.push({ sendId, seq, at, runId, step, audience, channel, attempt, said, recovered: true });
    else if (outcomeOf(known) === 'open') for (const each of said) add(known, each, leadId, find);
    else if (outcome === 'accepted' && !acceptanceOf(known)) add(known, saying, leadId, find);
  }
}

function say(event: Recorded, claims: Claim[], find: Find, restoredSeq: number): void {
  const kind = kindOf(event);
  if (!kind || !('sendId' in event.data) || event.data.sendId === undefined) return;
  const { leadId, seq, at, data } = event;
  const claim = claimOf(claims, event);
  if (!claim) {
    const isLost = kind === 'reported' && seq > restoredSeq;
    find(leadId, [seq], `event ${seq} says "${kind}" of a send without a claim`, isLost ? 'lost claim' : 'claim');
    // Still a mail: it may be the second one of its step.
    if (event.type === 'lead.sent') claims.push({ ...event.data, seq, at, said: [{ kind, seq, class: null }] });
    return;
  }
  if ('runId' in data && (data.runId !== claim.runId || data.step !== claim.step || data.audience !== claim.audience)) {
    find(leadId, [claim.seq, seq], `event ${seq} is of another step than its claim ${claim.seq}`);
  }
  if (kind === 'sent' && claim.provider !== undefined && 'provider' in data && data.provider !== claim.provider)
    find(leadId, [claim.seq, seq], `claim ${claim.seq} was for ${claim.provider}, and ${data.provider} answered`);
  for (const says of lookupFaults(claim, event)) find(leadId, [claim.seq, seq], says);
  if ('attempt' in data && data.attempt !== claim.attempt)
    find(
      leadId,
      [claim.seq, seq],
      `event ${seq} is of attempt ${data.attempt}, and its claim ${claim.seq} is attempt ${claim.attempt}`,
    );
  add(
    claim,
    {
      kind,
      seq,
      class: refusalOf(event),
    },
    leadId,
    find,
  );
}

/** The clocks of a provider and ours. */
const CLOCKS_MS = 3_600_000;

/** A search settles an unknown send by a record of the claim's own provider, and by nothing else. */
function lookupFaults(claim: Claim, { type, seq, data }: Recorded): string[] {
  if (type !== 'lead.sent') return [];
  const { sendId, foundAt, feedbackKey = '', evidence, provider } = data;
  if (foundAt === undefined && !feedbackKey.startsWith('lookup/')) return [];
  const asked = claim.provider ?? 'sendgrid';
  return [
    ...(foundAt === undefined ? [`event ${seq} settles claim ${claim.seq} by a search without a record`] : []),
    ...(feedbackKey !== `lookup/${sendId}` || evidence !== 'provider-event'
      ? [`event ${seq} says that a search found claim ${claim.seq}, and names another evidence`]
      : []),
    ...(provider === asked ? [] : [`claim ${claim.seq} was for ${asked}, and ${provider} was searched`]),
    ...(claim.said.some(({ kind }) => kind === 'unknown')
      ? []
      : [`claim ${claim.seq} was searched, and its outcome was not unknown`]),
    ...(foundAt !== undefined && Date.parse(foundAt) < Date.parse(claim.at) - CLOCKS_MS
      ? [`claim ${claim.seq} was found by a record that is older`]
      : []),
  ];
}

/** The refusal that an event reports, also of a retry that a guard held back. */
const refusalOf = (event: Recorded): SendClass | null =>
  event.type === 'lead.send-deferred' || event.type === 'lead.send-failed' || event.type === 'lead.send-skipped'
    ? (event.data.class ?? null)
    : null;

function add(claim: Claim, saying: Saying, leadId: string, find: Find): void {
  // Reports come in any number; the first one is the proof, if it is the only proof.
  if (saying.kind === 'reported' && acceptanceOf(claim)) return;
  const before = claim.said.at(-1);
  if (!MAY_FOLLOW[before?.kind ?? 'nothing'].includes(saying.kind)) {
    find(
      leadId,
      [claim.seq, ...(before ? [before.seq] : []), saying.seq],
      `claim ${claim.seq} is "${saying.kind}" after ${before ? `"${before.kind}"` : 'nothing was said'}`,
    );
  }
  if (SILENT.includes(saying.class))
    find(
      leadId,
      [claim.seq, saying.seq],
      `claim ${claim.seq} is "${saying.kind}" for ${saying.class}, after which it is unknown whether it was sent`,
    );
  else if (saying.kind === 'retried' && !TRIED_AGAIN.includes(saying.class))
    find(leadId, [claim.seq, saying.seq], `claim ${claim.seq} is tried again at once for ${saying.class}`);
  claim.said.push(saying);
}

function kindOf(event: Recorded): Kind | undefined {
  switch (event.type) {
    case 'lead.sent':
      return ({ response: 'sent', 'provider-event': 'settled', operator: 'resolved as sent' } as const)[
        event.data.evidence
      ];
    case 'lead.send-deferred':
      return 'deferred';
    case 'lead.send-failed':
      return 'failed';
    case 'lead.send-unknown':
      return 'unknown';
    case 'lead.send-skipped':
      return event.data.guard === 'operator' ? 'resolved as skipped' : 'given back';
    case 'lead.delivered':
    case 'lead.undelivered':
    case 'lead.opened':
    case 'lead.clicked':
    case 'lead.bounced':
    case 'lead.complained':
    case 'lead.unsubscribed':
      return 'reported';
    case 'lead.triaged':
    case 'lead.resubmitted':
    case 'lead.enrolled':
    case 'lead.step-due':
    case 'lead.send-started':
    case 'lead.step-planned':
    case 'lead.sequence-completed':
    case 'lead.suppressed':
    case 'lead.replied':
    case 'lead.paused':
    case 'lead.resumed':
    case 'lead.restarted':
    case 'lead.moved':
    case 'lead.migrated':
    case 'lead.lapsed':
    case 'lead.assigned':
    case 'lead.enriched':
    case 'lead.tagged':
    case 'lead.noted':
    case 'lead.recovered':
    case 'lead.erased':
      return undefined;
    default:
      return event satisfies never;
  }
}
