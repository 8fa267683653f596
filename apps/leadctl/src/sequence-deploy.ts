import type { Command } from 'commander';
import { STARTED_BY_NAME } from '@leadstream/lead/run';
import { parseFolder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { problemLine } from '@leadstream/sequences/read-yaml';
import { Overtaken, retire, rollback } from '@leadstream/service/sequence-activation';
import { LintError, VersionTaken, type Change, type Outcome } from '@leadstream/service/sequence-deployment';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { ending } from './help.ts';
import { author } from './give.ts';
import { note, print, wholeNumber, withBroker } from './session.ts';
import { Exit } from './terminal.ts';

interface Options {
  by: string;
  reason?: string;
  dryRun?: boolean;
  json?: boolean;
}

const EXITS = {
  0: 'done, or already so',
  1: 'refused, and nothing was stored; or an error',
  2: 'another operator has changed the sequence meanwhile: look at it (leadctl sequences list) and decide again',
} as const;

export function deployCommands(sequences: Command, folder: () => string): void {
  deployCommand(sequences, folder);
  rollbackCommand(sequences);
  retireCommand(sequences);
}

function deployCommand(sequences: Command, folder: () => string): void {
  sequences
    .command('deploy [dir]')
    .description(
      'lint a folder, store its new versions and make them active, at once and without a restart; leads under way ' +
        'keep their version. With a problem anywhere in the folder nothing is stored',
    )
    .option('--by <name>', 'the operator’s name', author, 'unnamed')
    .option('--reason <text>', 'the reason')
    .option('--only <id...>', 'these sequences (or the routes) only; problems in the others do not count')
    .option('--dry-run', 'store nothing, and print what would change')
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl sequences deploy sequences --by ana --dry-run', EXITS))
    .action(async (dir: string | undefined, options: Options & { only?: string[] }) => {
      const { by, reason, only, dryRun, json } = options;
      const files = await readFolder(dir ?? folder());
      const { changes, others } = await withStore(async (store) => {
        const changes = await store.deployFolder(files, { by, ...(reason ? { reason } : {}), only, dryRun });
        const others = store
          .list()
          .filter(({ id, active }) => active && !only && !changes.some((one) => one.id === id));
        return { changes, others };
      });
      for (const warning of lint(parseFolder(files)).filter(({ warns }) => warns)) note(problemLine(warning));
      if (json) return print(changes);
      for (const change of changes) print(changeLine(change, dryRun === true));
      for (const { id, active } of others)
        print(`${id} v${active}  stays active; it is not in the folder (leadctl sequences retire ${id})`);
      if (dryRun) print('nothing was deployed');
    });
}

const OUTCOMES = {
  deployed: (before) => (before === null ? 'deployed, for new runs' : `deployed, for new runs in place of v${before}`),
  activated: () => 'activated; it was stored by a deployment that did not end',
  unchanged: () => 'unchanged',
  kept: (before, { id, version }) =>
    `not activated: it was active before, and ${before === null ? 'the sequence is retired' : `v${before} is now`}; ` +
    `leadctl sequences rollback ${id} --to ${version}, or give it a new version`,
} satisfies Record<Outcome, (before: number | null, change: Change) => string>;

function changeLine(change: Change, dryRun: boolean): string {
  const { id, version, outcome, before } = change;
  const news = outcome === 'deployed' || outcome === 'activated';
  return `${id} v${version}  ${dryRun && news ? 'would be ' : ''}${OUTCOMES[outcome](before, change)}`;
}

function rollbackCommand(sequences: Command): void {
  sequences
    .command('rollback <id>')
    .description(
      'make an earlier version the one that new runs get, or a retired sequence active again; leads under way keep ' +
        'their version',
    )
    .requiredOption('--by <name>', 'the operator’s name', author)
    .option('--reason <text>', 'the reason')
    .option('--to <version>', 'default: the version below the active one')
    .option('--dry-run', 'change nothing, and print what would')
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl sequences rollback content-nurture --to 1 --by ana', EXITS))
    .action(async (id: string, { by, reason, to, dryRun, json }: Options & { to?: string }) => {
      const done = await withStore((store) =>
        rollback(store, id, {
          by,
          ...(reason ? { reason } : {}),
          ...(to === undefined ? {} : { to: wholeNumber('--to', to) }),
          dryRun: dryRun === true,
        }),
      );
      if (json) return print(done);
      const { version, before, changed } = done;
      if (!changed) return print(`${id} v${version} is active already`);
      const place = before === null ? '' : ` in place of v${before}`;
      print(`${id} v${version}  ${dryRun ? 'would be' : 'is'} active for new runs${place}`);
    });
}

function retireCommand(sequences: Command): void {
  sequences
    .command('retire <id>')
    .description(
      'no new runs; runs under way go on by their version to their end, and a lead routed to it before still begins. ' +
        'Refused while the routes lead to it',
    )
    .requiredOption('--by <name>', 'the operator’s name', author)
    .option('--reason <text>', 'the reason')
    .option('--dry-run', 'change nothing, and print whether it would be refused')
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl sequences retire webinar-june --by ana --reason "it is over"', EXITS))
    .action(async (id: string, { by, reason, dryRun, json }: Options) => {
      const done = await withStore((store) =>
        retire(store, id, {
          by,
          ...(reason ? { reason } : {}),
          startedByName: STARTED_BY_NAME,
          dryRun: dryRun === true,
        }),
      );
      if (json) return print(done);
      if (!done.changed) return print(`${id} is retired already`);
      print(`${id} v${done.before}  ${dryRun ? 'would be' : 'is'} retired: no new runs`);
    });
}

/** Runs a change on what is deployed now. A refusal is printed with its reason; its exit code is in `EXITS`. */
async function withStore<T>(work: (store: SequenceStore) => Promise<T>): Promise<T> {
  try {
    return await withBroker(async (broker, replicas) => work(await new SequenceStore(broker, replicas).read()));
  } catch (error) {
    if (error instanceof Overtaken) {
      note(`leadctl: ${error.message}`);
      throw new Exit(2);
    }
    if (error instanceof LintError) throw new Error(refused(error), { cause: error });
    throw error;
  }
}

const refused = (error: LintError): string =>
  `nothing was deployed\n${error.message}` +
  (error instanceof VersionTaken ? '' : '\n--only <id> deploys a sequence without the problems of the others');
