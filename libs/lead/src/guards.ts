import type { Data, Guard } from '@leadstream/contracts/events';

/** The consequences of a `send-skipped`, by its guard. */
export interface GuardRule {
  /** The condition under which it holds a step back, for the documents. */
  says: string;
  /** The `why` of the plan that brings a held step back. */
  replan: Data<'lead.step-planned'>['why'];
  /** Clocks of two services may disagree about it: repeated holds wait longer each time. */
  byClock: boolean;
  /**
   * The effect on the step: held; settled, with the next one to come; by its own `whenLate`; or parked, for this
   * reason.
   */
  ends: 'held' | 'settled' | 'when-late' | 'unrenderable';
}

/** The fold and the plan read these; `guard` in claim.ts decides which guard it is. */
export const GUARDS: Readonly<Record<Guard, GuardRule>> = {
  erased: {
    says: 'the lead is erased; holds back mail to staff, too',
    replan: 'resumed',
    byClock: false,
    ends: 'held',
  },
  suppressed: {
    says: 'the lead bounced, complained, unsubscribed or declined this sequence',
    replan: 'resumed',
    byClock: false,
    ends: 'held',
  },
  stopped: { says: 'the lead has answered', replan: 'resumed', byClock: false, ends: 'held' },
  paused: {
    says: 'an operator paused the lead, or an unproven answer holds it',
    replan: 'resumed',
    byClock: false,
    ends: 'held',
  },
  'no-phone': {
    says: 'by SMS: the lead has no phone number in E.164, or the number takes no texts',
    replan: 'resumed',
    byClock: false,
    ends: 'settled',
  },
  'no-consent': {
    says: 'by SMS: no trusted caller has reported a consent to texts to the lead’s number',
    replan: 'resumed',
    byClock: false,
    ends: 'settled',
  },
  'no-zone': {
    says: 'by SMS: nothing shows where the lead lives, and a default zone could be night',
    replan: 'resumed',
    byClock: false,
    ends: 'settled',
  },
  away: { says: 'the lead is out of office until a day', replan: 'away', byClock: true, ends: 'held' },
  window: {
    says: 'outside the step’s hours where the lead lives, or no room today for mails that strangers asked for',
    replan: 'window',
    byClock: true,
    ends: 'held',
  },
  late: { says: 'later than the step allows', replan: 'late', byClock: true, ends: 'when-late' },
  condition: {
    says: 'the step’s condition does not hold, or the lead has a tag that ends the sequence',
    replan: 'resumed',
    byClock: false,
    ends: 'settled',
  },
  stalled: {
    says: 'the sender was frozen between its claim and its call, and gave the claim back',
    replan: 'retry',
    byClock: false,
    ends: 'held',
  },
  unrenderable: {
    says: 'a token of the mail has neither a value nor a fallback',
    replan: 'resumed',
    byClock: false,
    ends: 'unrenderable',
  },
  operator: {
    says: 'an operator settled an unknown send as not sent, without another attempt',
    replan: 'resumed',
    byClock: false,
    ends: 'settled',
  },
};
