import type { Command } from 'commander';
import { readIntake } from '@leadstream/service/intake-folder';
import { triedPost } from '@leadstream/service/intake-tried';
import { ending } from './help.ts';
import { print } from './session.ts';
import { exitWith, terminal } from './terminal.ts';

interface Options {
  query?: string;
  contentType: string;
}

export function intakeCommands(program: Command): void {
  const intake = program.command('intake').description('form services: how their posts become leads');
  intake
    .command('lint [dir]')
    .description('check the files of a folder')
    .option('--json', 'as JSON')
    .addHelpText('after', ending('leadctl intake lint intake', { 0: 'no problems', 1: 'something is wrong' }))
    .action((dir: string | undefined, { json }: { json?: boolean }) => {
      const { adapters, problems } = readIntake(dir ?? folder());
      if (json) print({ files: adapters.size, problems });
      else print(problems.length > 0 ? problems.join('\n') : `no problems in ${adapters.size} files`);
      if (problems.length > 0) exitWith(1);
    });
  intake
    .command('test <name>')
    .description(
      'show the leads that a post on standard input becomes, as triage cleans them, as JSON; nothing is ' + 'stored',
    )
    .option('--query <text>', 'the query of the address that the service posts to, e.g. source=demo_request')
    .option('--content-type <type>', 'the type of the post', 'application/json')
    .addHelpText(
      'after',
      ending('leadctl intake test typeform --query source=demo_request < post.json', {
        0: 'ingest takes it, or ignores it as no submission',
        1: 'ingest refuses it, or an error',
      }),
    )
    .action(async (name: string, { query, contentType }: Options) => {
      const { adapters, problems } = readIntake(folder());
      const adapter = adapters.get(name);
      if (!adapter) throw new Error([`${folder()} has no readable ${name}.yaml`, ...problems].join('\n'));
      const posted = { contentType, bytes: await terminal().input() };
      const tried = await triedPost(adapter, posted, {
        query,
        defaultRegion: terminal().env['DEFAULT_REGION'] ?? 'US',
      });
      if (tried.length === 0) return print(`ignored: it is no ${adapter.title} submission`);
      for (const { shown } of tried) print(shown);
      if (tried.some(({ isTaken }) => !isTaken)) exitWith(1);
    });
}

const folder = (): string => terminal().env['INTAKE_DIR'] ?? 'intake';
