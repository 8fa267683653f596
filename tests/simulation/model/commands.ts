import type { Decision } from '@leadstream/contracts/events';
import { decideCommand, type Command } from '@leadstream/lead/command';
import type { LeadState } from '@leadstream/lead/state';
import { idOf } from '@leadstream/sequences/simulator/shell';
import { wait, type Work } from '@leadstream/sequences/simulator/work';
import type { Safeguards } from '@leadstream/service/commands';
import type { Process, SimulatedRun } from '../faults.ts';
import { resolvedCommand, type Attempt, type CommandRequest } from '../operator-commands.ts';
import { pausing, type Lead, type ModelLog } from './log.ts';

export function* command(run: SimulatedRun, process: Process, log: ModelLog, request: CommandRequest): Work<void> {
  const {
    state: { phase, sends, run: seen },
    version,
    lastSeq,
  } = yield* log.load(true);
  // Outside of `parked` the command names the first send, as a careless operator would.
  const send = (phase.kind === 'parked' ? phase.sendId : Object.keys(sends)[0]) ?? '';
  const { command, safeguards } = resolvedCommand(request, { send, run: seen, version });
  run.trace(process.name, command.kind);
  if (request.thinksMs) yield* wait(pausing(run, request.thinksMs));
  const attempt: Attempt = { afterSeq: lastSeq };
  request.attempts.push(attempt);
  attempt.what = yield* give(log, command, safeguards);
}

/** The log is searched for the key before the decision; an expected version is part of the decision. */
function* give(
  log: ModelLog,
  command: Command,
  { key, expectVersion }: Safeguards,
): Work<NonNullable<Attempt['what']>> {
  const decide = (state: LeadState, { version }: Lead): Decision =>
    expectVersion !== undefined && version !== expectVersion ? { nothing: 'moved-on' } : decideCommand(state, command);
  for (;;) {
    const from = yield* log.load(true);
    if (key && log.has(key)) return 'done before';
    const outcome = yield* log.decide(key ?? (({ lastSeq }) => idOf('LEADS', lastSeq, command.kind)), decide, from);
    if ('event' in outcome) return 'done';
    if (!key || outcome.after.lastSeq === from.lastSeq) return 'refused';
  }
}
