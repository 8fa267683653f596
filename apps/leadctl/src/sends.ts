import { Option, type Command } from 'commander';
import { ending } from './help.ts';
import { asked, give, GIVEN, type Asked } from './give.ts';
import { idOf } from './lead.ts';
import { print, withLog, withReadModel } from './session.ts';
import { unsettledOf, type Unsettled } from '@leadstream/lead/unsettled';

interface Resolve extends Asked {
  as: 'sent' | 'skipped';
}

const RESOLVED =
  'leadctl sends resolve jane@example.com 5dbedd12-7553-4eb9-8108-e0ed0a1e3f5b --as sent --by ana ' +
  '--reason "is in the provider’s activity feed"';

export function sendCommands(program: Command): void {
  const sends = program.command('sends').description('sends that wait for an operator');
  sends
    .command('unknown')
    .description(
      'sends whose outcome is unknown, also of leads that have gone on since; and leads parked by ' +
        'one that failed for good, or could not be written; the longest waiting first',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl sends unknown'))
    .action(async ({ json }: { json?: boolean }) => {
      const list = await unsettledSends();
      if (json) return print(list);
      if (list.length === 0) return print('no send waits for an operator');
      for (const { leadId, step, sendId, why, parked, since, class: kind, reason } of list) {
        print(
          [
            leadId,
            why.padEnd(12),
            (parked ? 'parked' : 'gone on').padEnd(7),
            `"${step}"`,
            sendId ?? '(no send)'.padEnd(36),
            since,
            [kind, reason].filter(Boolean).join(': '),
          ].join('  '),
        );
      }
    });
  resolveCommand(sends);
}

function resolveCommand(sends: Command): void {
  asked(
    sends
      .command('resolve <email|leadId> <sendId>')
      .description(
        'say what became of a send that is unknown, or that its run is parked on; a run ' +
          'that waits for it goes on with its next step, nothing else moves',
      )
      .addOption(
        new Option('--as <outcome>', 'sent: it went out; skipped: it did not, and shall not')
          .choices(['sent', 'skipped'])
          .makeOptionMandatory(),
      ),
  )
    .addHelpText('after', ending(RESOLVED, GIVEN))
    .action((whom: string, sendId: string, options: Resolve) => {
      const { as, by, reason } = options;
      return give(
        idOf(whom),
        { kind: 'resolve', sendId, as, by, ...(reason ? { reason } : {}) },
        options,
        '; see leadctl sends unknown',
      );
    });
}

/** The read model finds the leads; their state is read from the log. */
async function unsettledSends(): Promise<Unsettled[]> {
  const ids = await withReadModel((queries) => queries.unsettledLeads());
  return withLog(async (log) => {
    const list: Unsettled[] = [];
    for (const leadId of ids) list.push(...unsettledOf(await log.history(leadId)));
    return list.sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
  });
}
