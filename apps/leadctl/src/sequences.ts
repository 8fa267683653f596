import type { Command } from 'commander';
import { parseFolder } from '@leadstream/sequences/folder';
import { lint } from '@leadstream/sequences/lint';
import { readFolder, SequenceStore, VersionTaken } from '@leadstream/service/sequence-store';
import { print, withBroker } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

const folder = (): string => terminal().env['SEQUENCES_DIR'] ?? 'sequences';

export function sequenceCommands(program: Command): void {
  const sequences = program.command('sequences').description('definitions of sequences and the routes to them');
  sequences
    .command('lint [dir]')
    .description('check a folder of definitions; exit 1 when something is wrong')
    .option('--json', 'as JSON')
    .action(async (dir: string | undefined, { json }: { json?: boolean }) => {
      const problems = lint(parseFolder(await readFolder(dir ?? folder())));
      if (json) print(problems);
      else if (problems.length === 0) print('no problems');
      else
        for (const { file, line, rule, message } of problems)
          print(`${file}${line === undefined ? '' : `:${line}`}: ${message} (${rule})`);
      if (problems.length > 0) exitWith(1);
    });
  sequences
    .command('deploy [dir]')
    .description('lint a folder, store what is new in it and make it active; leads under way keep their version')
    .option('--json', 'as JSON')
    .action(async (dir: string | undefined, { json }: { json?: boolean }) => {
      const files = await readFolder(dir ?? folder());
      const deployed = await withBroker((broker, replicas) =>
        new SequenceStore(broker, replicas).deployFolder(files),
      ).catch((error: unknown) => {
        if (error instanceof VersionTaken)
          throw new Error(`${error.message}. Nothing after it was deployed`, { cause: error });
        throw error;
      });
      if (json) print(deployed);
      else for (const { id, version, outcome } of deployed) print(`${id} v${version}  ${outcome}`);
    });
  sequences
    .command('list')
    .description('the deployed sequences, and the version that new runs get')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const list = await withBroker(async (broker, replicas) =>
        (await new SequenceStore(broker, replicas).read()).list(),
      );
      if (json) print(list);
      else
        for (const { id, versions, active } of list) {
          const named = versions.map((version) => (version === active ? `v${version} (active)` : `v${version}`));
          print(`${id}  ${named.join(', ')}`);
        }
    });
}
