import type { Audience, Recorded } from '@leadstream/contracts/events';
import { chainOf, claimsOf, isStop, type Claim } from './claims.ts';

/** What was seen of one lead from outside: by those who submitted it, in the log, at the ESP, in the read model. */
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
  /** What the read model has, and what the log folds to. */
  document: unknown;
  folded: unknown;
}

export type Rule = 'double' | 'after stop' | 'lost' | 'chain' | 'claim' | 'fact' | 'read model';
export interface Violation {
  rule: Rule;
  says: string;
}

/** Who gets the mails of a sequence, step by step: written down here once more, so that a changed definition is noticed. */
const PROMISED: Readonly<Record<string, readonly Audience[]>> = {
  'content-nurture': ['lead', 'lead'], 'sales-demo': ['staff', 'lead'], 'returning-lead': ['staff'],
};

/** All that is wrong with what happened to the lead; nothing, if it got exactly the mails it should. */
export function judge(seen: Seen): Violation[] {
  const claims = claimsOf(seen.events);
  const rules: Record<Rule, (seen: Seen, claims: readonly Claim[]) => string[]> = {
    double: doubles, 'after stop': afterStop, lost: losses, chain: ({ events }) => chainOf(events), claim: claimTrouble, fact: facts, 'read model': readModel,
  };
  return (Object.keys(rules) as Rule[]).flatMap((rule) => rules[rule](seen, claims).map((says) => ({ rule, says })));
}

/** Claims whose outcome nobody knows: an operator sees them, the judge only counts them. */
export const unknowns = (events: readonly Recorded[]): Claim[] => claimsOf(events).filter(({ outcomes }) => outcomes.join() === 'unknown');

const repeated = (keys: readonly string[]): string[] => [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
const stepOf = ({ runId, step }: Claim): string => `step ${step} of run ${runId}`;

/** Two of one claim are two of its step as well. */
function doubles({ mails }: Seen, claims: readonly Claim[]): string[] {
  const steps = mails.map((sendId) => claims.find((claim) => claim.sendId === sendId)).filter((claim) => claim !== undefined).map(stepOf);
  return repeated(steps).map((step) => `two mails for ${step}`);
}

function afterStop({ events }: Seen, claims: readonly Claim[]): string[] {
  const stop = events.find(isStop);
  return claims.filter(({ audience, seq }) => stop && audience === 'lead' && seq > stop.seq).map(({ sendId, seq }) => `claim ${sendId} (${seq}) after ${stop?.type} (${stop?.seq})`);
}

function losses(seen: Seen, claims: readonly Claim[]): string[] {
  const { submitted, events, told, mails } = seen;
  const intake = events.flatMap((event) => (event.type === 'lead.triaged' || event.type === 'lead.resubmitted' ? [event.data.intake.key] : []));
  return [
    ...submitted.filter((key) => !intake.includes(key)).map((key) => `submission ${key} was accepted and is not in the log`),
    ...repeated(intake).map((key) => `submission ${key} is in the log twice`),
    ...told.filter((type) => !events.some((event) => event.type === type)).map((type) => `inbound took the news of ${type}, and it is not in the log`),
    ...claims.filter(({ sendId, outcomes }) => outcomes.includes('accepted') && !mails.includes(sendId)).map(({ sendId }) => `the log has ${sendId} as sent, the ESP never had it`),
    ...missingMails(seen, claims),
  ];
}

/** The last run is the one that counts: what a later submission took over from is cut short, and may be. */
function missingMails({ events, mails }: Seen, claims: readonly Claim[]): string[] {
  const asked = events.findLast((event) => event.type === 'lead.triaged' || (event.type === 'lead.resubmitted' && event.data.route !== null));
  const run = events.find((event) => event.type === 'lead.enrolled' && event.data.runId === asked?.id);
  if (run?.type !== 'lead.enrolled') return asked ? [`run ${asked.id} was never begun`] : [];
  const ofRun = claims.filter(({ runId }) => runId === run.data.runId);
  if (ofRun.some(({ outcomes }) => outcomes.join() === 'unknown')) return [];
  const stopped = events.some(isStop);
  return (PROMISED[run.data.sequence] ?? []).flatMap((audience, step) => {
    const got = ofRun.some((claim) => claim.step === step && mails.includes(claim.sendId));
    return got || (stopped && audience === 'lead') ? [] : [`no mail for step ${step} of ${run.data.sequence}`];
  });
}

function claimTrouble({ mails }: Seen, claims: readonly Claim[]): string[] {
  const known = new Map(claims.map((claim) => [claim.sendId, claim]));
  return [
    ...claims.filter(({ outcomes }) => outcomes.length === 0).map(({ sendId }) => `claim ${sendId} has no outcome`),
    ...claims.filter(({ outcomes }) => outcomes.length > 1).map(({ sendId, outcomes }) => `claim ${sendId} is ${outcomes.join(' and ')}`),
    ...mails.filter((sendId) => !known.has(sendId)).map((sendId) => `a mail of ${sendId}, which nobody claimed`),
    ...mails.filter((sendId) => known.get(sendId)?.outcomes.some((outcome) => outcome !== 'accepted' && outcome !== 'unknown'))
      .map((sendId) => `the ESP has ${sendId}, which the log calls ${known.get(sendId)?.outcomes.join()}`),
  ];
}

const facts = ({ events }: Seen): string[] =>
  repeated(events.flatMap(({ data }) => ('key' in data ? [data.key] : []))).map((key) => `fact ${key} is in the log twice`);

const readModel = ({ document, folded }: Seen): string[] =>
  JSON.stringify(document) === JSON.stringify(folded) ? [] : [`the read model has ${JSON.stringify(document)}, the log folds to ${JSON.stringify(folded)}`];
