import type { NatsUser } from './users.ts';

/** The roles in MongoDB; each includes the one before. */
const READS = ['find', 'listCollections', 'listIndexes', 'collStats', 'indexStats', 'dbStats'] as const;
const WRITES = ['insert', 'update', 'remove', 'createIndex', 'dropIndex', 'createCollection'] as const;

export const MONGO_ROLES = {
  /** Baselines and lists are read. */
  reader: [...READS],
  /** The projector alone writes the read model and its witness. */
  projector: [...READS, ...WRITES],
  /** leadctl: a rebuild drops collections. */
  operator: [...READS, ...WRITES, 'dropCollection'],
} as const;

export type MongoAction = (typeof MONGO_ROLES)[keyof typeof MONGO_ROLES][number];
export type MongoRole = keyof typeof MONGO_ROLES;
export const mongoRoles = Object.keys(MONGO_ROLES) as MongoRole[];

/**
 * The processes that have a user of their own in MongoDB, by the name of their user of NATS; `none` has no way there.
 */
const ROLE_OF = {
  ingest: 'none',
  triage: 'reader',
  scheduler: 'reader',
  sender: 'reader',
  inbound: 'reader',
  projector: 'projector',
  webhooks: 'none',
  crm: 'reader',
  watch: 'reader',
  console: 'reader',
  all: 'projector',
  operator: 'operator',
  reader: 'reader',
  backup: 'none',
  provision: 'none',
  restore: 'none',
} as const satisfies Record<NatsUser, MongoRole | 'none'>;

/** The users of MongoDB and the role of each. */
export const mongoUsers: ReadonlyMap<string, MongoRole> = new Map(
  Object.entries(ROLE_OF).flatMap(([user, role]): [string, MongoRole][] => (role === 'none' ? [] : [[user, role]])),
);

/** The name of a role: another application may share the server. */
export const mongoName = (role: MongoRole): string => `leadstream-${role}`;

export interface RoleCommand {
  privileges: { resource: { db: string; collection: string }; actions: string[] }[];
  roles: string[];
}

/** The body of `createRole` and `updateRole`: these actions on the collections of this database, and on no other. */
export const roleCommand = (role: MongoRole, db: string): RoleCommand => ({
  privileges: [{ resource: { db, collection: '' }, actions: [...MONGO_ROLES[role]] }],
  roles: [],
});

/**
 * A script for mongosh, as an administrator. Run again, it gives each user the role that this build names, keeps the
 * passwords of those that exist, and asks for those of new ones.
 */
export function rolesScript(db: string): string {
  const roles = mongoRoles.map((role) => ({ name: mongoName(role), ...roleCommand(role, db) }));
  const users = Object.fromEntries([...mongoUsers].map(([user, role]) => [user, mongoName(role)]));
  return `// The roles and users of Leadstream; made by \`leadctl mongo roles\`.
// mongosh "$MONGODB_ADMIN_URI" roles.js
const leadstream = db.getSiblingDB(${JSON.stringify(db)});
for (const { name, privileges, roles } of ${JSON.stringify(roles, null, 2)}) {
  if (leadstream.getRole(name)) leadstream.updateRole(name, { privileges, roles });
  else leadstream.createRole({ role: name, privileges, roles });
}
for (const [user, role] of Object.entries(${JSON.stringify(users, null, 2)})) {
  const granted = [{ role, db: leadstream.getName() }];
  if (leadstream.getUser(user)) {
    leadstream.updateUser(user, { roles: granted });
    continue;
  }
  print(\`Password of the new user \${user} (empty: not created):\`);
  const pwd = passwordPrompt();
  if (pwd) leadstream.createUser({ user, pwd, roles: granted });
}
`;
}
