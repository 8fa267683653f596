import { Option, type Command } from 'commander';
import { PARTITIONS_MAX } from '@leadstream/contracts/streams';
import { accounts, accountsConf, passwordVariable, usersOf } from '@leadstream/service/rights/server-config';
import { isNatsUser, NAMED_ONLY, type NamedOnly } from '@leadstream/service/rights/users';
import { ending } from './help.ts';
import { print, wholeNumber } from './session.ts';

interface Options {
  format: 'conf' | 'json';
  auth: 'certificate' | 'password';
  publisher: string[];
  allow: NamedOnly[];
  partitions: string;
  variables?: boolean;
}

const PUBLISHER = /^[a-z][a-z0-9-]{0,31}$/;

export function natsCommands(program: Command): void {
  const nats = program.command('nats').description('the users of NATS and what each may do');
  nats
    .command('permissions')
    .description(
      'the `accounts` of nats-server’s configuration: one user a service, with the subjects that it publishes and ' +
        'subscribes to. The same version of leadctl prints the same text; run it again after an upgrade and reload ' +
        'the server',
    )
    .addOption(
      new Option('--format <format>', 'for an include of nats-server, or as JSON')
        .choices(['conf', 'json'])
        .default('conf'),
    )
    .addOption(
      new Option('--auth <by>', 'users are named by their certificates (`verify_and_map`), or proved by passwords')
        .choices(['certificate', 'password'])
        .default('certificate'),
    )
    .option(
      '--publisher <name>',
      'another team’s user: it may publish lead.created and read its consumer of PUBLIC; repeatable',
      several,
      [],
    )
    .addOption(
      new Option(
        '--allow <user...>',
        'users that exist only when named: `restore` may replace and delete streams, `all` is all services in one ' +
          'process',
      )
        .choices(NAMED_ONLY)
        .default([]),
    )
    .option('--partitions <number>', 'the number of streams of the log, as in `leadctl provision`', '1')
    .option('--variables', 'only the variables of the passwords that --auth password reads, one a line')
    .addHelpText(
      'after',
      ending(
        ['leadctl nats permissions --publisher shop > accounts.conf', 'leadctl nats permissions --auth password'],
        {
          0: 'printed',
          1: 'an error',
        },
      ),
    )
    .action((options: Options) => printPermissions(options));
}

function printPermissions({ format, variables, ...options }: Options): void {
  checkPublishers(options.publisher);
  if (variables) return print([...usersOf(options), ...options.publisher].map(passwordVariable).join('\n'));
  print(format === 'json' ? { accounts: accounts(nameOf(options)) } : accountsConf(nameOf(options)).trimEnd());
}

/** Throws for a text that is no number of partitions. */
export const partitionsOption = (text: string): number => {
  const number = wholeNumber('--partitions', text);
  if (number > PARTITIONS_MAX) throw new Error(`--partitions: must be ${PARTITIONS_MAX} at most`);
  return number;
};

export const several = (name: string, names: string[]): string[] => [...names, name];

const nameOf = ({ publisher: publishers, auth, allow, partitions }: Omit<Options, 'format' | 'variables'>) => ({
  auth,
  publishers,
  allow,
  partitions: partitionsOption(partitions),
});

/** Throws for a name that cannot be a user of another team. */
export function checkPublishers(names: readonly string[]): void {
  for (const name of names) {
    if (!PUBLISHER.test(name)) throw new Error(`--publisher: ${name} must be lower-case letters, digits and hyphens`);
    if (isNatsUser(name)) throw new Error(`--publisher: ${name} is a user of Leadstream’s own`);
  }
  if (new Set(names).size < names.length) throw new Error('--publisher: a name is given twice');
}
