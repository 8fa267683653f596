import { LEAD_CREATED } from '@leadstream/contracts/lead-created';
import { inboxPrefix, readerSubjects, type Permissions } from './subjects.ts';
import { NAMED_ONLY, natsUsers, permissions, type NamedOnly, type NatsUser } from './users.ts';

export interface AccountsOptions {
  /** Certificates name the users (`verify_and_map`), or passwords of the server's environment prove them. */
  auth: 'certificate' | 'password';
  /**
   * Users of other teams, each in an account of its own: it publishes `lead.created` and reads its consumer of PUBLIC.
   */
  publishers: readonly string[];
  /** Users that exist only when they are named. */
  allow: readonly NamedOnly[];
  /** The number of the log's streams. Default 1. */
  partitions?: number;
}

interface User {
  user: string;
  password?: string;
  permissions: {
    publish: { allow: readonly string[]; deny?: readonly string[] };
    subscribe: { allow: readonly string[] };
    allow_responses?: { max: number; expires: string };
  };
}

export interface Account {
  jetstream?: 'enabled';
  users: User[];
  exports?: { service: string; response_type: 'singleton' | 'stream'; accounts: string[] }[];
  imports?: { service: { account: string; subject: string }; to?: string }[];
}

/** A redrive may wait for a provider's timeouts and retries. */
const RESPONSE = { max: 1, expires: '10m' };
const MAIN = 'LEADSTREAM';

/** The variable of the server's environment that has a user's password. */
export const passwordVariable = (user: string): string => `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;

/** The requests of the API keep their prefix for an account’s own JetStream: clients name this one instead. */
const API_PREFIX = 'LEADSTREAM.API';
const inOtherAccount = (subject: string): string => subject.replace(/^\$JS\.API\b/, API_PREFIX);

const accountOf = (publisher: string): string => `PUBLISHER_${publisher.toUpperCase().replaceAll('-', '_')}`;

/** The users that a server with these options has, without those of other teams. */
export const usersOf = ({ allow }: Pick<AccountsOptions, 'allow'>): NatsUser[] =>
  natsUsers.filter((user) => !NAMED_ONLY.some((name) => name === user && !allow.includes(name)));

/** The `accounts` of nats-server's configuration. */
export function accounts({ auth, publishers, allow, partitions }: AccountsOptions): Record<string, Account> {
  const login = (user: string) =>
    auth === 'certificate' ? { user } : { user, password: `$${passwordVariable(user)}` };
  const main: Account = {
    jetstream: 'enabled',
    users: usersOf({ allow }).map((user) => ({ ...login(user), permissions: written(permissions(user, partitions)) })),
  };
  if (publishers.length === 0) return { [MAIN]: main };
  main.exports = [
    { service: LEAD_CREATED, response_type: 'singleton', accounts: publishers.map(accountOf) },
    ...publishers.flatMap((name) =>
      readerSubjects('PUBLIC', name).map(([service, response_type]) => ({
        service,
        response_type,
        accounts: [accountOf(name)],
      })),
    ),
  ];
  const others = publishers.map((name): [string, Account] => [
    accountOf(name),
    {
      // No other user is in the account, so that the client's default inbox shows it nobody else's answers.
      users: [
        {
          ...login(name),
          permissions: {
            publish: {
              allow: [LEAD_CREATED, ...readerSubjects('PUBLIC', name).map(([subject]) => inOtherAccount(subject))],
            },
            subscribe: { allow: ['_INBOX.>', `${inboxPrefix(name)}.>`] },
          },
        },
      ],
      imports: [LEAD_CREATED, ...readerSubjects('PUBLIC', name).map(([subject]) => subject)].map((subject) => ({
        service: { account: MAIN, subject },
        ...(inOtherAccount(subject) === subject ? {} : { to: inOtherAccount(subject) }),
      })),
    },
  ]);
  return { [MAIN]: main, ...Object.fromEntries(others) };
}

function written({ publish, subscribe, responds }: Permissions): User['permissions'] {
  return {
    publish: publish.deny.length > 0 ? publish : { allow: publish.allow },
    subscribe,
    ...(responds ? { allow_responses: RESPONSE } : {}),
  };
}

const HEAD = `# The users of Leadstream and their permissions; made by \`leadctl nats permissions\`, which is run again
# after an upgrade.
# It is included in nats-server's configuration: include ./accounts.conf
`;

/** The configuration file: the server reads a variable only where its name stands without quotes. */
export function accountsConf(options: AccountsOptions): string {
  const text = JSON.stringify(accounts(options), null, 2)
    .replaceAll(/"(\$NATS_PASSWORD_\w+)"/g, '$1')
    .replaceAll(/^(\s*)"(\w+)":/gm, '$1$2:');
  return `${HEAD}accounts: ${text}\n`;
}
