import type { Audience } from '@leadstream/contracts/events';
import type { Effect } from '@leadstream/sequences/what-if/paired';

/** Mails of the second world beside those of the first. */
export interface Moves {
  unchanged: number;
  changed: number;
  more: number;
  fewer: number;
  earlier: number;
  later: number;
  /** Of the moved ones, in whole minutes; negative: earlier. null: none moved. */
  medianMs: number | null;
}

/** The result of a comparison, as `--json` prints it. Instants are UTC. */
export interface Report {
  since: string;
  until: string;
  events: number;
  leads: { replayed: number; erased: number; canary: number; neverAtRest: number };
  /** The unchanged replay beside the record: mails of both within a minute, of both at another time, of one only. */
  calibration: { recorded: number; equal: number; moved: number; more: number; fewer: number; share: number };
  /** Times in which due steps waited and none went on: the services or the account stood still. */
  darkTimes: { from: string; to: string }[];
  /** null: nothing is changed, or the calibration is below the bound. */
  comparison: Comparison | null;
}

export interface Comparison {
  mails: Moves;
  /** Leads by what the change does to them; `other`: more of one mail and fewer of another. */
  leads: Record<Effect, number>;
  steps: ({ sequence: string; step: string; to: Audience } & Moves)[];
  /** By the day of the mail, UTC. */
  days: { date: string; unchanged: number; changed: number }[];
  /** Mails to leads by their zone, and by the hour of its clock. */
  zones: ({ zone: string; byLocalHour: { unchanged: number[]; changed: number[] } } & Moves)[];
  /**
   * Recorded events that can't be known in the changed world, because their mail was never sent or their command had no
   * object.
   */
  unknown: { event: string; count: number }[];
  /** Mails without a recorded answer of the provider, taken as accepted. */
  assumed: number;
  /** The same comparison if people answered as long after their mails as they did, instead of at their own time. */
  ifAnswersFollow: Moves;
  examples: Example[];
}

export interface Example {
  lead: string;
  effect: Effect;
  mails: {
    change: 'more' | 'fewer' | 'moved';
    sequence: string;
    step: string;
    to: Audience;
    at: string;
    movedMs: number;
  }[];
}
