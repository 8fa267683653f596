import { isDeepStrictEqual } from 'node:util';
import type { Nothing, Recorded } from '@leadstream/contracts/events';
import { positionOf } from '@leadstream/eventlog/chain';
import { commandId } from '@leadstream/eventlog/ids';
import type { Decider, EventLog, Loaded } from '@leadstream/eventlog/log';
import { decideCommand, type Command } from '@leadstream/lead/command';
import { stateAfter } from '@leadstream/lead/evolve';
import type { LeadState } from '@leadstream/lead/state';
import { remedyOf } from '@leadstream/lead/remedies';
import { inWords } from '@leadstream/lead/words';

export interface Safeguards {
  /** Chosen by the caller, one per command; with it the command may be repeated. */
  key?: string;
  /** The lead's version that the caller has read; the command holds for exactly that state. */
  expectVersion?: number;
}

export type Refusal =
  | { refused: 'moved-on'; expectVersion: number }
  | { refused: 'key-reused'; event: Recorded }
  /** The lead's state does not allow the command. */
  | ({ refused: 'decided' } & Nothing);

/** `isNew: false`: the same command was given before under this key, and `event` is what it made. */
export type Given = ({ event: Recorded; isNew: boolean } | Refusal) & { after: Loaded<LeadState> };

/**
 * Appends an operator's command as an event of the lead; no other code does. It decides on the leader's newest state,
 * and again after each concurrent append.
 *
 * - With `key` the event's id is made of the lead and the key, and the lead's log is searched for it before anything is
 *   decided. The same command again is `isNew: false` with the first event, whatever has happened since; another
 *   command under the key is refused. An erasure that deletes earlier events deletes their keys with them.
 * - With `expectVersion` a lead with more or fewer events is refused, also when they came during this call.
 * - Without a key the id is made of the position decided on and the command, so two equal commands at one moment are
 *   one event.
 *
 * A crash before the append leaves nothing behind. A crash or a timeout after it can leave the event in the log: the
 * caller repeats the command under its key. Without a key a repeated restart, move, tag or resume is a second event.
 * Throws HoleInChain, KeyLost, Unavailable.
 */
export async function giveCommand(
  log: EventLog<LeadState>,
  leadId: string,
  command: Command,
  safeguards: Safeguards = {},
): Promise<Given> {
  const { key, expectVersion } = safeguards;
  const decider: Decider<LeadState> = (state, { version }) =>
    expectVersion !== undefined && version !== expectVersion ? { nothing: 'moved-on' } : decideCommand(state, command);
  if (key === undefined) {
    const from = await log.load(leadId, { leader: true });
    const outcome = await log.hop(`command ${command.kind}`, from, () =>
      log.decide(leadId, (at) => log.idAt(at, nameOf(command)), decider, from),
    );
    return 'event' in outcome
      ? { event: outcome.event, isNew: true, after: outcome.after }
      : refusal(outcome, expectVersion);
  }
  const id = commandId(leadId, key);
  for (;;) {
    const events = await log.history(leadId);
    const from = folded(leadId, events);
    const done = events.findIndex((event) => event.id === id);
    if (events[done]) return { ...repeated(events[done], folded(leadId, events.slice(0, done)), command), after: from };
    const outcome = await log.hop(`command ${command.kind}`, from, () => log.decide(leadId, id, decider, from));
    if ('event' in outcome) {
      const { event, before, after } = outcome;
      // A concurrent caller may have used the key for another command: the search above finds it then.
      if (event.prevSeq === before.lastSeq && isAskedFor(event, before, command)) return { event, isNew: true, after };
    } else if (outcome.after.lastSeq === from.lastSeq) return refusal(outcome, expectVersion);
  }
}

/** The refusal as an operator reads it, with what makes the command possible. */
export function describeRefusal(refused: Refusal & { after: Loaded<LeadState> }): string {
  switch (refused.refused) {
    case 'decided':
      return refusedInWords(refused);
    case 'moved-on':
      return (
        `the lead is at version ${refused.after.version}, not at ` +
        `${refused.expectVersion}: look at it again before you decide`
      );
    case 'key-reused':
      return (
        `the key was used for another command: event ${refused.event.version}, ` +
        `${refused.event.type}, at ${refused.event.at}; choose a new key`
      );
  }
}

export function refusedInWords(nothing: Nothing): string {
  const remedy = remedyOf(nothing);
  return remedy === undefined ? inWords(nothing) : `${inWords(nothing)}; ${remedy}`;
}

function refusal({ after, ...why }: Nothing & { after: Loaded<LeadState> }, expectVersion: number | undefined): Given {
  if (expectVersion !== undefined && after.version !== expectVersion)
    return { refused: 'moved-on', expectVersion, after };
  return { refused: 'decided', ...why, after };
}

const repeated = (event: Recorded, before: Loaded<LeadState>, command: Command) =>
  isAskedFor(event, before, command) ? { event, isNew: false } : { refused: 'key-reused' as const, event };

/**
 * Whether the command, decided on the state before the event, makes that event. Sealed words are gone after an erasure:
 * they do not count, and neither do the reason and the time of a stop, which a repetition may name anew.
 */
function isAskedFor(event: Recorded, { state }: Loaded<LeadState>, command: Command): boolean {
  const decision = decideCommand(state, command);
  const differing = {
    reason: undefined,
    ...(event.type === 'lead.unsubscribed' ? { key: undefined, at: undefined } : {}),
    ...(event.sealed === undefined ? {} : { text: undefined }),
  };
  const comparable = (data: object): unknown => JSON.parse(JSON.stringify({ ...data, ...differing }));
  return (
    !('nothing' in decision) &&
    decision.type === event.type &&
    isDeepStrictEqual(comparable(decision.data), comparable(event.data))
  );
}

function folded(leadId: string, events: readonly Recorded[]): Loaded<LeadState> {
  const last = events.at(-1);
  const state = stateAfter(events);
  return { leadId, state, ...(last ? positionOf(last) : { version: 0, lastSeq: 0 }) };
}

/** A sealed reason or note must not be guessable by an id. */
const nameOf = (command: Command): string =>
  `command/${JSON.stringify({ ...command, reason: undefined, text: undefined })}`;
