import type { Audience, Recorded } from '@leadstream/contracts/events';
import type { LeadDocument } from '@leadstream/projection/collections';
import { outcomeOf, readClaims, type Claim } from '@leadstream/verify/claims';
import { judge as judgeLog } from '@leadstream/verify/judge';
import { documentFaults, missingDocument } from '@leadstream/verify/projection';
import { heldBy, standingAfter, stopOf, unhindered } from '@leadstream/verify/standing';
import type { Order } from './orders.ts';
import { toldFaults } from './told.ts';

/** The observations of one lead from outside: its submissions, the log, the ESP and the read model. */
export interface Seen {
  leadId: string;
  email: string;
  /** Keys of the submissions that were accepted. */
  submitted: string[];
  /** In the log's order. */
  events: readonly Recorded[];
  /** One entry for each mail the ESP took; its sendId. */
  mails: string[];
  /** Event types that inbound took the news of. */
  told: Recorded['type'][];
  document: LeadDocument | undefined;
  /** Commands of operators, with what they were told. */
  orders?: readonly Order[];
}

export interface Violation {
  /**
   * A rule of the verifier, or `double`, `lost`, `claim` and `told` for what only the ESP, those who submitted and the
   * operators can show.
   */
  rule: string;
  says: string;
}

/** The audience of each step of a sequence: written down here again, so that a changed definition is noticed. */
const PROMISED: Readonly<Record<string, readonly Audience[]>> = {
  'content-nurture': ['lead', 'lead'],
  'sales-demo': ['staff', 'lead'],
  'returning-lead': ['staff'],
  'reply-notice': ['staff'],
  'unproven-answers': ['staff'],
  're-engagement': ['lead'],
  'news-notice': ['staff'],
  'booked-meeting': ['staff'],
  canary: ['lead', 'lead'],
};

/**
 * All faults of the lead's course; none, if it got exactly the expected mails. The verifier covers what the log alone
 * shows.
 */
export function judge(seen: Seen): Violation[] {
  const { events, document, orders = [] } = seen;
  const { claims } = readClaims(events);
  const outside = {
    double: doubles(seen, claims),
    lost: losses(seen, claims),
    claim: claimTrouble(seen, claims),
    told: toldFaults(events, orders),
  };
  return [
    // At rest nothing waits, for however short a time.
    ...judgeLog(events, { now: Temporal.Instant.fromEpochMilliseconds(8.64e15), overdueMs: 0 }).findings,
    ...(document ? documentFaults(document, events) : []),
    ...missingDocument(document, events, Infinity),
    ...Object.entries(outside).flatMap(([rule, texts]) => texts.map((says) => ({ rule, says }))),
  ];
}

/** Claims with an unknown outcome: an operator sees them, the judge only counts them. */
export const unknowns = (events: readonly Recorded[]): Claim[] =>
  readClaims(events).claims.filter((claim) => outcomeOf(claim) === 'unknown');

const repeated = (keys: readonly string[]): string[] => [
  ...new Set(keys.filter((key, index) => keys.indexOf(key) !== index)),
];
const stepOf = ({ runId, step }: Claim): string => `step ${step} of run ${runId}`;

/** Two of one claim are two of its step as well. */
function doubles({ mails }: Seen, claims: readonly Claim[]): string[] {
  const steps = mails
    .map((sendId) => claims.find((claim) => claim.sendId === sendId))
    .filter((claim) => claim !== undefined)
    .map(stepOf);
  return repeated(steps).map((step) => `two mails for ${step}`);
}

function losses(seen: Seen, claims: readonly Claim[]): string[] {
  const { submitted, events, told, mails } = seen;
  const intake = events.flatMap((event) =>
    event.type === 'lead.triaged' || event.type === 'lead.resubmitted' ? [event.data.intake.key] : [],
  );
  return [
    ...submitted
      .filter((key) => !intake.includes(key))
      .map((key) => `submission ${key} was accepted and is not in the log`),
    ...told
      .filter((type) => !events.some((event) => event.type === type))
      .map((type) => `inbound took the news of ${type}, and it is not in the log`),
    ...claims
      .filter((claim) => outcomeOf(claim) === 'accepted' && !mails.includes(claim.sendId))
      .map(({ sendId }) => `the log has ${sendId} as sent, the ESP never had it`),
    ...missingMails(seen, claims),
  ];
}

/**
 * The last run counts, from the step that it began with: a run that a later submission or command replaced may be
 * incomplete.
 */
function missingMails({ events, mails }: Seen, claims: readonly Claim[]): string[] {
  const asked = events.findLast(
    ({ type, data }) =>
      type === 'lead.triaged' ||
      type === 'lead.restarted' ||
      type === 'lead.moved' ||
      (type === 'lead.resubmitted' && data.route !== null),
  );
  const run = events.find((event) => event.type === 'lead.enrolled' && event.data.runId === asked?.id);
  const standing = events.reduce(standingAfter, unhindered);
  const isUnwanted = stopOf(standing) !== null;
  if (run?.type !== 'lead.enrolled') {
    const isEnded = events.some(({ type, data }) => type === 'lead.sequence-completed' && data.runId === asked?.id);
    return asked && !isEnded ? [`run ${asked.id} was never begun`] : [];
  }
  const ofRun = claims.filter(({ runId }) => runId === run.data.runId);
  if (ofRun.some((claim) => outcomeOf(claim) === 'unknown')) return [];
  const { sequence, planned } = run.data;
  const promised = PROMISED[sequence];
  if (!promised) return [`${sequence} is in no promise`];
  return promised.flatMap((audience, step) => {
    const got = ofRun.some((claim) => claim.step === step && mails.includes(claim.sendId));
    const isExcused = audience === 'lead' && (isUnwanted || heldBy(standing) !== null);
    return got || isExcused || step < planned.index ? [] : [`no mail for step ${step} of ${sequence}`];
  });
}

function claimTrouble({ mails }: Seen, claims: readonly Claim[]): string[] {
  const known = new Map(claims.map((claim) => [claim.sendId, claim]));
  return [
    ...mails.filter((sendId) => !known.has(sendId)).map((sendId) => `a mail of ${sendId}, which was not claimed`),
    ...mails
      .flatMap((sendId) => known.get(sendId) ?? [])
      .filter((claim) => outcomeOf(claim) === 'not sent')
      .map(({ sendId, said }) => `the ESP has ${sendId}, which the log calls ${said.map(({ kind }) => kind).join()}`),
  ];
}
