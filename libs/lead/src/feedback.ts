import type { Channel, Data, Decision, Draft, FactSource, Nothing, ReplyClass } from '@leadstream/contracts/events';
import { countsFor } from './canary.ts';
import { DECLINED_MAX, REPLIES, STOPS, UNPROVEN_MAX, UNTOLD_MAX, type LeadState } from './state.ts';

/** An external fact about a lead or one of its mails, as inbound interpreted it. */
export type Feedback = {
  /** Natural key: the same fact always has the same key, whatever id the provider gives a repetition. */
  key: string;
  provider: FactSource;
  /** RFC 3339 instant of the provider. */
  at: string;
  sendId?: string;
  /** Absent: email. */
  channel?: Channel;
  feedbackSeq?: number;
  /** The lead id that the reported address makes; absent where the report names no address that can be read. */
  recipient?: string;
} &
  /** `foundAt`: a search at the provider found it, with this time. */
  (
    | { kind: 'accepted'; providerMessageId?: string; foundAt?: string }
    | { kind: 'delivered' }
    | { kind: 'opened'; machine: boolean }
    | { kind: 'clicked'; url?: string }
    | { kind: 'bounced'; reason?: string; status?: string; classification?: string }
    /** `closed`: of a text; the number takes none. */
    | { kind: 'undelivered'; reason?: string; status?: string; classification?: string; closed?: true }
    | { kind: 'complained' }
    | { kind: 'unsubscribed'; via: Data<'lead.unsubscribed'>['via']; sequence?: string }
    | {
        kind: 'replied';
        class: ReplyClass;
        matchedBy: Data<'lead.replied'>['matchedBy'];
        authenticated?: boolean;
        until?: string;
        evidence?: string;
        text?: string;
      }
  );

/** A fact is recorded once, in every phase of the lead; the fold decides its effect. */
export function decideFeedback(state: LeadState, feedback: Feedback): Decision {
  if (!state.contact) return { nothing: 'unknown-lead' };
  if (state.known.includes(feedback.key)) return { nothing: 'known-already' };
  if (state.stop?.why === 'erased') return afterErasure(state, feedback);
  if (isOfStaff(state, feedback)) return settles(state, feedback);
  if (isOfOther(state, feedback)) return { nothing: 'other-recipient' };
  const { key, provider, at, sendId, channel, feedbackSeq, recipient } = feedback;
  const isNamed = sendId !== undefined && (feedback.kind !== 'replied' || state.sends[sendId]?.audience === 'lead');
  const fact = {
    key,
    provider,
    at,
    ...(isNamed ? { sendId } : {}),
    ...(channel && channel !== 'email' ? { channel } : {}),
    ...(feedbackSeq ? { feedbackSeq } : {}),
    ...(recipient ? { recipient } : {}),
  };
  switch (feedback.kind) {
    case 'accepted':
      return settles(state, feedback);
    case 'delivered':
      return { type: 'lead.delivered', data: fact };
    case 'opened':
      return { type: 'lead.opened', data: { ...fact, machine: feedback.machine } };
    case 'clicked':
      return { type: 'lead.clicked', data: { ...fact, ...defined({ url: feedback.url }) } };
    case 'bounced':
      return { type: 'lead.bounced', data: { ...fact, ...failureOf(feedback) } };
    case 'undelivered':
      return { type: 'lead.undelivered', data: { ...fact, ...failureOf(feedback) } };
    case 'complained':
      return { type: 'lead.complained', data: fact };
    // The link works for ever; without this check each click would be an event.
    case 'unsubscribed':
      return isUnsubscribed(state, feedback.sequence) && !sendId
        ? { nothing: 'unsubscribed-already' }
        : {
            type: 'lead.unsubscribed',
            data: {
              ...fact,
              via: feedback.via,
              ...defined({ sequence: state.declined.length < DECLINED_MAX ? feedback.sequence : undefined }),
            },
          };
    case 'replied':
      return feedback.authenticated === false ? unproven(state, feedback, fact) : replied(state, feedback, fact);
  }
}

type Failure = Extract<Feedback, { kind: 'bounced' | 'undelivered' }>;
const failureOf = ({ reason, status, classification, ...rest }: Failure) =>
  defined({ reason, status, classification, closed: 'closed' in rest ? rest.closed : undefined });

type Reply = Extract<Feedback, { kind: 'replied' }>;
type Fact = Omit<Data<'lead.replied'>, 'class' | 'matchedBy'>;

function replied(state: LeadState, feedback: Reply, fact: Fact): Draft {
  const { class: replyClass, matchedBy, authenticated, until, evidence, text } = feedback;
  const isTold = REPLIES[replyClass].isForRep && countsFor('rep', state) && state.untold.length < UNTOLD_MAX;
  return {
    type: 'lead.replied',
    data: {
      ...fact,
      class: replyClass,
      matchedBy,
      ...defined({ authenticated, until, evidence }),
      ...(isTold ? { tellRep: true, ...defined({ text }) } : {}),
    },
  };
}

const NOTICE_EVERY_MS = 86_400_000;

/**
 * Any sender can forge the lead's address: the rep is notified at most once a day, and replies without effect are
 * recorded UNPROVEN_MAX times. Their text is kept for the operator who judges them.
 */
function unproven(state: LeadState, feedback: Reply, fact: Fact): Decision {
  const { class: replyClass, matchedBy, until, evidence, text } = feedback;
  const { held, count, toldAt } = state.unproven;
  const isStop = REPLIES[replyClass].stops;
  const isErased = state.stop?.why === 'erased';
  const isTold =
    isStop &&
    !isErased &&
    countsFor('rep', state) &&
    state.untold.length < UNTOLD_MAX &&
    (toldAt === null || Date.parse(fact.at) - Date.parse(toldAt) >= NOTICE_EVERY_MS);
  if (!isTold && (held || !isStop) && count >= UNPROVEN_MAX) return { nothing: 'unproven-enough' };
  return {
    type: 'lead.replied',
    data: {
      ...fact,
      class: replyClass,
      matchedBy,
      authenticated: false,
      ...defined({ until, evidence, text: isStop && !isErased ? text : undefined }),
      ...(isTold ? { tellRep: true } : {}),
    },
  };
}

/** The person's actions are dropped; outcomes of mails are still recorded, so that each send is settled. */
function afterErasure(state: LeadState, feedback: Feedback): Decision {
  const settled = settles(state, feedback);
  return 'nothing' in settled ? { nothing: 'erased' } : settled;
}

const isUnsubscribed = ({ stop, declined }: LeadState, sequence: string | undefined): boolean =>
  (stop !== null && STOPS.indexOf(stop.why) >= STOPS.indexOf('unsubscribed')) ||
  (sequence !== undefined && declined.includes(sequence));

/**
 * A bounce or spam report of a rep proves only that the provider had the mail, and changes nothing for the lead. The id
 * in a reply is not signed: anyone may write it, so it changes nothing.
 */
const isOfStaff = (state: LeadState, { kind, sendId }: Feedback): boolean =>
  kind !== 'delivered' && kind !== 'replied' && sendId !== undefined && state.sends[sendId]?.audience === 'staff';

/** A blind copy's or an archive's event bears the ids of the lead's mail, and its bounce does not concern the lead. */
const isOfOther = ({ leadId, sends }: LeadState, { recipient, sendId }: Feedback): boolean =>
  recipient !== undefined && recipient !== leadId && (sendId === undefined || sends[sendId]?.audience !== 'staff');

const MISSES: ReadonlySet<Feedback['kind']> = new Set(['bounced', 'undelivered', 'complained', 'unsubscribed']);

/**
 * Whether a mail to the rep did not arrive, or later ones will not: the lead is fine, and no other event reports this.
 */
export const missesRep = (state: LeadState, feedback: Feedback): boolean =>
  MISSES.has(feedback.kind) && isOfStaff(state, feedback);

/** Acceptance by the provider is recorded when it is new: the outcome was unknown, or the response was an error. */
function settles(state: LeadState, feedback: Feedback): Draft | Nothing {
  const { key, provider, sendId } = feedback;
  const send = sendId === undefined ? undefined : state.sends[sendId];
  if (!send || sendId === undefined) return { nothing: 'unknown-send', detail: sendId };
  if (send.outcome === 'accepted') return { nothing: 'send-known', detail: send.outcome, isFinal: true };
  const { outcome: _, startedAt: __, refused: ___, provider: ____, number: _____, ...about } = send;
  const { providerMessageId, foundAt } = feedback.kind === 'accepted' ? feedback : {};
  return {
    type: 'lead.sent',
    data: {
      ...about,
      sendId,
      provider,
      evidence: 'provider-event',
      feedbackKey: key,
      ...defined({ providerMessageId, foundAt }),
    },
  };
}

/** Drops undefined members: in JSON, absent means absent. */
const defined = <T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
