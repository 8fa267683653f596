import type { Recorded } from '@leadstream/contracts/events';
import type { Stored, Streams } from './broker.ts';
import type { Service } from './configuration.ts';
import type { Hunt } from './hunting.ts';
import type { CommandRequest } from './operator-commands.ts';
import type { Compare, Project } from './projecting.ts';
import type { Esp } from './esp.ts';
import type { Process, SimulatedRun } from './faults.ts';

/** What is done with one delivery of a message; it ends well, with a failure, or never, when its process dies. */
export type Handle = (message: Stored, deliveries: number, ended: (failure?: { error: unknown }) => void) => void;

export interface Shown {
  lastSeq: number;
  status: string;
  isDue: boolean;
  faults: readonly string[];
}

/** What happened to the log, for the judge. */
export interface Restored {
  atMs: number;
  endSeq: number;
  lost: readonly Recorded[];
  /** Those of them that the read model had. */
  known: readonly Recorded[];
  heldMs?: number;
  confirmedMs?: number;
  /** Where the log ended at the confirm. */
  confirmedSeq?: number;
}

/** Puts an older log back, in runs that have such a fault. */
export interface Restores {
  readonly restored: Restored | undefined;
  /** Copies what is outside the log as it is now; the function that it returns puts it back with the older log. */
  copy: (seq: number) => (lost: readonly Recorded[]) => void;
}

/** Who works in a house: the services, or a model of them. */
export interface Runtime {
  /** What a process of the service does, as it is right after its start. */
  startProcess: (
    service: Service,
    process: Process,
  ) => { handle?: Handle; hunt?: Hunt; project?: Project; compare?: Compare };
  /** Gives an operator's command, once. */
  command: (operator: Process, leadId: string, request: CommandRequest) => void;
  /** Whether the process pulls from LEADS: not while its log is held. */
  pulls?: (process: Process) => boolean;
  /** What is outside the log: the read model as it is now, to be put back with an older log. */
  restoring?: Restores;
  /** A message of LEADS as the event it is; asked once for each, when it is stored. */
  eventOf: (message: Stored) => Recorded;
  /** Where any of these words can be read, with every key that is left: places of the log, and the read model. */
  readable: (words: readonly string[]) => readonly string[];
  /** Where the log has them without a key. */
  inClear: (words: readonly string[]) => readonly string[];
  /** When the read model says that the lead is due, in ms; Infinity when it does not. */
  readonly dueMs: number;
  /** How far the read model has the lead, 0 without it. */
  readonly shownSeq: number;
  /** What the read model has of the lead, one or nothing; `events` is the log that it should be the fold of. */
  shown: (events: readonly Recorded[]) => readonly Shown[];
}

export interface Backends {
  streams: Streams;
  esp: Esp;
}
/** What the read model has to say: that it has changed, or that a write which it acknowledged is not there. */
export interface RuntimeListener {
  written: () => void;
  lost: () => void;
  opened: () => void;
}
export type StartRuntime = (run: SimulatedRun, backends: Backends, on: RuntimeListener) => Runtime;
