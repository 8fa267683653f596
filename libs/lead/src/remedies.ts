import type { Nothing, NothingCode } from '@leadstream/contracts/events';

const restart = () => 'a restart lifts that';
const whole = () => 'look at the lead again (lead show), then give the command for what you see';

/** The way by which a refused command becomes possible; null: none, or no command is refused for this reason. */
const REMEDIES: Readonly<Record<NothingCode, ((detail: string) => string) | null>> = {
  'unknown-lead': () => 'the address must have been submitted first',
  erased: null,
  stopped: (why) =>
    why === 'responded' || why === 'unsubscribed'
      ? restart()
      : 'nothing lifts that: the address does not work, or its owner reported spam',
  declined: restart,
  'paused-already': () => 'resume ends the pause',
  'not-paused': () => 'nothing holds its mails; lead show has what it waits for',
  away: () => 'the option although-away writes to it nevertheless',
  unchanged: null,
  'reserved-tag': () => 'stop sets the tag, and restart removes it',
  'moved-on': whole,
  'claim-open': () => 'a mail is in flight: give the command again in a minute, or resolve the send if it is unknown',
  'another-run': whole,
  'no-such-step': () => 'name a step of the version',
  'other-audience': null,
  'step-has-send': () => 'the run goes on in its version',
  'unknown-send': () => 'sends unknown lists those that can be resolved',
  'not-resolvable': null,
  'reason-not-kept': () => 'give it without a reason',
  'not-deployed': () => 'deploy the sequence, or name another one',
  notice: () => 'name another sequence (sequences list)',
  'no-run': () => 'enrol the lead in a sequence',
  'known-already': null,
  'wrong-phase': () => 'wait until its next step is planned',
  paused: () => 'resume ends the pause',
  'claim-closed': null,
  'claim-lost': null,
  guarded: null,
  'source-paused': null,
  'no-provider': null,
  'another-step': null,
  'send-known': null,
  'unsubscribed-already': restart,
  'unproven-enough': null,
  'other-recipient': null,
  'not-due': null,
  'not-planned': null,
  blocked: null,
};

/** The way to make the command possible, for people; undefined: there is none. */
export const remedyOf = ({ nothing, detail = '' }: Nothing): string | undefined => REMEDIES[nothing]?.(detail);
