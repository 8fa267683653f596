import type { Data, Guard } from '@leadstream/contracts/events';

/** The consequences of a `send-skipped`, by its guard. */
export interface GuardRule {
  /** The `why` of the plan that brings a held step back. */
  replan: Data<'lead.step-planned'>['why'];
  /** Clocks of two services may disagree about it: a step that it holds again and again waits ever longer. */
  byClock: boolean;
  /**
   * What becomes of the step: held; settled, with the next one to come; by its own `whenLate`; or parked, for this
   * reason.
   */
  ends: 'held' | 'settled' | 'when-late' | 'unrenderable';
}

/** The fold and the plan read these; `guard` in claim.ts decides which guard it is. */
export const GUARDS: Readonly<Record<Guard, GuardRule>> = {
  erased: { replan: 'resumed', byClock: false, ends: 'held' },
  suppressed: { replan: 'resumed', byClock: false, ends: 'held' },
  stopped: { replan: 'resumed', byClock: false, ends: 'held' },
  paused: { replan: 'resumed', byClock: false, ends: 'held' },
  away: { replan: 'away', byClock: true, ends: 'held' },
  window: { replan: 'window', byClock: true, ends: 'held' },
  late: { replan: 'late', byClock: true, ends: 'when-late' },
  stalled: { replan: 'retry', byClock: false, ends: 'held' },
  unrenderable: { replan: 'resumed', byClock: false, ends: 'unrenderable' },
  operator: { replan: 'resumed', byClock: false, ends: 'settled' },
};
