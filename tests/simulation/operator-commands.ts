import type { Recorded } from '@leadstream/contracts/events';
import type { Command } from '@leadstream/lead/command';
import type { Run } from '@leadstream/lead/state';
import type { Safeguards } from '@leadstream/service/commands';
import type { SimulatedRun } from './faults.ts';

/** A command of an operator. Its send and version are resolved once, then stay the same on every attempt. */
export interface CommandRequest {
  readonly make: (send: string, run: Run | null) => Command;
  readonly key?: string;
  /** Set when the command expects the version that the operator saw: the time between reading and sending. */
  readonly thinksMs?: number;
  given?: { command: Command; safeguards: Safeguards };
  readonly attempts: Attempt[];
}

/** One attempt at the command. An attempt without `what` got no answer. */
export interface Attempt {
  afterSeq: number;
  what?: 'done' | 'done before' | 'refused';
}

const KEYED = 0.4;
const VERSIONED = 0.3;

/** A command request. With a key or an expected version, its reason is unique so that its events can be found. */
export function commandRequest(run: SimulatedRun, number: number, make: CommandRequest['make']): CommandRequest {
  const { choices } = run;
  const key = choices.happens('command with a key', KEYED) ? `order-${number}` : undefined;
  const thinksMs = choices.happens('command for a version', VERSIONED) ? run.drawDelayMs('thinks') : undefined;
  const mark = `order-${number}`;
  const marked: CommandRequest['make'] = (...seen) => {
    const command = make(...seen);
    const said = command.kind === 'note' ? { text: mark } : command.kind === 'suppress' ? { list: mark } : {};
    return { ...command, reason: mark, ...said };
  };
  return {
    make: key === undefined && thinksMs === undefined ? make : marked,
    ...(key ? { key } : {}),
    ...(thinksMs === undefined ? {} : { thinksMs }),
    attempts: [],
  };
}

/** The command for the send, the run and the version that the operator sees. */
export function resolvedCommand(
  request: CommandRequest,
  { send, run, version }: { send: string; run: Run | null; version: number },
): NonNullable<CommandRequest['given']> {
  const safeguards = {
    ...(request.key ? { key: request.key } : {}),
    ...(request.thinksMs === undefined ? {} : { expectVersion: version }),
  };
  return (request.given ??= { command: request.make(send, run), safeguards });
}

function markOf(data: Recorded['data']): string | undefined {
  if ('reason' in data) return data.reason;
  if ('list' in data) return data.list;
  return 'text' in data && 'by' in data ? data.text : undefined;
}

/**
 * A key makes one event; an expected version allows only the next event; a command done under a key is never refused
 * under it.
 */
export const commandFaults = (events: readonly Recorded[], requests: readonly CommandRequest[]): string[] =>
  requests.flatMap(({ key, given, attempts }) => {
    // Events deleted by an erasure take their keys along.
    const isCut = events.some((event) => event.type === 'lead.erased' && event.data.forgets);
    const mark = given?.command.reason;
    const made = mark === undefined ? [] : events.filter(({ data }) => markOf(data) === mark);
    const expected = given?.safeguards.expectVersion;
    const first = made[0]?.seq ?? Infinity;
    return [
      ...(key && made.length > 1 ? [`${made.length} events of one command, ${key}`] : []),
      ...made
        .filter(({ version }) => expected !== undefined && version !== expected + 1)
        .map(({ version }) => `${mark} is event ${version}, and was given for version ${expected}`),
      ...attempts
        .filter(({ afterSeq, what }) => key && !isCut && what === 'refused' && first <= afterSeq)
        .map(() => `${key} is done, and was refused`),
      ...attempts
        .filter(({ what }) => key && what === 'done before' && first === Infinity && given?.command.kind !== 'resolve')
        .map(() => `${key} is called done before, and is not in the log`),
    ];
  });
