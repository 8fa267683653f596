import type { Recorded } from '@leadstream/contracts/events';
import type { Stored, Streams } from './broker.ts';
import type { Service } from './configuration.ts';
import type { Hunt } from './hunting.ts';
import type { CommandRequest } from './operator-commands.ts';
import type { Compare, Project } from './projecting.ts';
import type { Esp } from './esp.ts';
import type { Process, SimulatedRun } from './faults.ts';

/** Handles one delivery of a message; ends with success, with a failure, or never, when its process dies. */
export type Handle = (message: Stored, deliveries: number, ended: (failure?: { error: unknown }) => void) => void;

export interface Shown {
  lastSeq: number;
  status: string;
  isDue: boolean;
  faults: readonly string[];
}

/** The restore of the log, for the judge. */
export interface Restored {
  atMs: number;
  endSeq: number;
  lost: readonly Recorded[];
  /** Lost events that the read model had. */
  known: readonly Recorded[];
  /** Whether the witness, a process or the clock could show at the restore that the log is an older one. */
  isNoticeable: boolean;
  heldMs?: number;
  /** The end of the log at the hold. */
  heldSeq?: number;
  confirmedMs?: number;
  /** The end of the log at the confirm. */
  confirmedSeq?: number;
}

/** Restores an older log, in runs that have this fault. */
export interface Restores {
  readonly restored: Restored | undefined;
  /** Copies what is outside the log as it is now; the function that it returns puts it back with the older log. */
  copy: (seq: number) => (lost: readonly Recorded[]) => void;
}

/** Runs the services, or a model of them, behind one interface. */
export interface Runtime {
  /** Starts a process of the service; returns its handlers. */
  startProcess: (
    service: Service,
    process: Process,
  ) => { handle?: Handle; hunt?: Hunt; project?: Project; compare?: Compare };
  /** Gives an operator's command once. */
  command: (operator: Process, leadId: string, request: CommandRequest) => void;
  /** Whether the process pulls from LEADS: not while its log is held. */
  pulls?: (process: Process) => boolean;
  /** The state outside the log, to be restored with an older log. */
  restoring?: Restores;
  /** Decodes a message of LEADS; called once for each, when it is stored. */
  eventOf: (message: Stored) => Recorded;
  /** The places where any of these words is readable with the keys that are left: in the log and in the read model. */
  readable: (words: readonly string[]) => readonly string[];
  /** The places where the log has these words unencrypted. */
  inClear: (words: readonly string[]) => readonly string[];
  /** Due time of the lead in the read model, in ms; Infinity without one. */
  readonly dueMs: number;
  /** The last sequence of the lead in the read model, 0 without a document. */
  readonly shownSeq: number;
  /** The lead's document, one or none; `events` is the log that it should be the fold of. */
  shown: (events: readonly Recorded[]) => readonly Shown[];
}

export interface Backends {
  streams: Streams;
  esp: Esp;
}
/**
 * Notifications: the read model has changed, an acknowledged write was lost, a guard has opened, or a confirm has
 * paused the lead.
 */
export interface RuntimeListener {
  written: () => void;
  lost: () => void;
  opened: () => void;
  paused: () => void;
}
export type StartRuntime = (run: SimulatedRun, backends: Backends, on: RuntimeListener) => Runtime;
