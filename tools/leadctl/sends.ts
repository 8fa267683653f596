import { Option, type Command } from 'commander';
import { eventId } from '@leadstream/eventlog/ids';
import { decideCommand } from '@leadstream/lead/command';
import { nextActionAt, statusOf, type LeadState } from '@leadstream/lead/state';
import { line } from '../timeline.ts';
import { idOf } from './lead.ts';
import { print, withLog, withReadModel } from './session.ts';
import { unsettledOf, type Unsettled } from './unsettled.ts';

interface Resolve { as: 'sent' | 'skipped'; by: string; reason?: string }

export function sendCommands(program: Command): void {
  const sends = program.command('sends').description('sends that wait for an operator');
  sends.command('unknown').description('sends whose outcome is unknown, also of leads that have gone on since; and leads parked by one that failed for good, or could not be written; the longest waiting first').option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const list = await unsettledSends();
      if (json) return print(list);
      if (list.length === 0) return print('no send waits for an operator');
      for (const { leadId, step, sendId, why, parked, since, class: kind, reason } of list) {
        print([leadId, why.padEnd(12), (parked ? 'parked' : 'gone on').padEnd(7), `"${step}"`, sendId ?? '(no send)'.padEnd(36), since, [kind, reason].filter(Boolean).join(': ')].join('  '));
      }
    });
  sends.command('resolve <email|leadId> <sendId>').description('say what became of a send that is unknown, or that its run is parked on; a run that waits for it goes on with its next step, nothing else moves')
    .addOption(new Option('--as <outcome>', 'sent: it went out; skipped: it did not, and shall not').choices(['sent', 'skipped']).makeOptionMandatory())
    .requiredOption('--by <name>', 'who says so').option('--reason <text>', 'why')
    .action((whom: string, sendId: string, options: Resolve) => resolve(idOf(whom), sendId, options));
}

/** The read model says whom to ask about, the log what is so. */
async function unsettledSends(): Promise<Unsettled[]> {
  const ids = await withReadModel((queries) => queries.unsettledLeads());
  return withLog(async (log) => {
    const list: Unsettled[] = [];
    for (const leadId of ids) list.push(...unsettledOf(await log.history(leadId)));
    return list.sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
  });
}

async function resolve(leadId: string, sendId: string, { as, by, reason }: Resolve): Promise<void> {
  await withLog(async (log) => {
    const loaded = await log.load(leadId, { leader: true });
    // The same command on the same state is the same event, however often it is given.
    const id = eventId({ stream: 'LEADS', seq: loaded.lastSeq }, `resolve/${sendId}/${as}`);
    const outcome = await log.decide(leadId, id, (state) => decideCommand(state, { kind: 'resolve', sendId, as, by, ...(reason ? { reason } : {}) }), loaded);
    if ('nothing' in outcome) throw new Error(`${outcome.nothing}. ${now(outcome.after.state)}; see leadctl sends unknown`);
    print(`${line(outcome.event, true)}\n${now(outcome.after.state)}`);
  });
}

const now = (state: LeadState): string => `The lead is ${statusOf(state)}, phase ${state.phase.kind}, looked at again ${nextActionAt(state) ?? 'by nobody'}`;
