import type { Nothing, NothingCode } from '@leadstream/contracts/events';
import { SENDS_MAX, type Status } from './state.ts';

/** The meaning of each status, for people. */
export const STATUS_MEANS: Readonly<Record<Status, string>> = {
  new: 'no run yet',
  active: 'a run is under way',
  paused: 'held until an operator lets it go on',
  parked: 'a send waits for an operator',
  completed: 'its run has ended',
  suppressed: 'no lead yet: an imported list says that the address gets no mail',
  responded: 'a person answered',
  unsubscribed: 'wants no mail',
  bounced: 'its address does not work',
  complained: 'reported spam',
  erased: 'its personal data is gone',
};

/** The text of each code, with its detail. */
const NOTHING_MEANS: Readonly<Record<NothingCode, (detail: string) => string>> = {
  'unknown-lead': () => 'no such lead',
  'known-already': () => 'it is known already',
  erased: () => 'the lead is erased',
  stopped: (why) => `the lead is ${why}`,
  declined: (sequence) => `the lead has declined ${sequence}`,
  paused: () => 'the lead is paused',
  'paused-already': () => 'paused already',
  'not-paused': () => 'not paused',
  away: () => 'not paused, and the lead is out of office',
  unchanged: (what) => `nothing would change: ${what}`,
  'reserved-tag': (tag) => `${tag} is set by stops alone`,
  'moved-on': () => 'the lead has moved on',
  'claim-open': () => 'a claim is open',
  'claim-closed': () => 'the claim is not open any more',
  'claim-lost': () => 'the claim is not in the log any more, and nothing was sent',
  guarded: (guard) => `the guard "${guard}" holds it back`,
  'source-paused': () => 'the lead’s source is paused',
  'no-provider': (channel) => `no provider of the channel ${channel} is configured`,
  'wrong-phase': (phase) => `phase is ${phase}`,
  'another-run': (run) => `the run under way is another one (${run})`,
  'no-such-step': (step) => `the other version has no step "${step}"`,
  'other-audience': (step) => `the step "${step}" has another recipient or channel in the other version`,
  'another-step': () => 'another step is due',
  'step-has-send': (outcome) => `a send of this step is ${outcome}`,
  'send-known': (outcome) => `the send is ${outcome}`,
  'unknown-send': (sendId) =>
    `${sendId} is none of the last ${SENDS_MAX} sends of this lead, and it remembers no others`,
  'not-resolvable': (outcome) =>
    outcome === 'chat'
      ? 'it is a post to a rep’s chat: the mail that follows it settles the notice'
      : `the send is ${outcome}; only one whose outcome is unknown, or that its run is parked on, can be resolved`,
  'reason-not-kept': () => 'the lead is erased, so no reason is kept of it: leave it out',
  'unsubscribed-already': () => 'unsubscribed already',
  'unproven-enough': () => 'enough unproven answers are recorded',
  'other-recipient': () => 'it is about a recipient other than the lead',
  'not-due': () => 'not due',
  'not-planned': () => 'nothing was planned',
  'not-deployed': (which) => `sequence ${which} is not deployed`,
  notice: (sequence) => `${sequence} tells the rep of a reply or a submission, and only that starts it`,
  'no-run': () => 'no run',
  blocked: () => 'nothing may be sent',
};

/** A decider's reason for no event, as text for people. */
export const inWords = ({ nothing, detail = '' }: Nothing): string => NOTHING_MEANS[nothing](detail);
