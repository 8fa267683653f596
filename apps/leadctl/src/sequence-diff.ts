import type { Command } from 'commander';
import { definitionsOf, parseFolder } from '@leadstream/sequences/folder';
import { diffOf } from '@leadstream/service/sequence-diff';
import type { Definition } from '@leadstream/service/sequence-entries';
import { readFolder, SequenceStore } from '@leadstream/service/sequence-store';
import { ending } from './help.ts';
import { print, withBroker } from './session.ts';

/** Lines around a change that are shown with it. */
const AROUND = 3;

export function diffCommand(sequences: Command, folder: () => string): void {
  sequences
    .command('diff <id> [from] [to]')
    .description(
      'what a version changes in the definition and the texts of a sequence: from a version (default: the active ' +
        'one) to another or to a folder (default: the folder of sequences)',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(['leadctl sequences diff content-nurture', 'leadctl sequences diff content-nurture 1 2']),
    )
    .action(async (id: string, from: string | undefined, to: string | undefined, { json }: { json?: boolean }) => {
      const deployed = await withBroker((broker, replicas) => new SequenceStore(broker, replicas).read());
      const before = versionOf(deployed, id, from);
      const after =
        to !== undefined && /^\d+$/.test(to) ? versionOf(deployed, id, to) : await inFolder(to ?? folder(), id);
      const files = diffOf(before, after);
      if (json) print(files);
      else if (files.length === 0) print('no difference');
      else for (const { file, lines } of files) print([file, ...excerpt(lines), ''].join('\n'));
    });
}

function versionOf(deployed: SequenceStore, id: string, version: string | undefined): Definition {
  const found = deployed.definition(id, version === undefined ? undefined : Number(version));
  if (found) return found;
  const versions = deployed.list().find((one) => one.id === id)?.versions;
  if (!versions) throw new Error(`no sequence ${id} is deployed`);
  throw new Error(`${id} has no version ${version ?? ''}; it has ${versions.join(', ')}`);
}

async function inFolder(dir: string, id: string): Promise<Definition> {
  const found = definitionsOf(parseFolder(await readFolder(dir))).find((one) => one.id === id);
  if (found) return found;
  throw new Error(`${dir} has no ${id} that can be read; see leadctl sequences lint ${dir}`);
}

/** Changes with the lines around them; `…` stands for the lines left out. */
function excerpt(lines: readonly string[]): string[] {
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((line) => !line.startsWith(' '));
  return lines.flatMap((line, index) => {
    if (isNear(index)) return [line];
    return index === 0 || isNear(index - 1) ? ['…'] : [];
  });
}
