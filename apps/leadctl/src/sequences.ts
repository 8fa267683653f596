import type { Command } from 'commander';
import { parseFolder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { faultsOf, problemLine } from '@leadstream/sequences/read-yaml';
import type { RunsUnderWay } from '@leadstream/projection/queries';
import type { DeployedSequence } from '@leadstream/service/sequence-entries';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { ending } from './help.ts';
import { deployCommands } from './sequence-deploy.ts';
import { diffCommand } from './sequence-diff.ts';
import { migrateCommand } from './sequence-migrate.ts';
import { previewCommand } from './sequence-preview.ts';
import { resultsCommand } from './sequence-results.ts';
import { simulateCommand } from './sequence-simulate.ts';
import { testCommand } from './sequence-test.ts';
import { note, print, withBroker, withReadModel } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

const folder = (): string => terminal().env['SEQUENCES_DIR'] ?? 'sequences';

export function sequenceCommands(program: Command): void {
  const sequences = program.command('sequences').description('definitions of sequences and the routes to them');
  lintCommand(sequences);
  testCommand(sequences, folder);
  simulateCommand(sequences, folder);
  deployCommands(sequences, folder);
  diffCommand(sequences, folder);
  migrateCommand(sequences);
  previewCommand(sequences, folder);
  resultsCommand(sequences);
  listCommand(sequences);
}

function lintCommand(sequences: Command): void {
  sequences
    .command('lint [dir]')
    .description('check a folder of definitions')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending('leadctl sequences lint sequences', { 0: 'no problems, or warnings alone', 1: 'something is wrong' }),
    )
    .action(async (dir: string | undefined, { json }: { json?: boolean }) => {
      const problems = lint(parseFolder(await readFolder(dir ?? folder())));
      if (json) print(problems);
      else print(problems.length === 0 ? 'no problems' : problems.map(problemLine).join('\n'));
      if (faultsOf(problems).length > 0) exitWith(1);
    });
}

function listCommand(sequences: Command): void {
  sequences
    .command('list')
    .description(
      'the deployed sequences: their versions, the one that new runs get, who made it active and when, ' +
        'and the runs under way by version (from the read model; without MongoDB they are left out)',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl sequences list --json'))
    .action(async ({ json }: { json?: boolean }) => {
      const list = await withBroker(async (broker, replicas) =>
        (await new SequenceStore(broker, replicas).read()).list(),
      );
      const runs = await withReadModel((queries) => queries.runsUnderWay()).catch((error: unknown) => {
        note(`leadctl: runs under way are not known: ${error instanceof Error ? error.message : String(error)}`);
        return null;
      });
      const runsOf = (id: string) => runs && runs.filter(({ sequence }) => sequence === id);
      if (json) print(list.map((one) => ({ ...one, runs: runsOf(one.id) })));
      else for (const one of list) print(listed(one, runsOf(one.id)));
    });
}

function listed({ id, versions, active, retired, history }: DeployedSequence, runs: RunsUnderWay[] | null): string {
  const named = versions.map((version) => (version === active ? `v${version} (active)` : `v${version}`));
  const last = history.at(-1);
  return [
    `${id}  ${named.join(', ')}${retired ? '  retired' : ''}`,
    ...(last ? [`  ${last.does} v${last.version} by ${last.by} at ${last.at}`] : []),
    ...(runs && runs.length > 0
      ? [`  under way: ${runs.map(({ version, leads }) => `${leads} in v${version}`).join(', ')}`]
      : []),
  ].join('\n');
}
