import { COMMANDS, SERVICES, type Rights } from './rights.ts';
import { permissionsOf, type Permissions } from './subjects.ts';

/** The users of NATS and the rights of each: one a process. Several services in one process have the user `all`. */
const USERS = {
  ingest: [SERVICES.ingest],
  triage: [SERVICES.triage, SERVICES.enricher],
  scheduler: [SERVICES.scheduler],
  sender: [SERVICES.sender, SERVICES.sms, SERVICES.lookup],
  inbound: [SERVICES.inbound],
  projector: [SERVICES.projector, SERVICES.outcomes, SERVICES.refusals],
  webhooks: [SERVICES.webhooks],
  crm: [SERVICES.crm],
  watch: [SERVICES.watch],
  console: [SERVICES.console],
  all: Object.values(SERVICES),
  operator: [COMMANDS.operator],
  reader: [COMMANDS.reader],
  backup: [COMMANDS.backup],
  provision: [COMMANDS.provision],
  restore: [COMMANDS.restore],
} as const satisfies Record<string, readonly Rights[]>;

export type NatsUser = keyof typeof USERS;

/** Users that exist only where an operator names them: one could delete streams, one is all services at once. */
export const NAMED_ONLY = ['restore', 'all'] as const satisfies readonly NatsUser[];
export type NamedOnly = (typeof NAMED_ONLY)[number];

export const natsUsers = Object.keys(USERS) as NatsUser[];

export const isNatsUser = (name: string): name is NatsUser => natsUsers.some((user) => user === name);

const commands: readonly Rights[] = Object.values(COMMANDS);

export const permissions = (user: NatsUser, partitions = 1): Permissions =>
  permissionsOf(user, USERS[user], {
    tellsVersion: !USERS[user].some((one) => commands.includes(one)),
    partitions,
  });
