import type { Audience, Enricher } from '@leadstream/contracts/events';

/** The result of a simulation, as `--json` prints it. Instants are UTC. */
export interface Report {
  from: string;
  until: string;
  seed: number;
  leads: {
    arrived: number;
    refused: number;
    /** By the status at the end. */
    statuses: Record<string, number>;
    /** By the source of the first submission. */
    sources: { source: string; sequence: string; leads: number }[];
    /** The most that were under way at one time. */
    underWayMax: number;
  };
  mails: { toLeads: number; toReps: number };
  /** Of each step: the mails, and the runs of the sequence that have begun. */
  steps: { sequence: string; step: string; to: Audience; mails: number; runs: number }[];
  /** Mails that a guard held back, each lead counted once; `mailed`: leads that got the mail later. */
  held: { sequence: string; step: string; guard: string; leads: number; times: number }[];
  /** Runs that ended without their last step. */
  ended: { sequence: string; why: string; runs: number }[];
  /** Answers of enrichers. */
  enrichment: { enricher: string; outcome: string; leads: number }[];
  /** Enrichers whose facts are unknown here: a rule or condition on them never holds. */
  notAsked: Enricher[];
  /** Tags that the rules of tags.yaml gave, counted. */
  tags: Record<string, number>;
  /** Acts of people, counted. */
  happened: Record<string, number>;
  /** Hours with a mail. */
  hours: { at: string; toLeads: number; toReps: number }[];
  /** The hours with the most mails, and how many of those had waited for business hours. */
  pileUps: { at: string; mails: number; held: number; usual: number }[];
  zones: { zone: string; leads: number; mails: number; byLocalHour: number[] }[];
  clockChanges: { zone: string; at: string; from: string; to: string; mails: number }[];
  quota: {
    perDay: number | null;
    perHour: number | null;
    waited: number;
    medianMs: number;
    p95Ms: number;
    maxMs: number;
    lineMax: number;
  };
  examples: Example[];
}

export interface Example {
  lead: number;
  source: string;
  zone: string | null;
  status: string;
  /** `at` is in the lead's own time. */
  mails: { at: string; sequence: string; step: string; to: Audience; subject: string }[];
}
