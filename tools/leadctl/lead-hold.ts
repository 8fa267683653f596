import type { Command } from 'commander';
import { eventId } from '@leadstream/eventlog/ids';
import { decideCommand } from '@leadstream/lead/command';
import { nextActionAt, statusOf } from '@leadstream/lead/state';
import { line } from '../timeline.ts';
import { print, withLog } from './session.ts';

interface Who { by: string; reason?: string }

/** An operator's pause of one lead, and the end of a pause, an absence, or a hold by unproven answers. */
export function holdCommands(lead: Command, idOf: (whom: string) => string): void {
  const verb = (kind: 'pause' | 'resume', does: string) => lead.command(`${kind} <email|id>`).description(does)
    .requiredOption('--by <name>', 'who says so').option('--reason <text>', 'why')
    .action((whom: string, who: Who) => give(idOf(whom), kind, who));
  verb('pause', 'nothing goes to it until it is resumed; the rep is told as before');
  verb('resume', 'goes on where it was, whether an operator, an absence or unproven answers held it');
}

async function give(leadId: string, kind: 'pause' | 'resume', who: Who): Promise<void> {
  await withLog(async (log) => {
    const loaded = await log.load(leadId, { leader: true });
    // The same command on the same state is the same event, however often it is given.
    const id = eventId({ stream: 'LEADS', seq: loaded.lastSeq }, kind);
    const outcome = await log.decide(leadId, id, (state) => decideCommand(state, { kind, ...who }), loaded);
    if ('nothing' in outcome) throw new Error(outcome.nothing);
    const { state } = outcome.after;
    print(`${line(outcome.event, true)}\nThe lead is ${statusOf(state)}, phase ${state.phase.kind}, looked at again ${nextActionAt(state) ?? 'by nobody'}`);
  });
}
