import type { Draft, Enricher, PlannedStep, Recorded } from '@leadstream/contracts/events';
import type { ProviderResponse } from '@leadstream/lead/claim';
import type { Command } from '@leadstream/lead/command';
import type { Found } from '@leadstream/lead/enrich';
import type { Feedback } from '@leadstream/lead/feedback';
import type { LeadState } from '@leadstream/lead/state';
import type { TagRule } from '../tag-rules.ts';
import type { Agenda } from './agenda.ts';
import type { Mail, Mailing } from './mail.ts';
import type { Lead, Provider } from './shell.ts';
import type { Turns } from './turns.ts';

type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
/** A fact about the lead without what the simulator knows of it. */
export type Fact = Without<Feedback, 'key' | 'at' | 'provider' | 'feedbackSeq'>;

/** A fact, an operator's command, or an event that no decider makes here; `nothing`: it has lost its object. */
export type Act =
  { fact: Fact } | { feedback: Feedback } | { command: Command } | { event: Draft } | { nothing: 'no-object' };

/** The sender's part of one lead. */
export interface Sending extends Provider {
  /** True while a mail waits for its turn. */
  readonly inLine: boolean;
  /** Writes the mail that `take` sends. Returns why it cannot be written. */
  write(lead: Lead, step: PlannedStep): string | undefined;
}

/** The delays of the services' work; absent: none. */
export interface Delays {
  /** Until the scheduler plans after the event, with the lead's state then. */
  planMs(state: LeadState): number;
  /** The time of the hunter's visit that is due at `dueMs`. */
  visitMs(state: LeadState, dueMs: number): number;
  /** From a step-due, the newest event of the state, to the sender's decision. */
  sendMs(state: LeadState): number;
  /** Between a refusal and the next call. */
  retryMs(ms: number): number;
  /** The time for which the claimant stands still between its claim and its call. */
  stallMs(): number;
}

export interface Setting extends Mailing {
  reenrolAfterMs: number;
  /** Absent: none. */
  tagRules?: readonly TagRule[] | undefined;
  /** The facts that each enricher finds about a lead; absent: none is asked. */
  enrichers?: readonly { name: Enricher; find: (state: LeadState) => Found }[] | undefined;
  /** In [0, 1), for all waits alike; absent: each wait's own draw, as the scheduler's. */
  draw?: () => number;
  /**
   * The response to the call for the mail, and whether the provider took it although; absent or undefined: accepted.
   */
  respond?: (mail: Mail, leadId: string) => { response: ProviderResponse; isTaken?: boolean } | undefined;
  /** The acts that follow an accepted mail, `afterMs` later. */
  react?: (mail: Mail, leadId: string) => readonly { afterMs: number; act: Act }[];
  /** The clock's unit: a plan is due at the next tick, and a shorter wait of the sender takes no time. Default 1. */
  tickMs?: number;
}

/** The surroundings that all leads of a simulation share. */
export interface World {
  readonly agenda: Agenda;
  readonly untilMs: number;
  readonly setting: Setting;
  /** Absent: the provider takes any number of mails. */
  readonly turns?: Turns;
  recorded(event: Recorded, after: LeadState): void;
  mailed(mail: Mail, leadId: string): void;
  /** Absent: every mail is written and accepted, or `respond` answers for it. */
  readonly sending?: Sending;
  readonly delays?: Delays;
  /** The outcome of an act or a submission, by the number it was given. */
  decided?(input: number, did: boolean): void;
  /** After each task of the lead. */
  settled?(leadId: string): void;
}
