import { Option, type Command } from 'commander';
import { ending } from './help.ts';
import { author } from './give.ts';
import { confirm, type ConfirmOptions } from './restore-confirm.ts';
import { withStores } from './restore-held.ts';
import { inputOf, reconcile, type ReconcileOptions } from './restore-reconcile.ts';
import { shown, statusOf, type Status } from './restore-status.ts';
import { note, print } from './session.ts';
import { Exit, exitWith } from './terminal.ts';

/** Separate codes, so that a script can distinguish "held" from "not known". */
const EXITS = { 'goes on': 0, held: 1, waits: 2 } as const satisfies Record<Status['verdict'], number>;
const UNKNOWN = EXITS.waits;

export function restoreCommands(program: Command): Command {
  const restore = program
    .command('restore')
    .description(
      'bring a backup back, find out what an older log lacks, add what is known of it, and let sending go on',
    );
  statusCommand(restore);
  reconcileCommand(restore);
  confirmCommand(restore);
  return restore;
}

function statusCommand(restore: Command): void {
  restore
    .command('status')
    .description(
      'whether the log is held and why, what of it is missing, and what the documents know of it; changes nothing',
    )
    .addHelpText('after', ending('leadctl restore status', { 0: 'the log goes on', 1: 'it is held', 2: 'not known' }))
    .option('--json', 'as JSON')
    .exitOverride(({ exitCode }) => {
      throw new Exit(exitCode === 0 ? 0 : UNKNOWN);
    })
    .action(async ({ json }: { json?: boolean }) => {
      const status = await withStores(statusOf).catch((error: unknown) =>
        note(`leadctl: ${error instanceof Error ? error.message : String(error)}`),
      );
      if (!status) throw new Exit(UNKNOWN);
      print(json ? status : shown(status));
      exitWith(EXITS[status.verdict]);
    });
}

function reconcileCommand(restore: Command): void {
  restore
    .command('reconcile')
    .description(
      'append what a witness knows and the log does not: one event a lead, safe to repeat and to interrupt.\n' +
        'Erases again the leads that a backup has brought back',
    )
    .addHelpText(
      'after',
      ending(
        ['leadctl restore reconcile --esp --dry-run', 'leadctl restore reconcile --stopped said-stop.txt --by ana'],
        { 0: 'all is done', 1: 'not, or something of an erased lead is left, and named' },
      ),
    )
    .option('--esp', 'read the suppression lists of ESP too, by its access as in the sender')
    .option('--stopped <file>', 'a file of addresses or lead ids, one a line, of people who asked the operator to stop')
    .option(
      '--erased <file>',
      'the same, of people erased since the backup whom neither MongoDB nor the bucket keys knows',
    )
    .option('--by <name>', 'the operator’s name, with --stopped and --erased', author)
    .option('--dry-run', 'only print what would be appended')
    .action((options: ReconcileOptions) => {
      const input = inputOf(options);
      return withStores((stores) => reconcile(stores, input, options));
    });
}

function confirmCommand(restore: Command): void {
  restore
    .command('confirm')
    .description(
      'close steps with an unknown outcome, begin a new epoch, and resume sending; safe to repeat and to interrupt',
    )
    .addHelpText('after', ending('leadctl restore confirm --by ana --gap hold', { 0: 'confirmed', 1: 'not' }))
    .requiredOption('--by <name>', 'the operator’s name', author)
    .addOption(
      new Option(
        '--gap <how>',
        'skip: each step whose time is not after now counts as skipped; hold: its lead is paused',
      )
        .choices(['skip', 'hold'])
        .default('skip'),
    )
    .option('--json', 'as JSON')
    .action((options: ConfirmOptions) => withStores((stores) => confirm(stores, options)));
}
