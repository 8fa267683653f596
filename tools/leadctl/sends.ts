import { Option, type Command } from 'commander';
import type { Recorded } from '@leadstream/contracts/events';
import { eventId } from '@leadstream/eventlog/ids';
import { decideCommand } from '@leadstream/lead/command';
import { leadFold } from '@leadstream/lead/evolve';
import { nextActionAt, statusOf, type LeadState } from '@leadstream/lead/state';
import { line } from '../timeline.ts';
import { idOf } from './lead.ts';
import { print, withLog, withReadModel } from './session.ts';

interface Parked { leadId: string; status: string; sequence: string | null; step: string; sendId: string | null; why: string; since: string; class: string | null; reason: string | null }
interface Resolve { as: 'sent' | 'skipped'; by: string; reason?: string }

export function sendCommands(program: Command): void {
  const sends = program.command('sends').description('sends that wait for an operator');
  sends.command('unknown').description('leads parked by a send: its outcome is unknown, it failed for good, or it could not be written; the longest waiting first').option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const list = await parkedLeads();
      if (json) return print(list);
      if (list.length === 0) return print('no lead is parked');
      for (const { leadId, step, sendId, why, since, class: kind, reason } of list) {
        print([leadId, why.padEnd(12), `"${step}"`, sendId ?? '(no send)'.padEnd(36), since, [kind, reason].filter(Boolean).join(': ')].join('  '));
      }
    });
  sends.command('resolve <email|leadId> <sendId>').description('say what became of a parked send; the run goes on with its next step')
    .addOption(new Option('--as <outcome>', 'sent: it went out; skipped: it did not, and shall not').choices(['sent', 'skipped']).makeOptionMandatory())
    .requiredOption('--by <name>', 'who says so').option('--reason <text>', 'why')
    .action((whom: string, sendId: string, options: Resolve) => resolve(idOf(whom), sendId, options));
}

/** The read model says whom to ask about, the log what is so. */
async function parkedLeads(): Promise<Parked[]> {
  const ids = await withReadModel((queries) => queries.parkedLeads());
  return withLog(async (log) => {
    const list: Parked[] = [];
    for (const leadId of ids) {
      const parked = parkedOf(leadId, await log.history(leadId));
      if (parked) list.push(parked);
    }
    return list.sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
  });
}

function parkedOf(leadId: string, events: Recorded[]): Parked | undefined {
  const state = events.reduce(leadFold.evolve, leadFold.initial);
  const { phase, run } = state;
  if (phase.kind !== 'parked') return undefined;
  const event = events.findLast(({ type }) => type === 'lead.send-unknown' || type === 'lead.send-failed' || type === 'lead.send-skipped');
  const data = event && 'reason' in event.data ? event.data : undefined;
  return {
    leadId, status: statusOf(state), sequence: run?.sequence ?? null, step: phase.step.id, sendId: phase.sendId, why: phase.why,
    since: event?.at ?? state.updatedAt ?? '', class: data && 'class' in data ? data.class : null, reason: data?.reason ?? null,
  };
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
